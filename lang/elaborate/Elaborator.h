// The abstract interpreter behind elaborate(): walks the tree, keeps what names mean, and appends
// operations to the graph of the function that is being built. Its parts are spread over several
// files by concern; this header is theirs alone.
#pragma once

#include "lang/syntax/ASTPrinter.h"
#include "lang/elaborate/Elaborate.h"
#include "lang/elaborate/Entity.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace nnc::lang {

struct Binding {
  Entity value;
  SourceRange range;
  bool used = false;
  std::string state = {}; // the path of the state (in an optimizer: the slot) that `<-` changes
};

/// One argument of an application, evaluated.
struct GivenArgument {
  std::string name; // empty: positional
  Entity value;
  SourceRange range;
  SourceRange nameRange = {};
};

/// State that the body of an optimizer works on: one parameter and its slots.
struct OptimizerTarget {
  const ParameterInfo *parameter = nullptr;
  Tensor value, gradient;
  std::map<std::string, Tensor> slots;
};

/// What is being executed: the body of a callable or a train or predict block.
struct Frame {
  const CallableDeclaration *callable = nullptr;
  SourceRange call;      // where it was applied
  bool standard = false; // whether the code is the standard library's
  std::vector<std::map<std::string, Binding>> scopes;
  std::optional<Shape> leading;   // what `...` stands for
  LayerInstance *layer = nullptr; // owns the parameters; a fn has that of its caller
  OptimizerTarget *target = nullptr;
  size_t conditional =
      0; // scopes below this one must not change: only one branch of a condition will count
  struct Deferred {
    const Parameter *parameter;
    const Expression *pattern;
    Extent given;
    Tensor value;
    SourceRange range;
  };
  std::vector<Deferred> deferred; // dimensions with more than one unknown name
};

/// A batch must have at least so many examples.
struct BatchRequirement {
  int64_t examples;
  std::string text;
  SourceRange range;
};

/// One function of the program under construction, and what belongs to its elaboration alone.
struct Pass {
  Pass(std::string name, SourceRange range, bool training)
      : graph(std::move(name), range), training(training) {}
  Graph graph;
  bool training;
  bool simplify = false; // drop additions of 0 and the like: in optimizers
  int64_t randomSites = 0;
  std::map<std::string, Tensor> states; // current value by path
  std::map<const CallableDeclaration *, LayerPtr> models;
  std::vector<LayerPtr> layers;           // keeps every instance alive
  std::map<std::string, Tensor> scalars;  // settings and counters by key
  std::map<std::string, Tensor> counters; // `step`, `steps`, ... as the language sees them
  /// The functions whose result a value is.
  std::map<ValueId, std::set<const CallableDeclaration *>> resultOf;
  std::vector<BatchRequirement> batchRequirements;
};

struct Builtin {
  std::string_view name;
  bool curried;     // whether a list of settings comes before the inputs
  int fewest, most; // inputs, or settings if curried
  Entity (Elaborator::*apply)(const Builtin &, const std::vector<GivenArgument> &settings,
                              const std::vector<GivenArgument> &inputs, SourceRange);
};
const Builtin *findBuiltin(std::string_view name);
std::span<const Builtin> allBuiltins();
/// Names of things that later versions will have; null when the name is none of them.
bool isPlannedName(std::string_view name);

/// `_` in the type of a result: whatever the value has there.
bool isOpenDimension(const Dimension &dimension);

/// A declaration by its name, or an entry of a config.
struct Global {
  const Declaration *declaration = nullptr;
  const Entry *entry = nullptr;
  SourceRange range;
  bool standard = false;
};
using Globals = std::map<std::string, Global, std::less<>>;

class Elaborator {
public:
  Elaborator(const Module &user, std::span<const Module *const> standard, Diagnostics &diagnostics,
             const ElaborateOptions &options)
      : user(user), standard(standard), diagnostics(diagnostics), options(options) {}

  std::optional<Program> run();

