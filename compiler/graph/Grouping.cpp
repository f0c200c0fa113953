// Implements the grouping of items, in three steps: boxes and frames by the scopes of layers, removal
// of plumbing, folding of frames that are equal to an earlier one.
#include "compiler/graph/Grouping.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>
#include <map>
#include <set>

namespace nnc::graph {

namespace {

/// The text of an application if it is short, such as `conv(64, 3)`; else the name.
std::string titleOf(const lang::Scope &scope) {
  if (!scope.isLayer)
    return scope.kind;
  llvm::StringRef text = scope.range.valid() ? llvm::StringRef(scope.range.text()) : "";
  const bool isCall = text.starts_with(scope.kind + "(") && text.ends_with(")") &&
                      !text.contains('\n') && text.size() <= 44;
  return isCall ? text.str() : scope.kind;
}

int64_t lineOfScope(const lang::Scope &scope) {
  return scope.range.valid() ? int64_t(scope.range.start().line) : 0;
}

class Grouper {
public:
  Grouper(const Drawing &drawing, bool expand) : drawing(drawing), expand(expand) {}

  Grouping run() {
    findExpanded();
    separateUpdates();
    makeBoxes();
    makeArrows();
    if (!expand)
      fold();
    mergeArrows();
    thinArrows();
    removeLoose();
    return std::move(result);
  }

private:
  // Scopes.
  void findExpanded();
  bool isInside(uint32_t scope, uint32_t outer) const;
  /// The outermost scope around an item that is drawn as a box; 0 if the item stands in a frame.
  uint32_t unitOf(const Item &item) const;
  uint32_t frameScope(uint32_t scope) const;
  void separateUpdates();

  // Boxes.
  size_t frameFor(Part part, uint32_t scope);
  void makeBoxes();
  size_t makeBox(const Item &item, uint32_t unit);
  void makeArrows();
  void mergeArrows();
  void thinArrows();
  void findShared();
  void removeLoose();

  // Folding.
  void fold();
  std::string signature(size_t frame, bool withShapes) const;
  std::vector<size_t> boxesIn(size_t frame) const;
  bool isWithin(size_t frame, size_t outer) const;
  void mergeChains();
  void redirect(const std::map<size_t, size_t> &to);

