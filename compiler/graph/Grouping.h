// The boxes and frames of a picture: what belongs to a layer is one box, a layer of layers is a frame,
// and of equal layers one is drawn in full.
#pragma once

#include "compiler/graph/Drawing.h"

#include <cstdint>
#include <string>
#include <vector>

namespace nnc::graph {

struct Box {
  std::string name; ///< of its kind, such as `dense`
  std::string title;
  std::vector<std::string> details;
  std::string shape;              ///< of its result
  std::vector<std::string> saves; ///< for the backward pass, where no arrow says so
  Item::Kind kind = Item::Operation;
  Part part = Part::Forward;
  bool isLayer = false, hasParameters = false;
  bool isFolded = false; ///< stands for a layer that is drawn elsewhere
  bool isGone = false;   ///< plumbing, or part of a folded layer
  int64_t line = 0;
  size_t frame = 0; ///< that it is in
};

struct Frame {
  std::string title;
  Part part = Part::Forward;
  uint32_t scope = 0;
  size_t parent = 0;
  int64_t line = 0;
  bool isGone = false;
};

struct Arrow {
  size_t from = 0, to = 0; ///< boxes
  std::vector<std::string> shapes;
  bool isSaved = false;
};

struct Grouping {
  std::vector<Box> boxes;
  std::vector<Frame>
      frames; ///< a frame comes before those in it; the first one is the whole picture
  std::vector<Arrow> arrows;

  size_t visibleBoxes() const;
};

Grouping group(const Drawing &drawing, bool expand);

} // namespace nnc::graph