  // Builtins.cpp, Reductions.cpp, Requirements.cpp, Windows.cpp: the signature is Builtin::apply's.
#define NNC_BUILTIN(NAME)                                                                          \
  Entity NAME(const Builtin &, const std::vector<GivenArgument> &settings,                         \
              const std::vector<GivenArgument> &inputs, SourceRange range)
  NNC_BUILTIN(builtinSize);
  NNC_BUILTIN(builtinRank);
  NNC_BUILTIN(builtinShape);
  NNC_BUILTIN(builtinFan);
  NNC_BUILTIN(builtinReduce);
  NNC_BUILTIN(builtinReshape);
  NNC_BUILTIN(builtinTranspose);
  NNC_BUILTIN(builtinSplit);
  NNC_BUILTIN(builtinConcat);
  NNC_BUILTIN(builtinStack);
  NNC_BUILTIN(builtinReverse);
  NNC_BUILTIN(builtinSelect);
  NNC_BUILTIN(builtinConvert);
  NNC_BUILTIN(builtinStopGradient);
  NNC_BUILTIN(builtinRandom);
  NNC_BUILTIN(builtinBatch);
  NNC_BUILTIN(builtinBatchCount);
  bool hasBatch(std::string_view builtin,
                SourceRange range); // else an error: initial values do not
  NNC_BUILTIN(builtinIota);
  NNC_BUILTIN(builtinWeights);
  NNC_BUILTIN(builtinRequire);
  NNC_BUILTIN(builtinRequireBatch);
  NNC_BUILTIN(builtinDiscourage);
  NNC_BUILTIN(builtinPad);
  NNC_BUILTIN(builtinMargins);
  NNC_BUILTIN(builtinWindows);
  NNC_BUILTIN(builtinOverlapAdd);
#undef NNC_BUILTIN

private:
  // Elaborator.cpp: names, places, limits.
  void collectGlobals(bool reportRepetitions = true);
  void addGlobal(Globals &globals, const Identifier &name, Global global, bool reportRepetitions);
  void applyConfigOptions();
  Entity configValue(const std::string &name, const Global &global);
  const Global *findGlobal(std::string_view name, bool fromStandard) const;
  Binding *findLocal(std::string_view name);
  Entity lookup(const std::string &name, SourceRange range);
  std::optional<Entity> contextual(const std::string &name);
  void reportUnknown(const std::string &name, SourceRange range,
                     std::vector<std::string> candidates);
  std::vector<std::string> visibleNames(bool fromStandard) const;
  Frame &frame() { return frames.back(); }
  bool inStandard(SourceRange range) const { return range.valid() && range.file != user.file; }
  /// The place in the user's text that stands for `range`: itself, or where the user called into
  /// the standard library.
  SourceRange place(SourceRange range) const;
  /// Adds to an error where in the standard library it arose.
  void addStandardNote(DiagnosticBuilder &builder, SourceRange range);
  void addOrigins(DiagnosticBuilder &builder, const Shape &shape, const Shape *other = nullptr);
  bool step(SourceRange range); // false, with an error, when the work gets out of hand
  Entity unsupported(std::string_view what, SourceRange range);
  template <typename... Arguments>
  DiagnosticBuilder report(const DiagnosticKind<Arguments...> &kind, SourceRange range,
                           std::type_identity_t<Arguments>... arguments) {
    DiagnosticBuilder builder = diagnostics.report(kind, place(range), arguments...);
    addStandardNote(builder, range);
    return builder;
  }

  // Resolve.cpp: every name of the user's file, also in definitions that are not used.
  friend class Resolver;

  // Statements.cpp
  Entity evaluateBlock(const Block &block, bool newScope = true);
  Entity evaluateStatement(const Statement &statement);
  void bind(const Identifier &name, Entity value);
  void bindFresh(const std::string &name, Entity value, SourceRange range);
  void bindStatement(const BindingStatement &statement);
  void nameValue(const std::string &name, const Entity &value);
  void loop(const ForStatement &statement);
  Entity evaluateIf(const IfExpression &expression);

