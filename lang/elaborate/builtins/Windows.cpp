// Padding, windows and their adjoint: what convolution and pooling in the standard library are made
// of. Their settings are for the first dimensions of a tensor.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/support/Names.h"

#include <algorithm>
#include <numeric>

namespace nnc::lang::builtins {

namespace {

using Numbers = std::vector<int64_t>;

/// A whole number or a list of them, none below `least`.
std::optional<Numbers> readNumbers(const Entity &value, int64_t least) {
  Numbers numbers;
  auto add = [&](const Entity &one) {
    auto *integer = one.get<IntegerConstant>();
    if (!integer || integer->value < least || integer->value > maximumElements)
      return false;
    numbers.push_back(integer->value);
    return true;
  };
  auto *group = value.get<Group>();
  if (!group)
    return add(value) ? std::optional(numbers) : std::nullopt;
  for (const NamedEntity &member : group->members)
    if (!add(*member.value))
      return std::nullopt;
  return numbers;
}

constexpr std::string_view paddingModes[] = {"reflect", "edge", "wrap"};
constexpr std::string_view paddings[] = {"same", "valid", "causal"};

int64_t covered(int64_t size, int64_t dilation) { return (size - 1) * dilation + 1; }

std::string windowText(int64_t size, int64_t dilation) {
  return dilation == 1
             ? fmt::format("{}", size)
             : fmt::format("{} = ({} - 1) * {} + 1", covered(size, dilation), size, dilation);
}

Numbers firstDimensions(size_t count) {
  Numbers dimensions(count);
  std::iota(dimensions.begin(), dimensions.end(), 0);
  return dimensions;
}

Entity listOf(const Numbers &numbers, SourceRange range) {
  Group list;
  for (int64_t number : numbers)
    list.members.push_back({"", range, std::make_shared<Entity>(IntegerConstant{number, nullptr})});
  return list;
}

} // namespace

/// Reads the settings of one of these functions and says what is wrong with them.
class WindowSettings {
public:
  WindowSettings(const BuiltinCall &call, std::vector<std::string> names)
      : call(call), names(std::move(names)) {
    matched.assign(this->names.size(), nullptr);
    size_t next = 0;
    for (const GivenArgument &setting : call.settings) {
      auto found = setting.name.empty()
                       ? this->names.begin() + int64_t(std::min(next++, this->names.size()))
                       : std::find(this->names.begin(), this->names.end(), setting.name);
      if (found == this->names.end()) {
        DiagnosticBuilder builder = call.environment.report(
            Diag::UnknownArgument, setting.range, call.builtin.name, "setting", setting.name);
        std::vector<std::string_view> known(this->names.begin(), this->names.end());
        if (!builder.suggest(NameKind::Argument, setting.name, known))
          builder.note(fmt::format("it has {}", fmt::join(known, ", ")));
        good = false;
        continue;
      }
      size_t index = size_t(found - this->names.begin());
      if (matched[index]) {
        call.environment.report(Diag::RepeatedArgument, setting.range, setting.name);
        good = false;
      }
      matched[index] = &setting;
    }
  }

  const GivenArgument *given(size_t index) const { return matched[index]; }

  /// Setting `index`: `count` numbers (or any, if 0) that are `least` or more. One that is not
  /// given is `absent` everywhere.
  Numbers numbers(size_t index, size_t count, int64_t least, std::optional<int64_t> absent,
                  SourceRange range) {
    if (!matched[index] && absent)
      return Numbers(count, *absent);
    if (!good)
      return {};
    if (!matched[index]) {
      call.environment.report(Diag::MissingArgument, range, call.builtin.name, "setting",
                              names[index]);
      good = false;
      return {};
    }
    std::optional<Numbers> values = readNumbers(matched[index]->value, least);
    if (values && values->size() == 1 && count > 1 && matched[index]->value.isNumber())
      values->resize(count, values->front());
    if (!values || values->empty() || (count && values->size() != count)) {
      fail(range,
           fmt::format("`{}` must be a whole number from {} to {}, or {} of them in a list, not {}",
                       names[index], least, maximumElements,
                       count ? std::to_string(count) : "several", describe(matched[index]->value)));
      return {};
    }
    return *values;
  }

  void fail(SourceRange range, const std::string &what) {
    call.environment.report(Diag::WindowSettings, range, call.builtin.name, what);
    good = false;
  }

