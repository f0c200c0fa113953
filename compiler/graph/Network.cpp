// Implements the picture of the network, from the elaborated program.
#include "compiler/graph/Network.h"

#include "llvm/ADT/STLExtras.h"

#include <set>
#include <map>

namespace nnc::graph {

/// Operations that change how a value is arranged, and constants.
static bool isPlumbing(llvm::StringRef name) {
  return llvm::is_contained({"constant", "iota", "reshape", "transpose", "broadcast", "convert",
                             "slice", "pad", "stop_gradient", "expand", "squeeze"},
                            name);
}

static std::string typeText(const lang::Type &type) {
  return typeText(type.shape, type.element == lang::Element::Int    ? "int"
                              : type.element == lang::Element::Bool ? "bool"
                                                                    : "");
}

Drawing drawNetwork(const lang::Function &function, const lang::SourceFile &source) {
  Drawing drawing;
  drawing.scopes = function.scopes;
  const bool hasLoss = llvm::any_of(
      function.results, [](const lang::FunctionResult &result) { return result.name == "loss"; });
  auto isDrawn = [&](const lang::FunctionResult &result) {
    return hasLoss ? result.name == "loss"
                   : result.kind == lang::ResultKind::Output ||
                         result.kind == lang::ResultKind::ExampleOutput;
  };
  std::set<lang::ValueId> needed;
  for (const lang::FunctionResult &result : function.results)
    if (isDrawn(result))
      needed.insert(result.value);
  std::vector<const lang::Operation *> operations;
  for (const lang::Operation &operation : llvm::reverse(function.operations))
    if (llvm::any_of(operation.results, [&](lang::ValueId one) { return needed.count(one); })) {
      needed.insert(operation.operands.begin(), operation.operands.end());
      operations.push_back(&operation);
    }

  std::map<lang::ValueId, size_t> makers, parameters;
  for (const lang::FunctionArgument &argument : function.arguments) {
    const lang::Type &type = function.values[argument.value].type;
    if (argument.kind == lang::ArgumentKind::Parameter) {
      parameters[argument.value] = drawing.parameterSizes.size();
      int64_t count = 1;
      for (int64_t size : type.shape)
        count *= size;
      drawing.parameterSizes.push_back(count);
    }
    if (argument.kind != lang::ArgumentKind::Input || !needed.count(argument.value))
      continue;
    makers[argument.value] = drawing.items.size();
    const lang::SourceRange &range = function.values[argument.value].range;
    drawing.items.push_back({Item::Input,
                             argument.name,
                             typeText(type),
                             typeText(type),
                             0,
                             Part::Forward,
                             range.file == &source ? int64_t(range.start().line) : 0,
                             {}});
  }
  for (const lang::Operation *operation : llvm::reverse(operations)) {
    const size_t item = drawing.items.size();
    const lang::Type &type = function.values[operation->results[0]].type;
    drawing.items.push_back(
        {isPlumbing(operation->name) ? Item::Plumbing : Item::Operation,
         operation->name == "batch_mean" ? "mean over the batch" : operation->name,
         "",
         typeText(type),
         operation->scope,
         Part::Forward,
         operation->range.file == &source ? int64_t(operation->range.start().line) : 0,
         {}});
    for (lang::ValueId operand : operation->operands) {
      if (auto found = parameters.find(operand); found != parameters.end())
        drawing.items[item].parameters.push_back(found->second);
      if (auto found = makers.find(operand); found != makers.end())
        drawing.links.push_back(
            {found->second, item, typeText(function.values[operand].type), false});
    }
    for (lang::ValueId result : operation->results)
      makers[result] = item;
  }
  for (const lang::FunctionResult &result : function.results) {
    auto found = makers.find(result.value);
    if (!isDrawn(result) || found == makers.end())
      continue;
    const size_t item = drawing.items.size();
    drawing.items.push_back({Item::Output, result.name, "", "", 0, Part::Forward, 0, {}});
    drawing.links.push_back(
        {found->second, item, typeText(function.values[result.value].type), false});
  }
  return drawing;
}

} // namespace nnc::graph
