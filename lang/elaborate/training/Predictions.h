// The results of the function for predictions: the outputs of a predict block, or of the model.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <string>

namespace nnc::lang {

class Predictions {
public:
  explicit Predictions(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter) {}

  void addBlock(const Block &block);
  /// The result of the model: one output, or the fields of a record.
  void addModel(const Entity &value, SourceRange range);

private:
  void add(const std::string &name, const Entity &value, SourceRange range);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