  // Expressions.cpp
  Entity evaluate(const Expression &expression);
  Entity evaluateName(const NameExpression &expression);
  Entity evaluateMember(const MemberExpression &expression);
  Entity evaluateIndex(const IndexExpression &expression);
  Entity indexEntity(const Entity &base, const std::vector<ExpressionPtr> &items,
                     SourceRange range);
  Entity indexTensor(const Tensor &base, const std::vector<ExpressionPtr> &items,
                     SourceRange range);
  Entity gather(const Tensor &base, int64_t axis, const Tensor &indices, int64_t batch,
                SourceRange range);
  Entity evaluateRange(const RangeExpression &expression);
  std::optional<int64_t> evaluateInteger(const Expression &expression, std::string_view what);

  // Constants.cpp
  Entity constantUnary(std::string_view name, const Entity &value);
  Entity constantBinary(BinaryOperator op, const Entity &left, const Entity &right,
                        SourceRange range);
  Entity constantPrimitive(std::string_view name, const std::vector<Entity> &operands,
                           SourceRange range);

  // Operators.cpp: elementwise operations on tensors.
  Entity unary(UnaryOperator op, const Entity &value, SourceRange range);
  Entity binary(BinaryOperator op, const Entity &left, const Entity &right, SourceRange range);
  Entity elementwise(const std::string &name, const Entity &left, const Entity &right,
                     SourceRange range);
  Entity compare(const std::string &predicate, const Entity &left, const Entity &right,
                 SourceRange range);
  Entity logical(BinaryOperator op, const Entity &left, const Entity &right, SourceRange range);
  Entity power(const Entity &base, const Entity &exponent, SourceRange range);
  /// `what` names the construct in messages.
  Entity select(const Entity &condition, const Entity &yes, const Entity &no, SourceRange range,
                std::string_view what = "if");
  Entity matrixMultiply(const Entity &left, const Entity &right, SourceRange range);
  std::optional<Entity> simplified(const std::string &name, const Entity &left,
                                   const Entity &right);
  bool alignOperands(std::string_view what, Tensor &left, Tensor &right, SourceRange range);
  void reportAmbiguous(std::string_view what, const Tensor &left, const Tensor &right,
                       const Alignment &alignment, SourceRange range);

  // Emit.cpp: operations of the nn dialect.
  Tensor emit(const std::string &operation, const std::vector<Tensor> &operands, Element element,
              Shape shape, Graph::Attributes attributes, SourceRange range);
  /// A number known when compiling; a whole one where the element type is.
  Tensor constant(const Entity &number, Element element, SourceRange range);
  Tensor broadcast(const Tensor &value, const Shape &shape, std::vector<int64_t> axes,
                   SourceRange range);
  Tensor broadcastTo(const Tensor &value, const Shape &shape, SourceRange range);
  Tensor convert(const Tensor &value, Element element, SourceRange range);
  Tensor reduce(const std::string &operation, const Tensor &value, std::vector<int64_t> axes,
                SourceRange range);
  Tensor reshape(const Tensor &value, Shape shape, SourceRange range);
  Tensor transpose(const Tensor &value, std::vector<int64_t> permutation, SourceRange range);
  Tensor slice(const Tensor &value, int64_t axis, Extent extent, int64_t begin, SourceRange range);
  Tensor contract(const Tensor &left, const std::vector<int64_t> &leftLabels, const Tensor &right,
                  const std::vector<int64_t> &rightLabels, const std::vector<int64_t> &resultLabels,
                  SourceRange range);
  Tensor scalar(const std::string &counter); // seed, step, ... as an i64 argument of the function
  /// A number or tensor as a tensor; null with an error when it is neither.
  std::optional<Tensor> tensor(const Entity &value, Element preferred, std::string_view what,
                               SourceRange range);
  bool usable(const Tensor &value, SourceRange range); // belongs to the graph under construction

