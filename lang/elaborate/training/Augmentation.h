// `augment` of a data block: the fields of an example as the training step sees them.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <string>
#include <vector>

namespace nnc::lang {

/// Whether an entry `augment = ...` is a pipe that begins with a field, or a block; if not, an error.
bool checkAugment(const Entry &entry, const DataDeclaration &declaration, Diagnostics &diagnostics);

/// Returns the entry `augment` of a data block, or null.
const Entry *findAugment(const DataDeclaration &declaration);

class Augmentation {
public:
  explicit Augmentation(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter) {}

  /// Binds the fields, which the current scope has, to their augmented values. Returns the names of
  /// those that have one.
  std::vector<std::string> apply(const Entry &entry, const DataDeclaration &declaration);

private:
  /// The value that stands for a field: of the field's type, and 0 in the padding.
  Entity checked(const Identifier &field, const Tensor &original, const Entity &augmented,
                 SourceRange range);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
