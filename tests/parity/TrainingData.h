// The examples of the training runs, as the programs take them: images have channels last; of a
// text, each window is an example.
#pragma once

#include "tests/parity/GoldenCase.h"
#include "tests/parity/ProgramText.h"

namespace nnc::parity {

struct TrainingData {
  Array inputs, labels; ///< one example each along the first dimension
};

TrainingTypes trainingTypes(const GoldenCase &golden);
/// For each step, the numbers of the examples in its batch.
const Array &trainingBatches(const GoldenCase &golden);

/// False, with what is wrong, when the images cannot be read.
bool readTrainingData(const GoldenCase &golden, TrainingData &data, std::string &error);

} // namespace nnc::parity
