// Builtins that make tensors from sizes, and lists.
#include "lang/elaborate/builtins/Builtins.h"
#include "lang/elaborate/graph/Padding.h"
#include "lang/elaborate/signatures/Sizes.h"

namespace nnc::lang::builtins {

static Entity full(const BuiltinCall &call) {
  std::optional<Shape> shape = readSizes(call.environment, {call.inputs[0]});
  std::optional<Tensor> value = call.emitter.tensor(call.inputs[1].value, Element::Float,
                                                    call.builtin.name, call.inputs[1].range);
  if (!shape || !value)
    return Poison{};
  if (!value->shape.empty())
    return call.wrongOperand(call.inputs[1]);
  return call.emitter.broadcastTo(*value, *shape, call.range);
}

static Entity eye(const BuiltinCall &call) {
  std::optional<Shape> shape = readSizes(call.environment, call.inputs);
  if (!shape)
    return Poison{};
  if (shape->size() == 1)
    shape->push_back(shape->front());
  if (shape->size() != 2) {
    call.environment.report(Diag::TooManyArguments, call.range, "eye", "1 or 2 sizes",
                            int64_t(shape->size()));
    return Poison{};
  }
  auto position = [&](int64_t dim) {
    return call.emitter.emit("iota", {}, Element::Int, *shape, {{"dim", dim}}, call.range);
  };
  Tensor diagonal = call.emitter.emit("compare", {position(0), position(1)}, Element::Bool, *shape,
                                      {{"predicate", std::string("eq")}}, call.range);
  return call.emitter.convert(diagonal, Element::Float, call.range);
}

static Entity iota(const BuiltinCall &call) {
  const GivenArgument &input = call.inputs[0];
  int64_t begin = 0, size = 0;
  OriginPtr origin;
  if (auto *count = input.value.get<IntegerConstant>()) {
    size = count->value;
    origin = count->origin;
  } else if (auto *range = input.value.get<RangeConstant>()) {
    begin = range->begin;
    if (__builtin_sub_overflow(range->end, range->begin, &size))
      size = 0;
    origin = range->origin ? range->origin : makeOrigin(call.environment.place(input.range), "");
  } else {
    DiagnosticBuilder builder =
        call.environment.report(Diag::NotConstant, input.range, "the length of `iota`");
    if (input.value.is<double>()) {
      builder.here(fmt::format("this is {}, not a whole number", describe(input.value)));
      if (!call.environment.inStandard(input.range))
        builder.help(fmt::format("to round down, write `floor({})`", input.range.text()));
    }
    return Poison{};
  }
  if (size < 1 || size > maximumElements) {
    call.environment.report(Diag::BadDimension, input.range, fmt::format("{}", size));
    return Poison{};
  }
  Tensor numbers = call.emitter.emit("iota", {}, Element::Int, {{size, origin}},
                                     {{"dim", int64_t(0)}}, call.range);
  return begin == 0 ? Entity(numbers)
                    : call.operators.binary(BinaryOperator::Add, numbers,
                                            IntegerConstant{begin, nullptr}, call.range);
}

/// Random numbers of a shape, for each example its own if those of `like` are; in a scan for each
/// step its own: they are drawn for all steps in front of it.
static Tensor randomNumbersLike(const BuiltinCall &call, const std::string &operation,
                                const Shape &shape, const std::optional<Tensor> &like) {
  Graph &graph = call.emitter.pass->graph;
  if (graph.inScan()) {
    bool ofExample = like && graph.differsBetweenExamples(like->id);
    Shape all = shape;
    all.insert(all.begin(), {graph.scanSteps(), nullptr});
    Graph::OpenScan scan = graph.leaveScan();
    std::optional<Tensor> example;
    if (ofExample)
      example = call.emitter.numberOfExample(call.range);
    Tensor numbers = randomNumbersLike(call, operation, all, example);
    graph.reenterScan(std::move(scan));
    numbers.id = graph.addSequence(numbers.id, {Element::Float, sizes(shape), 0});
    numbers.shape = shape;
    return numbers;
  }
  bool initial = call.emitter.initializing();
  // Each place has a stream of its own; those of the initial values and those of the steps never
  // meet.
  int64_t stream = 2 * call.emitter.pass->randomSites++ + (initial ? 0 : 1);
  Tensor seed = call.emitter.scalar("seed");
  const char *draw = call.emitter.pass->takesParts ? "part" : "step";
  std::vector<Tensor> operands{seed, initial ? seed : call.emitter.scalar(draw)};
  if (like)
    operands.push_back(*like);
  return call.emitter.emit(operation, operands, Element::Float, shape, {{"stream", stream}},
                           call.range);
}

/// Random numbers of a shape. Within a model, those of each example are its own.
static Tensor randomNumbers(const BuiltinCall &call, const std::string &operation,
                            const Shape &shape, const Tensor *like) {
  std::optional<Tensor> each;
  if (like)
    each = *like;
  else if (std::optional<Tensor> example = call.emitter.numberOfExample(call.range))
    each = call.emitter.broadcastTo(*example, shape, call.range);
  return randomNumbersLike(call, operation, shape, each);
}

static Entity random(const BuiltinCall &call) {
  std::string operation(call.builtin.name);
  if (auto *like = call.inputs.size() == 1 ? call.inputs[0].value.get<Tensor>() : nullptr)
    return call.emitter.usable(*like, call.range)
               ? Entity(randomNumbers(call, operation, like->shape, like))
               : Entity(Poison{});
  std::optional<Shape> shape = readSizes(call.environment, call.inputs);
  return shape ? Entity(randomNumbers(call, operation, *shape, nullptr)) : Entity(Poison{});
}

static Entity bernoulli(const BuiltinCall &call) {
  std::optional<Tensor> probability = call.emitter.tensor(call.inputs[0].value, Element::Float,
                                                          call.builtin.name, call.inputs[0].range);
  std::optional<Shape> shape = readSizes(
      call.environment, std::vector<GivenArgument>(call.inputs.begin() + 1, call.inputs.end()));
  if (!probability || !shape)
    return Poison{};
  auto *like = call.inputs.size() == 2 ? call.inputs[1].value.get<Tensor>() : nullptr;
  if (call.inputs.size() == 1 && call.inputs[0].value.is<Tensor>()) {
    *shape = probability->shape;
    like = &*probability;
  }
  Tensor numbers = randomNumbers(call, "random_uniform", *shape, like);
  Entity chosen = call.operators.binary(BinaryOperator::Less, numbers, *probability, call.range);
  auto *truths = chosen.get<Tensor>();
  return truths ? Entity(call.emitter.convert(*truths, Element::Float, call.range)) : chosen;
}

static Entity length(const BuiltinCall &call) {
  const Entity &value = call.inputs[0].value;
  if (auto *list = value.get<Group>())
    return IntegerConstant{int64_t(list->members.size()), nullptr};
  if (auto *range = value.get<RangeConstant>())
    return IntegerConstant{std::max<int64_t>(0, range->end - range->begin), nullptr};
  auto *tensor = value.get<Tensor>();
  Padding padding(call.environment, call.emitter);
  // A padded dimension has its own length in each example.
  for (const LengthPtr &length : tensor ? padding.of(*tensor) : Lengths())
    if (length)
      return padding.value(length);
  if (tensor && !tensor->shape.empty())
    return IntegerConstant{tensor->shape[0].size, tensor->shape[0].origin};
  return call.wrongOperand(call.inputs[0]);
}

static Entity enumerate(const BuiltinCall &call) {
  auto *list = call.inputs[0].value.get<Group>();
  if (!list)
    return call.wrongOperand(call.inputs[0]);
  Group pairs;
  for (const NamedEntity &member : list->members) {
    Group pair;
    pair.members.push_back(
        {"", call.range,
         std::make_shared<Entity>(IntegerConstant{int64_t(pairs.members.size()), nullptr})});
    pair.members.push_back({"", call.range, member.value});
    pairs.members.push_back({"", call.range, std::make_shared<Entity>(std::move(pair))});
  }
  return pairs;
}

static constexpr Builtin tensorTable[] = {
    {"full", false, 2, 2, full},
    {"eye", false, 1, 2, eye},
    {"iota", false, 1, 1, iota},
    {"random_uniform", false, 0, -1, random},
    {"random_normal", false, 0, -1, random},
    {"bernoulli", false, 1, -1, bernoulli},
    {"length", false, 1, 1, length},
    {"enumerate", false, 1, 1, enumerate},
};
const std::span<const Builtin> tensorFunctions = tensorTable;

} // namespace nnc::lang::builtins