  // Types.cpp
  std::optional<Extent> evaluateDimension(const Expression &expression, std::string_view what);
  void reportDivision(const Expression &expression, double value);
  /// `given` is the shape of the value that has this type: what `_` stands for.
  std::optional<Type> evaluateType(const TypeExpression &type, Shape &shape, std::string_view what,
                                   const Shape *given = nullptr);
  Entity declaredInput(const Identifier &name, const TypeExpression &type);
  /// The input as the body sees it; binds the dimensions that its type names.
  std::optional<Entity> unifyInput(const Parameter &parameter, const Entity &value,
                                   SourceRange range);
  /// The dimensions of `value` become those that the names of the signature stand for.
  bool unifyShape(const Parameter &parameter, Tensor &value, SourceRange range);
  bool unifyDimension(const Parameter &parameter, const Expression &pattern, const Extent &given,
                      const Tensor &value, SourceRange range, bool last);
  bool unifyDeferred();
  bool isBoundDimension(const std::string &name);
  void collectUnbound(const Expression &pattern, std::vector<const NameExpression *> &names);
  DiagnosticBuilder reportArgument(const Parameter &parameter, const Entity &value,
                                   SourceRange range, std::string equation);
  /// A result as the caller sees it, checked against its declaration.
  Entity checkResult(const ResultDeclaration &result, const Entity &value,
                     const CallableDeclaration &callable);

  // Calls.cpp
  Entity evaluateCall(const CallExpression &expression);
  Entity evaluatePipe(const PipeExpression &expression);
  Entity evaluateCallee(const Expression &expression);
  std::vector<GivenArgument> evaluateArguments(const std::vector<CallArgument> &arguments);
  bool matchArguments(std::string_view callable, std::string_view what,
                      std::span<const Parameter> parameters,
                      const std::vector<GivenArgument> &given, bool defaults, SourceRange range,
                      std::vector<const GivenArgument *> &matched);
  std::vector<NamedEntity> bindSettings(const CallableDeclaration &declaration,
                                        const std::vector<GivenArgument> &given, SourceRange range,
                                        bool &good);
  Entity construct(const CallableEntity &callable, const std::vector<GivenArgument> &given,
                   SourceRange range);
  Entity apply(const Entity &callee, const std::vector<GivenArgument> &given, SourceRange range);
  Entity applyPrimitive(const CallableDeclaration &declaration,
                        const std::vector<GivenArgument> &given, SourceRange range);
  Entity applyBuiltin(const Builtin &builtin, const std::vector<GivenArgument> &settings,
                      const std::vector<GivenArgument> &given, SourceRange range);
  Entity invoke(const CallableDeclaration &declaration, const std::vector<NamedEntity> &settings,
                const std::vector<GivenArgument> &given, LayerInstance *layer, SourceRange range);
  Entity finishInvocation(const CallableDeclaration &declaration, Entity value, SourceRange range);
  bool enterSettings(const CallableDeclaration &declaration,
                     const std::vector<NamedEntity> &settings);
  Entity settingValue(const CallableDeclaration &declaration, const Parameter &parameter,
                      Entity value, SourceRange range);

  // Layers.cpp
  LayerPtr makeLayer(const CallableDeclaration &declaration, std::vector<NamedEntity> settings,
                     SourceRange range);
  void nameLayer(LayerInstance &layer, const std::string &name, LayerInstance *parent);
  /// The name, with a number if the layer has a layer, parameter or state of that name already.
  Entity applyLayer(const LayerPtr &layer, const std::vector<GivenArgument> &given,
                    SourceRange range);
  LayerPtr modelInstance(const CallableDeclaration &declaration);
  void declareParameter(const ParameterStatement &statement);
  void declareState(const StateStatement &statement);
  void declareSlot(const StateStatement &statement);
  void update(const UpdateStatement &statement);
  std::optional<Tensor> initialValue(Entity value, Element element, const Shape &shape,
                                     int64_t classes, SourceRange range);
  Tensor persistent(ArgumentKind kind, const std::string &path, Element element, const Shape &shape,
                    SourceRange range);
  std::string ownName(const std::string &name);

  // Reductions.cpp
  Entity evaluateReduce(const ReduceExpression &expression);
  static bool isOverIndices(const ReduceExpression &expression);
  /// The reduction called `reducer` over what stands in the brackets of `expression`.
  Entity applyReducer(const ReduceExpression &expression, const std::string &reducer,
                      const Entity &operand, SourceRange range);
  Entity reduceAxes(const std::string &reducer, const Tensor &value, std::vector<int64_t> axes,
                    SourceRange range);
  std::optional<std::vector<int64_t>> reducedAxes(const ReduceExpression &expression,
                                                  const Tensor &value);

