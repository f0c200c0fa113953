// The bodies that are being executed: each has a frame with its scopes and the owner of its
// parameters and states.
#pragma once

#include "lang/Program.h"
#include "lang/elaborate/values/Entity.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

struct Binding {
  Entity value;
  SourceRange range;
  bool used = false;
  std::string state = {}; // the path of the state (in an optimizer: the slot) that `<-` changes
};

/// The state behind the body of an optimizer, which changes one parameter and its slots, or of a
/// schedule, which changes slots alone.
struct OptimizerTarget {
  std::string path;                 ///< in front of the names of the slots
  std::string owner;                ///< the path of the parameter; empty in a schedule
  Element element = Element::Float; ///< of the slots
  Tensor value;                     ///< of the parameter; its shape is that of the slots
  std::map<std::string, Tensor> slots;
  /// Applies an optimizer that is a setting of this one to a parameter and a gradient.
  std::function<Entity(OptimizerTarget &, const CallableEntity &,
                       const std::vector<GivenArgument> &, SourceRange)>
      apply;
};

/// The body of a callable, or a train or predict block.
struct Frame {
  const CallableDeclaration *callable = nullptr;
  SourceRange call;      // where it was applied
  bool standard = false; // whether the code is the standard library's
  std::vector<std::map<std::string, Binding>> scopes;
  std::optional<Shape> leading;   // the dimensions that `...` stands for
  LayerInstance *layer = nullptr; // owns the parameters; a fn has that of its caller
  OptimizerTarget *target = nullptr;
  Reparametrization *reparametrization = nullptr;
  /// Scopes below this one must not change: only one branch of a condition will count.
  size_t conditional = 0;
  /// Scopes below this one must not change: the block of a scan stands for all of its steps.
  size_t scan = 0;
  struct Deferred {
    const Parameter *parameter;
    const Expression *pattern;
    Extent given;
    Tensor value;
    SourceRange range;
  };
  std::vector<Deferred> deferred; // dimensions with more than one unknown name
};

} // namespace nnc::lang
