// Padding, windows, and what the standard library makes of them.
#include "tests/lang/elaborate/Elaborating.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace nnc::lang;
using namespace nnc::lang::testing;

namespace {

/// The shape that `body`, a stage of a pipe, makes of `shape`.
std::vector<int64_t> shapeOf(const std::string &shape, const std::string &body) {
  int64_t rank = std::count(shape.begin(), shape.end(), ',') + 1;
  Elaborated elaborated("model m(x: float[" + shape + "]) -> float[_" +
                        (rank == 3   ? ", _, _"
                         : rank == 2 ? ", _"
                                     : "") +
                        "] { x |> " + body + " }");
  const Function &predict = elaborated.function("predict");
  return predict.results.empty() ? std::vector<int64_t>{}
                                 : predict.values[predict.results[0].value].type.shape;
}

using Shape3 = std::vector<int64_t>;

TEST(Windows, AConvolutionIsAContractionOfWindows) {
  Elaborated elaborated("model m(image: float[28, 28, 3]) -> float[28, 28, 8] {\n"
                        "  image |> conv(8, (3, 5), bias = false)\n}");
  EXPECT_EQ(elaborated.operations("predict"),
            "%2 = pad %image low=[1, 2, 0] high=[1, 2, 0] value=0 : float[30, 32, 3]\n"
            "%3 = windows %2 dims=[0, 1] sizes=[3, 5] strides=[1, 1] dilations=[1, 1] : "
            "float[28, 28, 3, 3, 5]\n"
            "%conv = contract %3, %conv.weight lhs_labels=[0, 1, 2, 3, 4] "
            "rhs_labels=[3, 4, 2, 5] result_labels=[0, 1, 5] : float[28, 28, 8]\n");
}

TEST(Windows, SamePaddingDividesTheSizeByTheStrideRoundedUp) {
  for (int64_t size : {7, 8, 9})
    for (int64_t kernel : {1, 2, 3, 4, 5})
      for (int64_t stride : {1, 2, 3})
        for (int64_t dilation : {1, 2})
          EXPECT_EQ(
              shapeOf(fmt::format("{}, {}, 2", size, size),
                      fmt::format("conv(4, {}, {}, dilation = {})", kernel, stride, dilation)),
              (Shape3{(size + stride - 1) / stride, (size + stride - 1) / stride, 4}))
              << size << " " << kernel << " " << stride << " " << dilation;
}

TEST(Windows, TheOddOneOfThePaddingIsAtTheEnd) {
  Elaborated elaborated("model m(x: float[6, 7, 2]) -> float[6, 7, 3] { x |> conv(3, (2, 4)) }");
  EXPECT_NE(elaborated.operations("predict").find("low=[0, 1, 0] high=[1, 2, 0]"),
            std::string::npos);
}

TEST(Windows, PaddingIsGivenForAllForEachOrForEachSide) {
  EXPECT_EQ(shapeOf("8, 8, 1", "conv(1, 3, padding = \"valid\")"), (Shape3{6, 6, 1}));
  EXPECT_EQ(shapeOf("8, 8, 1", "conv(1, 3, padding = 2)"), (Shape3{10, 10, 1}));
  EXPECT_EQ(shapeOf("8, 8, 1", "conv(1, 3, padding = (0, 2))"), (Shape3{6, 10, 1}));
  EXPECT_EQ(shapeOf("8, 8, 1", "conv(1, 3, padding = ((0, 3), 1))"), (Shape3{9, 8, 1}));
  EXPECT_EQ(shapeOf("8, 1", "conv1d(1, 3, padding = (2, 0))"), (Shape3{8, 1}));
  EXPECT_EQ(shapeOf("8, 1", "conv1d(1, 3, padding = \"causal\", dilation = 2)"), (Shape3{8, 1}));
}

TEST(Windows, NothingIsPaddedWhereNothingIsAdded) {
  Elaborated elaborated("model m(x: float[6, 7, 2]) -> float[3, 4, 3] { x |> conv(3, 1, 2) }");
  EXPECT_EQ(elaborated.count("predict", "pad"), 0);
}

TEST(Windows, GroupsReshapeTheInputOnly) {
  Elaborated elaborated("model m(x: float[6, 7, 4]) -> float[6, 7, 6] {\n"
                        "  x |> conv(6, 3, groups = 2, bias = false)\n}");
  ASSERT_EQ(elaborated.good().parameters.size(), 1u);
  EXPECT_EQ(elaborated.program->parameters[0].type.shape, (Shape3{3, 3, 2, 6}));
  EXPECT_NE(elaborated.operations("predict").find("windows %3 dims=[0, 1]"), std::string::npos)
      << elaborated.operations("predict");
}

TEST(Windows, ATransposedConvolutionUndoesTheSize) {
  EXPECT_EQ(shapeOf("4, 5, 3", "conv_transpose(6, 2, stride = 2)"), (Shape3{8, 10, 6}));
  EXPECT_EQ(shapeOf("4, 5, 3", "conv_transpose(6, 3, stride = 2, padding = \"same\", extra = 1)"),
            (Shape3{8, 10, 6}));
  EXPECT_EQ(shapeOf("4, 5, 3", "conv_transpose(6, 4, stride = 2, padding = 1)"),
            (Shape3{8, 10, 6}));
  EXPECT_EQ(shapeOf("4, 5, 4", "conv_transpose(6, 3, groups = 2)"), (Shape3{6, 7, 6}));
}

TEST(Windows, PoolingLeavesOutWhatDoesNotFillAWindow) {
  EXPECT_EQ(shapeOf("7, 5, 3", "max_pool(2)"), (Shape3{3, 2, 3}));
  EXPECT_EQ(shapeOf("7, 8, 3", "max_pool((3, 2), stride = 1)"), (Shape3{5, 7, 3}));
  EXPECT_EQ(shapeOf("7, 8, 3", "average_pool(3, stride = 2, padding = 1)"), (Shape3{4, 4, 3}));
  EXPECT_EQ(shapeOf("7, 8, 3", "adaptive_average_pool((3, 2))"), (Shape3{3, 2, 3}));
}

TEST(Windows, GlobalPoolingLeavesTheChannels) {
  for (const char *pool : {"global_max_pool", "global_average_pool"})
    EXPECT_TRUE(
        Elaborated(std::string("model m(x: float[7, 8, 3]) -> float[3] { x |> ") + pool + " }")
            .program)
        << pool;
}

TEST(Windows, CifarSplitsCarryTheirParts) {
  Elaborated elaborated("data images {\n  image: float[32, 32, 3]\n  label: class[10]\n"
                        "  train = cifar(\"a.bin\", \"b.bin\", drop_last = 1000)\n"
                        "  test = cifar(\"b.bin\", only_last = 1000)\n}\n"
                        "model m(image: float[32, 32, 3]) -> float[10] {\n"
                        "  image |> global_average_pool |> dense(10)\n}\n"
                        "train m on images {\n  logits = m(image)\n"
                        "  loss = cross_entropy(logits, label)\n  optimizer = sgd(0.1)\n"
                        "  epochs = 1\n}\n");
  ASSERT_FALSE(elaborated.good().data.empty());
  const std::vector<DataSplit> &splits = elaborated.program->data[0].splits;
  ASSERT_EQ(splits.size(), 2u);
  EXPECT_EQ(splits[0].reader, "cifar");
  ASSERT_EQ(splits[0].arguments.size(), 3u);
  EXPECT_EQ(std::get<std::string>(splits[0].arguments[1].value), "b.bin");
  EXPECT_EQ(splits[0].arguments[2].name, "drop_last");
  EXPECT_EQ(std::get<double>(splits[0].arguments[2].value), 1000);
  EXPECT_EQ(splits[1].arguments[1].name, "only_last");
}

} // namespace
