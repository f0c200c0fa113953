// The recursion of the elaborator: the parts that an expression or a block is evaluated by also
// evaluate what stands inside of it, and apply what they are given, through this interface.
#pragma once

#include "lang/elaborate/values/Entity.h"

namespace nnc::lang {

class Evaluator {
public:
  virtual Entity evaluate(const Expression &expression) = 0;
  virtual Entity evaluateBlock(const Block &block, bool newScope = true) = 0;
  virtual Entity apply(const Entity &callee, const std::vector<GivenArgument> &given,
                       SourceRange range) = 0;

protected:
  ~Evaluator() = default;
};

} // namespace nnc::lang
