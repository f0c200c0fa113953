// A function that a key of the train block applies to each trained parameter in a step, such as
// `clip = global_norm(1.0)`. Numbers that are given to it are settings of the recipe.
#pragma once

#include "lang/elaborate/training/RecipeNumbers.h"
#include "lang/elaborate/training/TrainKeys.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace nnc::lang {

class RecipeFunction {
public:
  RecipeFunction(Elaboration &elaboration, RecipeNumbers &numbers, const RecipePart &part,
                 std::string key)
      : elaboration(elaboration), numbers(numbers), part(part), key(std::move(key)) {}

  /// Reads the settings; false if there is no function, or an error.
  bool read();
  SourceRange range() const { return part.range; }
  /// Whether one is applied to the parameter of this path: it was read, and the parameter is not
  /// excepted.
  bool isFor(const std::string &path) const;
  /// The result for the parameter of this path, which has the shape of `like`; nothing, with an
  /// error, if it has not. `input` gives the value for an input of this name.
  std::optional<Tensor>
  apply(const std::string &path, const Tensor &like,
        const std::function<std::optional<Tensor>(const std::string &)> &input) const;

private:
  /// A function, or one by parameters, with its settings read.
  Entity readFunction(const Entity &value);

  Elaboration &elaboration;
  RecipeNumbers &numbers;
  const RecipePart &part;
  std::string key;
  Entity function; // poison: there is none
};

} // namespace nnc::lang
