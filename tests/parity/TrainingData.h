// The examples of the training runs, as the programs take them: images have channels last.
#pragma once

#include "tests/parity/GoldenCase.h"

namespace nnc::parity {

struct TrainingData {
  Array inputs, labels; ///< one example each along the first dimension
};

/// The shape of one example.
std::vector<int64_t> trainingShape(const GoldenCase &golden);

/// False, with what is wrong, when the images cannot be read.
bool readTrainingData(const GoldenCase &golden, TrainingData &data, std::string &error);

} // namespace nnc::parity