  bool good = true;

private:
  const BuiltinCall &call;
  std::vector<std::string> names;
  std::vector<const GivenArgument *> matched;
};

/// Adds what a mode takes from the tensor itself, `before` and `after` elements along `axis`.
static std::optional<Tensor> padByMode(const BuiltinCall &call, const Tensor &value, int64_t axis,
                                       int64_t before, int64_t after, std::string_view mode) {
  int64_t size = value.shape[size_t(axis)].size;
  int64_t most = mode == "reflect" ? size - 1 : mode == "wrap" ? size : maximumElements;
  if (before > most || after > most) {
    call.environment.report(
        Diag::WindowSettings, call.range, "pad",
        fmt::format("`{}` has at most {} elements to add to a dimension of {}", mode, most, size));
    return std::nullopt;
  }
  auto part = [&](int64_t begin, int64_t count) {
    return call.emitter.slice(value, axis, {count, nullptr}, begin, call.range);
  };
  auto added = [&](int64_t count, bool atEnd) {
    if (mode == "wrap")
      return part(atEnd ? 0 : size - count, count);
    if (mode == "reflect") {
      Tensor mirrored = part(atEnd ? size - 1 - count : 1, count);
      return call.emitter.emit("reverse", {mirrored}, value.element, mirrored.shape,
                               {{"dims", Numbers{axis}}}, call.range);
    }
    Tensor edge = part(atEnd ? size - 1 : 0, 1);
    Shape shape = edge.shape, one = edge.shape;
    one.erase(one.begin() + axis);
    shape[size_t(axis)] = {count, nullptr};
    Numbers axes;
    for (int64_t other = 0; other < int64_t(shape.size()); ++other)
      if (other != axis)
        axes.push_back(other);
    return call.emitter.broadcast(call.emitter.reshape(edge, one, call.range), shape, axes,
                                  call.range);
  };
  std::vector<Tensor> parts;
  if (before)
    parts.push_back(added(before, false));
  parts.push_back(value);
  if (after)
    parts.push_back(added(after, true));
  if (parts.size() == 1)
    return value;
  Shape shape = value.shape;
  shape[size_t(axis)] = {size + before + after,
                         makeOrigin(call.environment.place(call.range),
                                    fmt::format("{} = {} + {} + {} with padding",
                                                size + before + after, before, size, after))};
  return call.emitter.emit("concat", parts, value.element, shape, {{"dim", axis}}, call.range);
}

static Entity pad(const BuiltinCall &call) {
  WindowSettings given(call, {"before", "after", "value", "mode"});
  Numbers before = given.numbers(0, 0, 0, {}, call.range);
  Numbers after = given.numbers(1, before.size(), 0, 0, call.range);
  double value = 0;
  if (const GivenArgument *setting = given.given(2)) {
    if (setting->value.isNumber())
      value = setting->value.number();
    else
      given.fail(call.range, "`value` must be a number known when compiling");
  }
  std::optional<Tensor> operand =
      call.emitter.tensor(call.inputs[0].value, Element::Float, "pad", call.inputs[0].range);
  if (!given.good || !operand)
    return Poison{};
  if (before.size() > operand->shape.size()) {
    given.fail(call.range, fmt::format("{} dimensions are padded, but {} has {}", before.size(),
                                       describe(call.inputs[0].value), operand->shape.size()));
    return Poison{};
  }
  if (const GivenArgument *setting = given.given(3)) {
    auto *mode = setting->value.get<std::string>();
    if (!mode || !contains(paddingModes, *mode) || given.given(2)) {
      given.fail(setting->range, given.given(2) ? "`value` is for padding without `mode`"
                                                : "`mode` is \"reflect\", \"edge\" or \"wrap\"");
      return Poison{};
    }
    std::optional<Tensor> padded = *operand;
    padded->reduction = {};
    for (size_t axis = 0; padded && axis < before.size(); ++axis)
      padded = padByMode(call, *padded, int64_t(axis), before[axis], after[axis], *mode);
    return padded ? Entity(*padded) : Entity(Poison{});
  }
  Shape shape = operand->shape;
  for (size_t axis = 0; axis < before.size(); ++axis) {
    const Extent old = shape[axis];
    int64_t size = old.size + before[axis] + after[axis];
    if (size != old.size)
      shape[axis] = {size, std::make_shared<const Origin>(
                               Origin{call.environment.place(call.range),
                                      fmt::format("{} = {} + {} + {} with padding", size,
                                                  before[axis], old.size, after[axis]),
                                      std::make_shared<const Extent>(old)})};
  }
  if (sameSizes(shape, operand->shape))
    return *operand;
  before.resize(shape.size(), 0);
  after.resize(shape.size(), 0);
  Tensor source = call.emitter.convert(*operand, Element::Float, call.range);
  source.reduction = {};
  return call.emitter.emit("pad", {source}, Element::Float, shape,
                           {{"low", before}, {"high", after}, {"value", value}}, call.range);
}

// How much a padding adds before and after each of the windowed dimensions:
// margins("same", (3, 3), (1, 1)) is (before = (1, 1), after = (1, 1)).
static Entity margins(const BuiltinCall &call) {
  const Entity &padding = call.inputs[0].value;
  std::optional<Numbers> windows = readNumbers(call.inputs[1].value, 1),
                         dilations = readNumbers(call.inputs[2].value, 1);
  if (!windows || !dilations || windows->size() != dilations->size()) {
    bool first = !windows;
    call.environment.report(
        Diag::WindowSettings, call.inputs[first ? 1 : 2].range, "margins",
        fmt::format("{} must be whole numbers from 1, as many as there are dimensions, not {}",
                    first ? "the size of a window" : "dilation",
                    describe(call.inputs[first ? 1 : 2].value)));
    return Poison{};
  }
  size_t rank = windows->size();
  Numbers before(rank, 0), after(rank, 0);
  bool good = true;
  auto *text = padding.get<std::string>();
  auto *list = padding.get<Group>();
  auto set = [&](size_t axis, const Entity &value) {
    std::optional<Numbers> sides = readNumbers(value, 0);
    good &= sides && sides->size() <= 2 && !sides->empty();
    if (good) {
      before[axis] = sides->front();
      after[axis] = sides->back();
    }
  };
  if (text) {
    good = std::find(std::begin(paddings), std::end(paddings), *text) != std::end(paddings);
    for (size_t axis = 0; good && *text != "valid" && axis < rank; ++axis) {
      int64_t whole = covered((*windows)[axis], (*dilations)[axis]) - 1;
      before[axis] = *text == "same" ? whole / 2 : whole;
      after[axis] = whole - before[axis];
    }
  } else if (list && !(rank == 1 && list->members.size() == 2)) {
    good = list->members.size() == rank;
    for (size_t axis = 0; good && axis < rank; ++axis)
      set(axis, *list->members[axis].value);
  } else {
    for (size_t axis = 0; axis < rank; ++axis)
      set(axis, padding);
  }
  if (!good) {
    std::string forms = rank == 1
                            ? "\"same\", \"valid\", \"causal\", a number or (before, after)"
                            : fmt::format("\"same\", \"valid\", \"causal\", a number or a list "
                                          "of {}: numbers or (before, after)",
                                          rank);
    DiagnosticBuilder builder =
        call.environment.report(Diag::PaddingValue, call.inputs[0].range, forms, describe(padding));
    if (text)
      builder.suggest(NameKind::Other, *text, paddings, {}, '"');
    return Poison{};
  }
  Group result;
  result.members.push_back(
      {"before", call.range, std::make_shared<Entity>(listOf(before, call.range))});
  result.members.push_back(
      {"after", call.range, std::make_shared<Entity>(listOf(after, call.range))});
  return result;
}

static Entity windows(const BuiltinCall &call) {
  WindowSettings given(call, {"size", "stride", "dilation"});
  Numbers windows = given.numbers(0, 0, 1, {}, call.range);
  Numbers strides = given.numbers(1, windows.size(), 1, 1, call.range);
  Numbers dilations = given.numbers(2, windows.size(), 1, 1, call.range);
  std::optional<Tensor> operand =
      call.emitter.tensor(call.inputs[0].value, Element::Float, "windows", call.inputs[0].range);
  if (!given.good || !operand)
    return Poison{};
  if (windows.size() > operand->shape.size()) {
    given.fail(call.range,
               fmt::format("the windows have {} dimensions, but {} has {}", windows.size(),
                           describe(call.inputs[0].value), operand->shape.size()));
    return Poison{};
  }
  Shape shape = operand->shape;
  for (size_t axis = 0; axis < windows.size(); ++axis) {
    const Extent extent = shape[axis];
    int64_t reach = covered(windows[axis], dilations[axis]);
    if (reach > extent.size) {
      DiagnosticBuilder builder = call.environment.report(
          Diag::WindowSize, call.range, windowText(windows[axis], dilations[axis]), extent.size);
      call.environment.addOrigins(builder, {extent});
      builder.help(fmt::format("a window of at most {} fits, or {} more of padding",
                               (extent.size - 1) / dilations[axis] + 1, reach - extent.size));
      return Poison{};
    }
    int64_t positions = (extent.size - reach) / strides[axis] + 1;
    // With the padding that keeps the size, it is the same dimension as before.
    auto unpadded = extent.origin ? extent.origin->unpadded : nullptr;
    if (unpadded && unpadded->size == positions) {
      shape[axis] = *unpadded;
    } else if (positions != extent.size) {
      std::string size =
          unpadded ? fmt::format("{} + {} of padding", unpadded->size, extent.size - unpadded->size)
                   : fmt::format("{}", extent.size);
      shape[axis] = {
          positions,
          makeOrigin(
              call.environment.place(call.range),
              strides[axis] == 1
                  ? fmt::format("{} = {} - {} + 1 positions of a window", positions, size, reach)
                  : fmt::format("{} = ({} - {}) / {} + 1 positions of a window, rounded down",
                                positions, size, reach, strides[axis]))};
    }
    shape.push_back({windows[axis], makeOrigin(call.environment.place(call.range),
                                               fmt::format("the window has {}", windows[axis]))});
  }
  if (elementCount(shape) > maximumElements) {
    DiagnosticBuilder builder = call.environment.report(
        Diag::TooLarge, call.range, describe(operand->element, shape), maximumElements);
    call.environment.addOrigins(builder, shape);
    return Poison{};
  }
  return call.emitter.emit("windows", {*operand}, operand->element, shape,
                           {{"dims", firstDimensions(windows.size())},
                            {"sizes", windows},
                            {"strides", strides},
                            {"dilations", dilations}},
                           call.range);
}

static Entity overlapAdd(const BuiltinCall &call) {
  WindowSettings given(call, {"extent", "stride", "dilation"});
  Numbers extents = given.numbers(0, 0, 1, {}, call.range);
  size_t count = extents.size();
  Numbers strides = given.numbers(1, count, 1, 1, call.range);
  Numbers dilations = given.numbers(2, count, 1, 1, call.range);
  std::optional<Tensor> operand = call.emitter.tensor(call.inputs[0].value, Element::Float,
                                                      "overlap_add", call.inputs[0].range);
  if (!given.good || !operand)
    return Poison{};
  size_t rank = operand->shape.size();
  if (rank < 2 * count) {
    given.fail(call.range,
               fmt::format("{} dimensions of windows need {} of the tensor, but {} has {}", count,
                           2 * count, describe(call.inputs[0].value), rank));
    return Poison{};
  }
  Shape shape(operand->shape.begin(), operand->shape.end() - int64_t(count));
  for (size_t axis = 0; axis < count; ++axis) {
    int64_t positions = shape[axis].size, size = operand->shape[rank - count + axis].size;
    int64_t reach = covered(size, dilations[axis]);
    if (extents[axis] < reach || (extents[axis] - reach) / strides[axis] + 1 != positions) {
      given.fail(call.range,
                 fmt::format("{} windows of {} with stride {} do not make {} elements", positions,
                             windowText(size, dilations[axis]), strides[axis], extents[axis]));
      return Poison{};
    }
    if (extents[axis] != positions)
      shape[axis] = {extents[axis],
                     makeOrigin(call.environment.place(call.range),
                                fmt::format("{} windows of {} with stride {} make {}", positions,
                                            reach, strides[axis], extents[axis]))};
  }
  return call.emitter.emit("overlap_add",
                           {call.emitter.convert(*operand, Element::Float, call.range)},
                           Element::Float, shape,
                           {{"dims", firstDimensions(count)},
                            {"extents", extents},
                            {"strides", strides},
                            {"dilations", dilations}},
                           call.range);
}

static constexpr Builtin windowTable[] = {
    {"pad", true, 1, 4, pad},
    {"margins", false, 3, 3, margins},
    {"windows", true, 1, 3, windows},
    {"overlap_add", true, 1, 3, overlapAdd},
};
const std::span<const Builtin> windowFunctions = windowTable;

} // namespace nnc::lang::builtins
