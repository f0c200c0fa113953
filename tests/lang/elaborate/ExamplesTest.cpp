// Every example elaborates, with the sizes that its text promises.
#include "tests/lang/elaborate/Elaborating.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

std::string read(const std::filesystem::path &path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The declarations that begin with a keyword.
size_t declarations(const std::string &text, const std::string &keyword) {
  size_t count = 0;
  for (const std::string &line : Elaborated::lines(text))
    count += line.starts_with(keyword + " ");
  return count;
}

int64_t parametersOf(const Program &program) {
  int64_t total = 0;
  for (const ParameterInfo &parameter : program.parameters) {
    int64_t count = 1;
    for (int64_t size : parameter.type.shape)
      count *= size;
    total += count;
  }
  return total;
}

TEST(Examples, AllElaborate) {
  int count = 0;
  for (const auto &entry : std::filesystem::directory_iterator(NNC_EXAMPLES)) {
    if (entry.path().extension() != ".nn")
      continue;
    ++count;
    std::string text = read(entry.path());
    Elaborated elaborated(text);
    EXPECT_TRUE(elaborated.program) << entry.path() << "\n" << elaborated.diagnostics.render();
    // The initial values, the step, the evaluation, the gradient, and at least one prediction: one
    // for each predict block. With buckets, three more steps for shorter examples.
    size_t functions =
        4 + std::max<size_t>(1, declarations(text, "predict")) + declarations(text, "generate");
    if (text.find("\n  bucket ") != std::string::npos)
      functions += 3;
    // Each further training step has a gradient; metrics of a split have one function.
    size_t steps = 0;
    for (const std::string &line : Elaborated::lines(text))
      steps += line.starts_with("  step ");
    functions += steps > 1 ? 2 * (steps - 1) : 0;
    functions += text.find("average(") != std::string::npos || // `rmse` is made of it
                 text.find(" rmse(") != std::string::npos;
    // One for each split of made data, one for augmentation, and the predictions with random layers
    // on, of which there are none without such a layer.
    for (const std::string &line : Elaborated::lines(text))
      functions += line.find("= made(") != std::string::npos || line.starts_with("  augment ");
    if (elaborated.program) {
      size_t samples = static_cast<size_t>(
          std::ranges::count_if(elaborated.program->functions, [](const Function &function) {
            return function.name.starts_with("sample");
          }));
      EXPECT_EQ(elaborated.program->functions.size() - samples, functions) << entry.path();
      bool isRandom = text.find("dropout") != std::string::npos ||
                      text.find(", rate = ") != std::string::npos; // of an encoder or a decoder
      EXPECT_TRUE(samples == 0 || isRandom) << entry.path();
    }
  }
  EXPECT_GE(count, 8);
}

TEST(Examples, Sizes) {
  auto parameters = [](const char *name) {
    Elaborated elaborated(read(std::filesystem::path(NNC_EXAMPLES) / name));
    return parametersOf(elaborated.good());
  };
  EXPECT_EQ(parameters("mnist.nn"), 784 * 256 + 256 + 256 * 10 + 10);
  EXPECT_EQ(parameters("mlp.nn"), 784 * 200 + 200 + 200 * 200 + 200 + 200 * 10 + 10);
  EXPECT_EQ(parameters("lenet.nn"), 61706);
  EXPECT_EQ(parameters("resnet18.nn"), 11173962);
  EXPECT_EQ(parameters("iris.nn"), 2 * 10 + 10 + 10 * 3 + 3);
  EXPECT_EQ(parameters("motorcycle.nn"), 10 + 10 + 10 + 1);
}

} // namespace