  // IndexNotation.cpp
  friend class IndexEvaluator;
  void defineByIndex(const IndexDefinition &statement);
  Entity evaluateIndexed(const Expression &expression);

  // Where.cpp
  /// The name of a reduction, or of a function of the library, that can leave values of its only
  /// operand out; empty for anything else.
  std::string_view leavesOut(const Entity &callee) const;
  void reportWhere(const WhereExpression &expression);

  // Windows.cpp
  friend class WindowSettings;

  // Requirements.cpp
  std::string requirementText(const std::string &text);
  /// Whether all names in an expression have a meaning here.
  bool isKnown(const Expression &expression);
  /// Evaluates what a body requires of its settings, while these are the values that are written
  /// and not numbers of the recipe; false if something is not so.
  bool checkRequirements(const Block &body);

  // Training.cpp, Recipe.cpp, Data.cpp
  friend class TrainingElaborator;
  Entity evaluateSchedule(const Entity &schedule, const std::string &prefix, SourceRange range);
  Entity recipeNumber(const Entity &value, const std::string &prefix, const std::string &name,
                      bool integer, SourceRange range);
  Tensor setting(const std::string &key, double value, bool integer, SourceRange range);
  /// The body of a schedule, an optimizer or a function of `clip`, whose settings are numbers of
  /// the recipe.
  Entity evaluateRecipe(const Block &body);
  void bindCounters();
  std::optional<DataInfo> elaborateData(const DataDeclaration &declaration);

  const Module &user;
  std::span<const Module *const> standard;
  Diagnostics &diagnostics;
  const ElaborateOptions &options;

  Globals userGlobals, standardGlobals;
  std::map<std::string, const DataDeclaration *, std::less<>> dataBlocks;
  std::map<std::string, Entity> configValues;
  std::set<std::string> configsInProgress;
  std::map<std::string, std::string> overrides;

  std::deque<Frame> frames;
  std::unique_ptr<Pass> initialize;
  Pass *pass = nullptr;
  uint32_t depth = 0;
  bool inRecipe = false; // in the body of a schedule, an optimizer or a function of `clip`
  int contextLevels = 0;
  uint64_t steps = 0;

  Program program;
  std::map<std::string, size_t> parameterIndex, stateIndex, settingIndex;
  std::map<std::string, std::pair<const CallableDeclaration *, Shape>> parameterOwners;
  std::map<std::string, size_t> layerRows; // in program.layers, by path
  /// Of the contractions of the layer at hand so far, without those of layers inside it.
  int64_t layerFlop = 0;

  friend struct EnterFrame;
  friend struct EnterPass;
};

/// Pushes a frame with one empty scope for its life time.
struct EnterFrame {
  explicit EnterFrame(Elaborator &elaborator) : elaborator(elaborator) {
    elaborator.frames.emplace_back().scopes.emplace_back();
  }
  /// The frame of a declaration's body, applied at `call`.
  EnterFrame(Elaborator &elaborator, const CallableDeclaration &declaration, SourceRange call)
      : EnterFrame(elaborator) {
    Frame &entered = elaborator.frames.back();
    entered.callable = &declaration;
    entered.call = call;
    entered.standard = elaborator.inStandard(declaration.range);
  }
  ~EnterFrame() { elaborator.frames.pop_back(); }
  EnterFrame(const EnterFrame &) = delete;
  Elaborator &elaborator;
};

/// Makes another function the one that is built, for its life time.
struct EnterPass {
  EnterPass(Elaborator &elaborator, Pass *pass)
      : elaborator(elaborator), previous(elaborator.pass) {
    elaborator.pass = pass;
  }
  ~EnterPass() { elaborator.pass = previous; }
  EnterPass(const EnterPass &) = delete;
  Elaborator &elaborator;
  Pass *previous;
};

} // namespace nnc::lang