  const Drawing &drawing;
  const bool expand;
  Grouping result;
  std::vector<bool> expanded; // by scope
  std::vector<Part> parts;    // by item
  std::vector<size_t> boxOf;  // by item
  std::vector<bool> shared;   // by item
  std::map<std::pair<Part, uint32_t>, size_t> frames;
  std::map<std::string, size_t> foldedFrom; // by title of the first one
};

/// Scopes that hold layers are drawn as frames.
void Grouper::findExpanded() {
  const std::vector<lang::Scope> &scopes = drawing.scopes;
  std::vector<bool> used(scopes.size()), holds(scopes.size());
  for (const Item &item : drawing.items)
    used[item.scope] = true;
  // A scope has a larger number than the one around it.
  for (size_t i = scopes.size(); i-- > 1;) {
    if (used[i]) {
      used[scopes[i].parent] = true;
      if (scopes[i].isLayer || holds[i])
        holds[scopes[i].parent] = true;
    }
  }
  expanded.resize(scopes.size());
  for (size_t i = 0; i < scopes.size(); ++i)
    expanded[i] = i == 0 || holds[i] || (scopes[i].isLayer && scopes[i].path.empty());
}

uint32_t Grouper::unitOf(const Item &item) const {
  uint32_t unit = 0;
  for (uint32_t scope = item.scope; scope != 0; scope = drawing.scopes[scope].parent)
    if (!expanded[scope])
      unit = scope;
  return unit;
}

uint32_t Grouper::frameScope(uint32_t scope) const {
  while (!expanded[scope])
    scope = drawing.scopes[scope].parent;
  return scope;
}

/// Operations behind the loss, in scopes or on lines of their own such as those of an optimizer, make up
/// the update.
void Grouper::separateUpdates() {
  std::set<uint32_t> forward;
  std::set<int64_t> lines;
  for (const Item &item : drawing.items) {
    if (item.part != Part::Forward)
      continue;
    lines.insert(item.line);
    for (uint32_t scope = item.scope; scope != 0; scope = drawing.scopes[scope].parent)
      forward.insert(scope);
  }
  for (const Item &item : drawing.items) {
    const uint32_t unit = unitOf(item);
    // A kernel that several layers share may be of one that has no kernel in the forward pass.
    const bool isUpdate = item.part == Part::Backward && !lines.count(item.line) &&
                          (unit == 0 || !forward.count(unit));
    parts.push_back(isUpdate ? Part::Update : item.part);
  }
}

size_t Grouper::frameFor(Part part, uint32_t scope) {
  auto found = frames.find({part, scope});
  if (found != frames.end())
    return found->second;
  const bool hasParts =
      llvm::any_of(drawing.items, [](const Item &item) { return item.part != Part::Forward; });
  Frame frame;
  frame.part = part;
  frame.scope = scope;
  if (scope != 0) {
    const lang::Scope &from = drawing.scopes[scope];
    frame.parent = frameFor(part, frameScope(from.parent));
    frame.title = from.path.empty() || from.path == from.kind ? titleOf(from)
                                                              : from.path + ": " + titleOf(from);
    frame.line = lineOfScope(from);
  } else if (hasParts) { // each part has a frame
    frame.title = part == Part::Forward    ? "forward"
                  : part == Part::Backward ? "backward"
                                           : "update";
  } else {
    return frames[{part, scope}] = 0;
  }
  result.frames.push_back(frame);
  return frames[{part, scope}] = result.frames.size() - 1;
}

size_t Grouper::makeBox(const Item &item, uint32_t unit) {
  const size_t index = size_t(&item - drawing.items.data());
  Box box;
  box.part = parts[index];
  box.kind = item.kind;
  box.line = item.line;
  box.name = box.title = item.name;
  if (!item.detail.empty())
    box.details.push_back(item.detail);
  const bool isFree = item.kind == Item::Input || item.kind == Item::Output;
  box.frame =
      isFree ? 0 : frameFor(box.part, unit != 0 ? frameScope(unit) : frameScope(item.scope));
  if (unit != 0 && !isFree && drawing.mergesLayers) {
    const lang::Scope &scope = drawing.scopes[unit];
    box.kind = Item::Operation;
    box.details.clear();
    box.name = scope.kind;
    box.title = titleOf(scope);
    box.isLayer = scope.isLayer;
    box.line = lineOfScope(scope);
    if (box.part == Part::Backward)
      box.title = "gradient of " + box.title;
    llvm::StringRef path = scope.path;
    if (!path.empty() && path.rsplit('.').second != scope.kind && path != scope.kind)
      box.details.push_back(path.str());
  }
  result.boxes.push_back(std::move(box));
  return result.boxes.size() - 1;
}

void Grouper::makeBoxes() {
  result.frames.push_back({drawing.title, Part::Forward, 0, 0, 0, false});
  std::map<std::pair<Part, uint32_t>, size_t> units;
  std::optional<size_t> update;
  std::set<std::string> updates;
  size_t updateItems = 0;
  std::map<size_t, std::set<size_t>> parameters;
  std::map<size_t, std::map<std::string, size_t>> kernels; // by box: how many of each kind
  std::set<size_t> visible;                                // boxes of more than plumbing
  for (size_t i = 0; i < drawing.items.size(); ++i) {
    const Item &item = drawing.items[i];
    const uint32_t unit = unitOf(item);
    size_t box;
    if (parts[i] == Part::Update && item.kind != Item::Output) {
      if (!update) {
        update = makeBox(item, 0);
        result.boxes[*update].frame = 0;
        result.boxes[*update].kind = Item::Operation;
        result.boxes[*update].details.clear();
      }
      box = *update;
      updateItems += item.kind == Item::Operation;
      if (unit != 0)
        updates.insert(drawing.scopes[unit].kind);
    } else if (unit != 0 && drawing.mergesLayers && item.kind != Item::Input &&
               item.kind != Item::Output) {
      auto [found, isNew] = units.try_emplace({parts[i], unit}, 0);
      if (isNew)
        found->second = makeBox(item, unit);
      box = found->second;
    } else {
      box = makeBox(item, unit);
    }
    boxOf.push_back(box);
    if (item.kind != Item::Plumbing)
      visible.insert(box);
    if (item.kind == Item::Operation && drawing.areKernels && unit != 0)
      ++kernels[box][item.name];
    if (item.kind != Item::Plumbing || result.boxes[box].shape.empty())
      result.boxes[box].shape = item.shape;
    parameters[box].insert(item.parameters.begin(), item.parameters.end());
  }
  for (const auto &[key, box] : units) {
    std::string text;
    size_t sum = 0;
    for (const auto &[kind, count] : kernels[box]) {
      text += (text.empty() ? "" : ", ") + (count > 1 ? std::to_string(count) + " " : "") + kind;
      sum += count;
    }
    if (sum > 0)
      result.boxes[box].details.push_back(
          llvm::formatv("{0} kernel{1}: {2}", sum, sum == 1 ? "" : "s", text));
  }
  // A change of shape is shown where the user has written it.
  for (const auto &[key, box] : units)
    if (!visible.count(box) &&
        (key.first != Part::Forward ||
         drawing.scopes[result.frames[result.boxes[box].frame].scope].isStandard))
      result.boxes[box].kind = Item::Plumbing;
  if (update) {
    Box &box = result.boxes[*update];
    box.title = "update of the parameters";
    box.name = "update";
    box.details = {llvm::join(updates, ", ")};
    box.details.push_back(
        llvm::formatv("{0} {1}", updateItems, drawing.areKernels ? "kernels" : "operations"));
  }
  for (const auto &[box, used] : parameters) {
    int64_t count = 0;
    for (size_t parameter : used)
      count += drawing.parameterSizes[parameter];
    result.boxes[box].hasParameters = count > 0;
    if (count > 0 && result.boxes[box].part == Part::Forward)
      result.boxes[box].details.push_back(
          llvm::formatv("{0:N0} parameters", static_cast<uint64_t>(count)));
  }
}

/// Values that depend on neither a parameter nor the data, but on constants, lengths and random numbers, such
/// as the masks of padding: layers that need the same one share it.
void Grouper::findShared() {
  shared.assign(drawing.items.size(), true);
  for (size_t i = 0; i < drawing.items.size(); ++i) {
    const Item &item = drawing.items[i];
    if (!item.parameters.empty() || item.kind == Item::Output ||
        (item.kind == Item::Input && !llvm::StringRef(item.name).ends_with(".length")))
      shared[i] = false;
  }
  for (const Link &link : drawing.links) // in the order of the items that they lead to
    if (!shared[link.from])
      shared[link.to] = false;
}

/// Removes boxes of what layers share if nothing shows that they are used.
void Grouper::removeLoose() {
  std::vector<bool> hasData(result.boxes.size());
  for (size_t i = 0; i < drawing.items.size(); ++i)
    if (!shared[i])
      hasData[boxOf[i]] = true;
  for (size_t box = result.boxes.size(); box-- > 0;) { // uses come behind what they use
    if (hasData[box] || result.boxes[box].isFolded || !result.boxes[box].saves.empty() ||
        llvm::any_of(result.arrows, [&](const Arrow &arrow) { return arrow.from == box; }))
      continue;
    result.boxes[box].isGone = true;
    std::erase_if(result.arrows, [&](const Arrow &arrow) { return arrow.to == box; });
  }
}

void Grouper::makeArrows() {
  std::vector<std::vector<Arrow>> into(result.boxes.size());
  findShared();
  std::set<size_t> reached; // boxes that data reaches
  for (const Link &link : drawing.links)
    if (boxOf[link.from] != boxOf[link.to] && !shared[link.from])
      reached.insert(boxOf[link.to]);
  // An arrow to each layer that shares a value would hide those of the data.
  const bool isStep = llvm::any_of(parts, [](Part part) { return part != Part::Forward; });
  auto isHidden = [&](const Link &link) {
    return shared[link.from] && parts[link.from] == parts[link.to] &&
           (isStep || drawing.items[link.from].kind != Item::Input) &&
           reached.count(boxOf[link.to]);
  };
  for (const Link &link : drawing.links)
    if (boxOf[link.from] != boxOf[link.to] && !isHidden(link))
      into[boxOf[link.to]].push_back(
          {boxOf[link.from], boxOf[link.to], {link.shape}, link.isSaved});
  // Plumbing is passed by. It comes behind the plumbing that it reads.
  auto passBy = [&](size_t box) {
    std::vector<Arrow> arrows;
    for (const Arrow &arrow : into[box]) {
      if (!result.boxes[arrow.from].isGone) {
        arrows.push_back(arrow);
        continue;
      }
      for (Arrow before : into[arrow.from]) {
        before.to = box;
        before.isSaved |= arrow.isSaved;
        arrows.push_back(std::move(before));
      }
    }
    into[box] = std::move(arrows);
  };
  for (size_t box = 0; box < result.boxes.size(); ++box)
    if (result.boxes[box].kind == Item::Plumbing) {
      passBy(box);
      result.boxes[box].isGone = true;
    }
  for (size_t box = 0; box < result.boxes.size(); ++box)
    if (!result.boxes[box].isGone) {
      passBy(box);
      for (Arrow &arrow : into[box]) {
        arrow.isSaved &= result.boxes[arrow.from].kind != Item::Input;
        if (!result.boxes[arrow.from].isGone)
          result.arrows.push_back(std::move(arrow));
      }
    }
}

/// Of a training step, leaves out what would hide the rest: numbers that layers share, and, of large
/// pictures, the arrows between its parts.
void Grouper::thinArrows() {
  if (llvm::none_of(parts, [](Part part) { return part != Part::Forward; }))
    return;
  constexpr size_t most = 12, mostUpdates = 6; // arrows between two parts
  auto partOf = [&](size_t box) { return result.boxes[box].part; };
  std::vector<size_t> incoming(result.boxes.size());
  size_t saved = 0, updates = 0;
  for (const Arrow &arrow : result.arrows) {
    ++incoming[arrow.to];
    saved += partOf(arrow.from) == Part::Forward && partOf(arrow.to) == Part::Backward;
    updates += partOf(arrow.to) == Part::Update;
  }
  bool isUpdated = false;
  std::erase_if(result.arrows, [&](Arrow &arrow) {
    if (arrow.shapes == std::vector<std::string>{"number"} && incoming[arrow.to] > 1) {
      --incoming[arrow.to];
      return true;
    }
    if (partOf(arrow.to) == Part::Update && updates > mostUpdates) {
      if (partOf(arrow.from) != Part::Backward || std::exchange(isUpdated, true))
        return true;
      arrow.shapes = {"all gradients"};
      return false;
    }
    if (saved <= most || partOf(arrow.from) != Part::Forward || partOf(arrow.to) == Part::Forward)
      return false;
    if (arrow.isSaved)
      for (std::string &shape : arrow.shapes)
        if (!llvm::is_contained(result.boxes[arrow.from].saves, shape))
          result.boxes[arrow.from].saves.push_back(std::move(shape));
    return true;
  });
}

/// One arrow between two boxes, with the shapes of all values.
void Grouper::mergeArrows() {
  std::map<std::pair<size_t, size_t>, size_t> known;
  std::vector<Arrow> merged;
  for (Arrow &arrow : result.arrows) {
    if (arrow.from == arrow.to)
      continue;
    auto [found, isNew] = known.try_emplace({arrow.from, arrow.to}, merged.size());
    if (isNew) {
      merged.push_back(std::move(arrow));
      continue;
    }
    Arrow &first = merged[found->second];
    for (std::string &shape : arrow.shapes)
      if (!llvm::is_contained(first.shapes, shape))
        first.shapes.push_back(std::move(shape));
    first.isSaved |= arrow.isSaved;
  }
  result.arrows = std::move(merged);
}

bool Grouper::isWithin(size_t frame, size_t outer) const {
  for (; frame != 0; frame = result.frames[frame].parent)
    if (frame == outer)
      return true;
  return outer == 0;
}

std::vector<size_t> Grouper::boxesIn(size_t frame) const {
  std::vector<size_t> boxes;
  for (size_t box = 0; box < result.boxes.size(); ++box)
    if (!result.boxes[box].isGone && isWithin(result.boxes[box].frame, frame))
      boxes.push_back(box);
  return boxes;
}

/// Equal for frames whose boxes are of the same kinds, in the same order and frames.
std::string Grouper::signature(size_t frame, bool withShapes) const {
  std::string text;
  for (size_t box : boxesIn(frame)) {
    // Gradients that meet are added, which depends on what is around a layer.
    if (result.boxes[box].part == Part::Backward && result.boxes[box].name == "add")
      continue;
    size_t depth = 0;
    for (size_t outer = result.boxes[box].frame; outer != frame;
         outer = result.frames[outer].parent)
      ++depth;
    text += result.boxes[box].name + "/" + std::to_string(depth) +
            (withShapes ? "/" + result.boxes[box].shape : "") + ";";
  }
  return text;
}

/// Makes one box of each frame that has the same boxes as an earlier one.
void Grouper::fold() {
  std::map<std::tuple<Part, std::string, std::string>, size_t> first;
  std::map<size_t, std::string> signatures; // before anything is folded
  for (size_t frame = 1; frame < result.frames.size(); ++frame)
    if (result.frames[frame].scope != 0)
      signatures[frame] = signature(frame, /*withShapes=*/false);
  std::map<size_t, size_t> moved;
  std::map<size_t, std::string> shapes;
  // Frames outside come first, so that a layer is folded as a whole.
  for (size_t frame = 1; frame < result.frames.size(); ++frame) {
    Frame &one = result.frames[frame];
    if (one.scope == 0 || one.isGone || boxesIn(frame).size() < 2)
      continue;
    const lang::Scope &scope = drawing.scopes[one.scope];
    auto [found, isNew] = first.try_emplace({one.part, scope.kind, signatures[frame]}, frame);
    if (isNew)
      continue;
    const std::string exact = signature(frame, /*withShapes=*/true);
    Box box;
    const std::vector<size_t> inside = boxesIn(frame);
    box.name = scope.kind + "(" + exact + ")";
    box.title = one.title;
    llvm::StringRef like = drawing.scopes[result.frames[found->second].scope].path;
    box.details = {"like " + (like.empty() ? scope.kind : like.str())};
    box.part = one.part;
    box.isLayer = box.isFolded = true;
    box.line = one.line;
    box.frame = one.parent;
    box.shape = result.boxes[inside.back()].shape;
    for (size_t old : inside) {
      box.hasParameters |= result.boxes[old].hasParameters;
      result.boxes[old].isGone = true;
      moved[old] = result.boxes.size();
    }
    result.boxes.push_back(std::move(box));
    for (size_t other = frame; other < result.frames.size(); ++other)
      if (isWithin(other, frame))
        result.frames[other].isGone = true;
  }
  redirect(moved);
  mergeChains();
}

void Grouper::redirect(const std::map<size_t, size_t> &to) {
  auto follow = [&](size_t box) {
    for (auto found = to.find(box); found != to.end(); found = to.find(box))
      box = found->second;
    return box;
  };
  for (Arrow &arrow : result.arrows) {
    arrow.from = follow(arrow.from);
    arrow.to = follow(arrow.to);
  }
}

/// Makes one box of folded ones that are equal and follow each other.
void Grouper::mergeChains() {
  std::map<size_t, size_t> moved;
  std::map<size_t, std::vector<size_t>> chains; // by their first box
  for (size_t box = 0; box < result.boxes.size(); ++box) {
    Box &one = result.boxes[box];
    if (!one.isFolded || one.isGone)
      continue;
    for (auto &[head, chain] : chains) {
      const Box &last = result.boxes[chain.back()];
      const bool follows = llvm::any_of(result.arrows, [&](const Arrow &arrow) {
        return (arrow.from == chain.back() && arrow.to == box) ||
               (arrow.to == chain.back() && arrow.from == box);
      });
      if (last.name != one.name || last.frame != one.frame || last.part != one.part || !follows)
        continue;
      chain.push_back(box);
      one.isGone = true;
      moved[box] = head;
      break;
    }
    if (!one.isGone)
      chains[box] = {box};
  }
  for (const auto &[head, chain] : chains)
    if (chain.size() > 1) {
      Box &box = result.boxes[head];
      box.details.insert(box.details.begin(),
                         llvm::formatv("to {0}", result.boxes[chain.back()].title));
      box.title += llvm::formatv(" \u00d7 {0}", chain.size());
    }
  redirect(moved);
}

} // namespace

size_t Grouping::visibleBoxes() const {
  return size_t(llvm::count_if(boxes, [](const Box &box) { return !box.isGone; }));
}

Grouping group(const Drawing &drawing, bool expand) { return Grouper(drawing, expand).run(); }

} // namespace nnc::graph
