// The meanings of expressions while a program is elaborated: a number known when compiling, a
// tensor of the graph that is being built, a record, or something that can be applied.
#pragma once

#include "lang/elaborate/values/Shapes.h"
#include "lang/elaborate/values/UniqueNames.h"
#include "lang/syntax/AST.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace nnc::lang {

class Graph;
struct BuiltinCall;
struct Entity;

/// Something was wrong and has been reported: whatever is computed from it is as well, silently.
struct Poison {};
/// The value of a block that ends without an expression.
struct Nothing {};

struct IntegerConstant {
  int64_t value = 0;
  OriginPtr origin;
};

/// `a..b` with both ends known.
struct RangeConstant {
  int64_t begin = 0, end = 0;
  OriginPtr origin = nullptr; ///< of n in `0..n`, if n is the size of a padded dimension
};

/// The argument `shape` of an initialiser.
struct ShapeConstant {
  Shape shape;
};

/// A value of the graph. Rank 0 with element Real: a number of the recipe.
struct Tensor {
  Graph *graph = nullptr;
  ValueId id = 0;
  Element element = Element::Float;
  Shape shape;
  int64_t classes = 0;
  Reduction reduction;
};

struct NamedEntity {
  std::string name;
  SourceRange range;
  std::shared_ptr<const Entity> value;
};

/// Several values: with names a record, without a list.
struct Group {
  std::vector<NamedEntity> members;
};

/// A function that the elaborator itself provides.
struct Builtin {
  std::string_view name;
  bool curried;     // whether a list of settings comes before the inputs
  int fewest, most; // inputs, or settings if curried; `most` below 0: any number
  Entity (*apply)(const BuiltinCall &);
};

/// A declared callable or a builtin, with its settings once they have been given.
struct CallableEntity {
  const CallableDeclaration *declaration = nullptr;
  const Builtin *builtin = nullptr;
  bool bound = false;
  /// Of a declaration: by name, defaults not among them; of a builtin: as written.
  std::vector<NamedEntity> settings;
  SourceRange range; // where it was named or its settings were given
  /// Of a schedule whose settings are numbers of the recipe: the path in front of its states.
  std::string path = {};
};

/// A layer with its settings and a place for its parameters. Its first binding names it or, without
/// one, its declaration.
struct LayerInstance {
  const CallableDeclaration *declaration = nullptr;
  std::vector<NamedEntity> settings;
  SourceRange range;             // where it was made, in the user's text
  std::vector<SourceRange> code; // that made it: see Environment::codeAt
  std::string name;              // empty until it is bound or applied
  LayerInstance *parent = nullptr;
  bool isModel = false;
  UniqueNames names; // of its own layers in the application that is being elaborated
  size_t applications = 0;
  std::shared_ptr<const Entity> result; // of the last application

  std::string path() const;
};
using LayerPtr = std::shared_ptr<LayerInstance>;

/// `mean[T]`: a reduction that waits for its operand.
struct ReducerEntity {
  const ReduceExpression *expression = nullptr;
};

/// Replaces a parameter of a layer by another value in one application of the layer.
struct Reparametrization {
  std::string parameter;
  const Entity &by; // a function or a layer of the parameter
  SourceRange range;
  bool met = false;
};

/// `1e-5 for "trunk.*", 1e-3` and `0.1 except bias`: a value for each parameter, by its path.
struct ByPath {
  struct Case {
    std::vector<Identifier> patterns;
    std::shared_ptr<const Entity> value; ///< null: none, which is 0 or false of a setting
  };
  std::vector<Case> cases; ///< the first that means a parameter counts
  std::shared_ptr<const Entity> otherwise;
};

/// `data mnist`, or one of its fields: `translations.source`
struct DataEntity {
  const DataDeclaration *declaration = nullptr;
  std::string field;
};

struct Entity {
  using Variant = std::variant<Poison, Nothing, IntegerConstant, double, bool, std::string,
                               RangeConstant, ShapeConstant, Tensor, Group, CallableEntity,
                               LayerPtr, ReducerEntity, ByPath, DataEntity>;
  Variant value;

  Entity() : value(Poison{}) {}
  template <typename T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, Entity> && std::is_constructible_v<Variant, T>)
  Entity(T &&value) : value(std::forward<T>(value)) {}

  template <typename T> const T *get() const { return std::get_if<T>(&value); }
  template <typename T> T *get() { return std::get_if<T>(&value); }
  template <typename T> bool is() const { return std::holds_alternative<T>(value); }
  bool poisoned() const { return is<Poison>(); }
  /// A number known when compiling.
  bool isNumber() const { return is<IntegerConstant>() || is<double>(); }
  double number() const {
    return is<double>() ? std::get<double>(value) : double(std::get<IntegerConstant>(value).value);
  }
};

/// One argument of an application, evaluated.
struct GivenArgument {
  std::string name; // empty: positional
  Entity value;
  SourceRange range;
  SourceRange nameRange = {};
};

/// An entity in messages: "float[3, 4]", "the number 3", "the layer `dense`".
std::string describe(const Entity &entity);

} // namespace nnc::lang
