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
  /// Whether it is applied to the parameter of this path: it was read, and `except` leaves the
  /// parameter in.
  bool isFor(const std::string &path) const;
  /// The result, which has the shape of `like`; nothing, with an error, if it has not. `input` gives
  /// the value for an input of this name.
  std::optional<Tensor>
  apply(const Tensor &like,
        const std::function<std::optional<Tensor>(const std::string &)> &input) const;

private:
  Elaboration &elaboration;
  RecipeNumbers &numbers;
  const RecipePart &part;
  std::string key;
  const CallableDeclaration *declaration = nullptr;
  std::vector<NamedEntity> settings;
};

} // namespace nnc::lang
