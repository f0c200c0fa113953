// Contractions of many shapes, layouts and targets against a plain loop.
#include "tests/kernels/contraction/ProblemRunner.h"

#include "mlir/IR/Builders.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace nnc::test {
namespace {

struct Machine {
  const char *name;
  const char *cpu;
};

class Contractions : public testing::TestWithParam<Machine> {
protected:
  std::unique_ptr<MLIRContext> context = makeContext();
  TargetDescription machine = target(GetParam().cpu);
  FloatType f32 = Float32Type::get(context.get());
  FloatType f64 = Float64Type::get(context.get());
};

std::string label(int64_t m, int64_t n, int64_t k, const char *layout) {
  return std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + " " + layout;
}

TEST_P(Contractions, MatrixProducts) {
  const int64_t shapes[][3] = {{1, 1, 1},   {1, 1, 100}, {1, 7, 1},   {5, 1, 3},    {4, 10, 33},
                               {64, 10, 5}, {1, 50, 40}, {37, 1, 61}, {3, 129, 17}, {20, 48, 96}};
  for (FloatType type : {f32, f64}) {
    ProblemSet set(*context, machine);
    for (auto [m, n, k] : shapes)
      for (const char *layout : {"NN", "NT", "TN", "TT"})
        set.add(label(m, n, k, layout), matrixProduct(type, m, n, k, layout[0], layout[1]));
    EXPECT_EQ(set.run(), "");
  }
}

TEST_P(Contractions, EveryWayToComputeOne) {
  // Every tiling gives the same result, also those that are never chosen.
  for (const char *layout : {"NT", "TN"}) {
    ProblemSet set(*context, machine);
    ContractionProblem problem = matrixProduct(f32, 7, 37, 45, layout[0], layout[1]);
    for (bool swapped : {false, true})
      for (bool packA : {false, true})
        for (bool packB : {false, true})
          for (int64_t block : {0, 32}) {
            ContractionTiling tiling;
            tiling.swapped = swapped;
            tiling.lanes = machine.lanes(32);
            tiling.rowTile = 4;
            tiling.columnVectors = 2;
            tiling.packA = packA;
            tiling.packB = packB;
            tiling.reductionBlock = block;
            tiling.columnBlock = block;
            tiling.unroll = block ? 4 : 2;
            tiling.chains = swapped ? 2 : 1;
            tiling.split = packA ? ThreadSplit::Rows : ThreadSplit::Columns;
            tiling.scratchBytes = 64 << 10;
            tiling.reason = std::to_string(swapped) + std::to_string(packA) +
                            std::to_string(packB) + std::to_string(block);
            set.add(layout, problem, tiling);
          }
    EXPECT_EQ(set.run(), "");
  }
}

TEST_P(Contractions, TransposedTilesAndDotProducts) {
  ProblemSet set(*context, machine);
  for (FloatType type : {f32, f64}) {
    ContractionTiling tiling;
    tiling.lanes = machine.lanes(FloatType(type).getWidth());
    tiling.unroll = 2;
    for (bool accumulate : {false, true}) {
      // With the roles exchanged C is contiguous along the rows.
      ContractionTiling transposed = tiling;
      transposed.swapped = transposed.transposeResult = true;
      transposed.columnVectors = 2;
      transposed.split = ThreadSplit::Columns;
      for (int64_t rows : {3, 5, 9})
        for (int64_t block : {0, 16}) {
          transposed.rowTile = rows;
          transposed.reductionBlock = block;
          transposed.reason =
              "transposed, rows " + std::to_string(rows) + ", block " + std::to_string(block);
          ContractionProblem problem = matrixProduct(type, 41, 23, 31, 'T', 'T');
          problem.accumulate = accumulate;
          set.add("transposed", problem, transposed);
        }
      ContractionTiling dots = tiling;
      dots.form = LaneForm::Reduction;
      dots.columnVectors = 1;
      dots.split = ThreadSplit::Columns;
      for (int64_t number : {0, 3, 4})
        for (int64_t chains : {1, 2}) {
          dots.dotProducts = number;
          dots.chains = chains;
          dots.rowTile = chains;
          dots.reason = "dot products, " + std::to_string(number);
          ContractionProblem problem = matrixProduct(type, 3, 23, 205, 'N', 'T');
          problem.accumulate = accumulate;
          set.add("dot products", problem, dots);
        }
    }
  }
  EXPECT_EQ(set.run(), "");
}

TEST_P(Contractions, AddsToTheResult) {
  ProblemSet set(*context, machine);
  for (auto [m, n, k] : {std::array<int64_t, 3>{9, 21, 14}, {1, 1, 30}, {6, 40, 600}})
    for (const char *layout : {"NN", "NT", "TN"}) {
      ContractionProblem problem = matrixProduct(f32, m, n, k, layout[0], layout[1]);
      problem.accumulate = true;
      set.add(label(m, n, k, layout), problem);
    }
  EXPECT_EQ(set.run(), "");
}

TEST_P(Contractions, LargeEnoughToBlockAndPack) {
  ProblemSet set(*context, machine);
  set.add("NN", matrixProduct(f32, 19, 1024, 1050));
  set.add("NT", matrixProduct(f32, 70, 150, 1100, 'N', 'T'));
  set.add("TN", matrixProduct(f32, 1024, 70, 130, 'T', 'N'));
  set.add("f64", matrixProduct(f64, 30, 130, 2100));
  EXPECT_EQ(set.run(), "");
}

TEST_P(Contractions, StridedOperands) {
  ProblemSet set(*context, machine);
  auto add = [&](const char *name, int64_t am, int64_t ak, int64_t bk, int64_t bn, int64_t cm,
                 int64_t cn) {
    ContractionProblem problem;
    problem.elementType = f32;
    problem.m.push_back({11, am, 0, cm, {}});
    problem.n.push_back({35, 0, bn, cn, {}});
    problem.k.push_back({18, ak, bk, 0, {}});
    set.add(name, problem);
  };
  add("padded rows", 23, 1, 41, 1, 37, 1);
  add("result transposed", 18, 1, 35, 1, 1, 11);
  add("everything transposed", 1, 11, 1, 18, 1, 11);
  add("result in steps", 18, 1, 35, 1, 70, 2);
  add("nothing contiguous", 54, 3, 140, 4, 70, 2);
  EXPECT_EQ(set.run(), "");
}

TEST_P(Contractions, BatchesOfProducts) {
  ProblemSet set(*context, machine);
  for (const char *layout : {"NN", "NT", "TN"}) {
    // As in attention: [batch, head] outermost, or interleaved with the rows.
    ContractionProblem problem = matrixProduct(f32, 13, 20, 8, layout[0], layout[1]);
    problem.batch.push_back({3, 13 * 8, 20 * 8, 13 * 20, {}});
    set.add(std::string("batch ") + layout, problem);
  }
  ContractionProblem heads;
  heads.elementType = f32;
  heads.batch = {{2, 5 * 3 * 16, 7 * 3 * 16, 3 * 5 * 7, {}}, {3, 16, 16, 5 * 7, {}}};
  heads.m.push_back({5, 3 * 16, 0, 7, {}});
  heads.n.push_back({7, 0, 3 * 16, 1, {}});
  heads.k.push_back({16, 1, 1, 0, {}});
  set.add("heads", heads);
  ContractionProblem innermost;
  innermost.elementType = f32;
  innermost.batch.push_back({37, 1, 1, 1, {}});
  innermost.m.push_back({3, 4 * 37, 0, 2 * 37, {}});
  innermost.n.push_back({2, 0, 37, 37, {}});
  innermost.k.push_back({4, 37, 2 * 37, 0, {}});
  set.add("batch innermost", innermost);
  EXPECT_EQ(set.run(), "");
}

/// NHWC input with a physical halo, weights [window row, window column, channel in, channel out].
ContractionProblem convolution(FloatType type, int64_t images, int64_t size, int64_t channelsIn,
                               int64_t channelsOut, int64_t window, int64_t stride) {
  const int64_t out = (size - window) / stride + 1;
  ContractionProblem problem;
  problem.elementType = type;
  problem.m = {{images, size * size * channelsIn, 0, out * out * channelsOut, {}},
               {out, stride * size * channelsIn, 0, out * channelsOut, {}},
               {out, stride * channelsIn, 0, channelsOut, {}}};
  problem.n.push_back({channelsOut, 0, 1, 1, {}});
  problem.k = {{window, size * channelsIn, window * channelsIn * channelsOut, 0, {}},
               {window, channelsIn, channelsIn * channelsOut, 0, {}},
               {channelsIn, 1, channelsOut, 0, {}}};
  return problem;
}

TEST_P(Contractions, Convolutions) {
  ProblemSet set(*context, machine);
  set.add("3x3", convolution(f32, 2, 10, 8, 24, 3, 1));
  set.add("small image", convolution(f32, 3, 6, 5, 20, 3, 1));
  set.add("stride 2", convolution(f32, 2, 9, 3, 10, 3, 2));
  set.add("1x1", convolution(f32, 2, 5, 16, 40, 1, 1));
  set.add("one channel", convolution(f32, 2, 8, 1, 6, 5, 1));
  set.add("f64", convolution(f64, 1, 7, 4, 9, 3, 1));

  ContractionProblem depthwise; // NHWC, one 3x3 window per channel
  depthwise.elementType = f32;
  depthwise.batch.push_back({20, 1, 1, 1, {}});
  depthwise.m = {{6, 8 * 20, 0, 6 * 20, {}}, {6, 20, 0, 20, {}}};
  depthwise.k = {{3, 8 * 20, 3 * 20, 0, {}}, {3, 20, 20, 0, {}}};
  set.add("depthwise", depthwise);
  EXPECT_EQ(set.run(), "");
}

/// Images of size x size of which all but [low, size - high) is a border of zeros.
ContractionProblem padded(ContractionProblem problem, int64_t size, int64_t low, int64_t high,
                          int64_t stride = 1) {
  for (unsigned dim : {0, 1})
    problem.borders.push_back({ZeroBorder::M, dim + 1, dim, {stride, 1, low, size - high}});
  return problem;
}

/// The gradient by the weights: sums over images and positions, rows are offsets in windows.
ContractionProblem weightGradient(FloatType type, int64_t images, int64_t size, int64_t channelsIn,
                                  int64_t channelsOut, int64_t window, int64_t stride) {
  ContractionProblem forward =
      convolution(type, images, size, channelsIn, channelsOut, window, stride);
  ContractionProblem problem;
  problem.elementType = type;
  for (const ContractionDim &dim : forward.k)
    problem.m.push_back({dim.extent, dim.a, 0, dim.b, {}});
  problem.n.push_back({channelsOut, 0, 1, 1, {}});
  for (const ContractionDim &dim : forward.m)
    problem.k.push_back({dim.extent, dim.a, dim.c, 0, {}});
  return problem;
}

TEST_P(Contractions, BordersOfZerosAreSkipped) {
  ProblemSet set(*context, machine);
  std::vector<std::pair<const char *, ContractionProblem>> problems{
      {"same", padded(convolution(f32, 3, 6, 8, 24, 3, 1), 6, 1, 1)},
      {"asymmetric", padded(convolution(f32, 2, 9, 3, 10, 4, 1), 9, 3, 0)},
      {"stride 2", padded(convolution(f32, 2, 9, 3, 10, 3, 2), 9, 1, 1, 2)},
      {"mostly border", padded(convolution(f32, 2, 10, 4, 7, 5, 1), 10, 4, 4)},
      {"one channel", padded(convolution(f64, 2, 8, 1, 6, 5, 1), 8, 2, 2)}};
  // The image's position is step of the sum, the offset in the window the other dim.
  for (int64_t stride : {1, 2}) {
    ContractionProblem problem = weightGradient(f32, 2, 9, 5, 20, 3, stride);
    for (unsigned dim : {0, 1})
      problem.borders.push_back({ZeroBorder::M, dim, dim + 1, {1, stride, 1, 8}});
    problems.push_back({stride == 1 ? "weights" : "weights, stride 2", problem});
  }
  for (auto &[name, problem] : problems)
    for (bool swapped : {false, true})
      for (bool packs : {false, true})
        for (int64_t block : {0, 8, 40}) {
          ContractionTiling tiling;
          tiling.skipsBorders = true;
          tiling.swapped = swapped;
          tiling.lanes = machine.lanes(problem.elementBits());
          tiling.rowTile = packs ? 3 : 4;
          tiling.columnVectors = 2;
          tiling.packA = packs && block == 40;
          tiling.packB = packs;
          tiling.reductionBlock = block;
          tiling.columnBlock = block;
          tiling.unroll = 2;
          tiling.split = swapped ? ThreadSplit::Columns : ThreadSplit::Rows;
          tiling.scratchBytes = 256 << 10;
          tiling.reason = std::to_string(swapped) + std::to_string(packs) + std::to_string(block);
          set.add(name, problem, tiling);
        }
  EXPECT_EQ(set.run(), "");
}

INSTANTIATE_TEST_SUITE_P(Targets, Contractions,
                         testing::Values(Machine{"baseline", "x86-64"}, Machine{"avx2", "haswell"},
                                         Machine{"avx512", "skylake-avx512"}),
                         [](const auto &info) { return info.param.name; });

} // namespace
} // namespace nnc::test
