// Problems read off linalg ops, and the choice of their tilings.
#include "compiler/kernels/contraction/ContractionNest.h"
#include "tests/kernels/contraction/ProblemRunner.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace nnc::test {
namespace {

class Matching : public testing::Test {
protected:
  /// The first linalg op of a function body with memref arguments.
  FailureOr<ContractionProblem> match(const std::string &arguments, const std::string &body) {
    module = parseSourceString<ModuleOp>(
        "func.func @f(" + arguments + ") {\n" + body + "\n  return\n}", context.get());
    EXPECT_TRUE(module);
    FailureOr<ContractionProblem> problem = failure();
    if (module)
      module->walk([&](linalg::LinalgOp op) { problem = matchContraction(op); });
    return problem;
  }

  std::unique_ptr<MLIRContext> context = makeContext();
  OwningOpRef<ModuleOp> module;
};

TEST_F(Matching, MatrixProduct) {
  auto problem = match("%a: memref<4x8xf32>, %b: memref<8x6xf32>, %c: memref<4x6xf32>",
                       "linalg.matmul ins(%a, %b : memref<4x8xf32>, memref<8x6xf32>) "
                       "outs(%c : memref<4x6xf32>)");
  ASSERT_TRUE(succeeded(problem));
  EXPECT_TRUE(problem->accumulate);
  EXPECT_TRUE(problem->batch.empty());
  ASSERT_EQ(problem->m.size(), 1u);
  EXPECT_EQ(problem->m[0].extent, 4);
  EXPECT_EQ(problem->m[0].a, 8);
  EXPECT_EQ(problem->m[0].c, 6);
  ASSERT_EQ(problem->n.size(), 1u);
  EXPECT_EQ(problem->n[0].b, 1);
  ASSERT_EQ(problem->k.size(), 1u);
  EXPECT_EQ(problem->k[0].extent, 8);
  EXPECT_EQ(problem->k[0].b, 6);
  EXPECT_EQ(problem->flops(), 2 * 4 * 6 * 8);
}

TEST_F(Matching, BatchedWithStridedOperand) {
  auto problem =
      match("%a: memref<3x4x8xf64, strided<[64, 16, 2], offset: 5>>, %b: memref<3x6x8xf64>, "
            "%c: memref<3x4x6xf64>",
            "linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, "
            "affine_map<(b, m, n, k) -> (b, n, k)>, affine_map<(b, m, n, k) -> (b, m, n)>], "
            "iterator_types = [\"parallel\", \"parallel\", \"parallel\", \"reduction\"]} "
            "ins(%a, %b : memref<3x4x8xf64, strided<[64, 16, 2], offset: 5>>, memref<3x6x8xf64>) "
            "outs(%c : memref<3x4x6xf64>) { ^bb0(%x: f64, %y: f64, %z: f64): "
            "%p = arith.mulf %y, %x : f64 %s = arith.addf %z, %p : f64 linalg.yield %s : f64 }");
  ASSERT_TRUE(succeeded(problem));
  ASSERT_EQ(problem->batch.size(), 1u);
  EXPECT_EQ(problem->batch[0].a, 64);
  EXPECT_EQ(problem->m[0].a, 16);
  EXPECT_EQ(problem->k[0].a, 2);
  EXPECT_EQ(problem->n[0].b, 8);
  EXPECT_EQ(problem->elementBits(), 64u);
}

TEST_F(Matching, ConvolutionIsAContractionToo) {
  auto problem = match(
      "%a: memref<2x9x9x3xf32>, %b: memref<3x3x3x5xf32>, %c: memref<2x4x4x5xf32>",
      "linalg.conv_2d_nhwc_hwcf {strides = dense<2> : tensor<2xi64>} "
      "ins(%a, %b : memref<2x9x9x3xf32>, memref<3x3x3x5xf32>) outs(%c : memref<2x4x4x5xf32>)");
  ASSERT_TRUE(succeeded(problem));
  EXPECT_EQ(problem->m.size(), 3u);
  EXPECT_EQ(problem->n.size(), 1u);
  EXPECT_EQ(problem->k.size(), 3u);
  EXPECT_EQ(problem->m[1].a, 2 * 9 * 3);
  EXPECT_EQ(problem->k[0].a, 9 * 3);
}

TEST_F(Matching, BordersOfZeros) {
  // 5x5 images in a border of one; the gradient by the input runs against the window.
  auto problem = match(
      "%a: memref<2x7x7x3xf32>, %b: memref<3x3x3x5xf32>, %c: memref<2x5x5x5xf32>",
      "linalg.generic {indexing_maps = [affine_map<(n, y, x, o, u, v, i) -> (n, y + u, x - v + 2, "
      "i)>, affine_map<(n, y, x, o, u, v, i) -> (u, v, i, o)>, affine_map<(n, y, x, o, u, v, i) -> "
      "(n, y, x, o)>], iterator_types = [\"parallel\", \"parallel\", \"parallel\", "
      "\"parallel\", \"reduction\", \"reduction\", \"reduction\"]} "
      "ins(%a, %b : memref<2x7x7x3xf32>, memref<3x3x3x5xf32>) outs(%c : memref<2x5x5x5xf32>) "
      "attrs = {nn.interiors = [array<i64: 0, 2, 1, 6, 1, 6, 0, 3>, array<i64>]} { "
      "^bb0(%x: f32, %y: f32, %z: f32): %p = arith.mulf %x, %y : f32 "
      "%s = arith.addf %z, %p : f32 linalg.yield %s : f32 }");
  ASSERT_TRUE(succeeded(problem));
  ASSERT_EQ(problem->borders.size(), 2u);
  auto counts = [&](unsigned number, int64_t i, int64_t j) {
    return problem->borders[number].interior.contains(i, j);
  };
  for (int64_t i = 0; i < 5; ++i)
    for (int64_t j = 0; j < 3; ++j) {
      EXPECT_EQ(counts(0, i, j), i + j >= 1 && i + j < 6);
      EXPECT_EQ(counts(1, i, j), i - j + 2 >= 1 && i - j + 2 < 6);
    }
  // All 15 pairs of each but those at an end: 13, so 169 of 225 products.
  const ContractionTiling tiling = chooseTiling(*problem, target("haswell"));
  EXPECT_EQ(tiling.computedShare < 1, tiling.skipsBorders);
}

TEST(Nests, BoundsKeepTheStepsThatCount) {
  using contraction::Bounds;
  Bounds bounds;
  bounds.outer = 0;
  Interior &interior = bounds.interior;
  auto expect = [&](int64_t begin, int64_t end, int64_t extent) {
    int64_t first = extent, last = -1;
    for (int64_t i = begin; i < end; ++i)
      for (int64_t j = 0; j < extent / bounds.inner; ++j)
        if (interior.contains(i, j)) {
          first = std::min(first, j * bounds.inner);
          last = std::max(last, (j + 1) * bounds.inner);
        }
    auto [from, to] = bounds.steps(begin, end, extent);
    EXPECT_LE(from, to);
    if (last < 0) {
      EXPECT_TRUE(from == to || end - begin > 1);
      return;
    }
    // Of several indices the least range that no index needs more than.
    EXPECT_LE(from, first);
    EXPECT_GE(to, last);
    if (end - begin == 1 ||
        (interior.step == 1 && interior.scale == 1 && interior.low < interior.high)) {
      EXPECT_EQ(from, first);
      EXPECT_EQ(to, last);
    }
  };
  for (int64_t scale : {1, 2, -1})
    for (int64_t step : {1, 2, 3})
      for (int64_t inner : {1, 4})
        for (int64_t low : {-3, 0, 2, 5})
          for (int64_t high : {-1, 4, 9, 30}) {
            interior = {scale, step, low, high};
            bounds.inner = inner;
            for (int64_t begin : {0, 1, 5})
              for (int64_t tile : {1, 3})
                expect(begin, begin + tile, 5 * inner);
          }
}

TEST_F(Matching, OtherBodiesAreLeftAlone) {
  EXPECT_TRUE(failed(
      match("%a: memref<4xf32>, %b: memref<4xf32>, %c: memref<f32>",
            "linalg.generic {indexing_maps = [affine_map<(k) -> (k)>, affine_map<(k) -> (k)>, "
            "affine_map<(k) -> ()>], iterator_types = [\"reduction\"]} "
            "ins(%a, %b : memref<4xf32>, memref<4xf32>) outs(%c : memref<f32>) { "
            "^bb0(%x: f32, %y: f32, %z: f32): %p = arith.mulf %x, %y : f32 "
            "%s = arith.maximumf %z, %p : f32 linalg.yield %s : f32 }")));
}

TEST(Tiling, FitsTheRegistersAndSaysWhy) {
  std::unique_ptr<MLIRContext> context = makeContext();
  FloatType f32 = Float32Type::get(context.get());
  for (const char *cpu : {"x86-64", "haswell", "skylake-avx512", "znver4"})
    for (auto [m, n, k] : {std::array<int64_t, 3>{64, 256, 784},
                           {4, 10, 256},
                           {1, 1000, 1000},
                           {1024, 1024, 1024},
                           {1, 1, 500},
                           {700, 1, 900}})
      for (const char *layout : {"NN", "NT", "TN", "TT"}) {
        const TargetDescription machine = target(cpu);
        const ContractionTiling tiling =
            chooseTiling(matrixProduct(f32, m, n, k, layout[0], layout[1]), machine, 2);
        SCOPED_TRACE(std::string(cpu) + " " + layout + " " + tiling.reason);
        const int64_t registers =
            tiling.chains * tiling.rowTile * tiling.columnVectors + tiling.columnVectors + 1;
        EXPECT_TRUE(tiling.form != LaneForm::Columns || registers <= machine.vectorRegisters);
        EXPECT_LE(tiling.lanes, machine.lanes(32));
        EXPECT_EQ(tiling.scratchBytes % 64, 0);
        EXPECT_EQ(tiling.scratchBytes > 0, tiling.packA || tiling.packB);
        EXPECT_FALSE(tiling.reason.empty());
      }
}

TEST(Tiling, TakesTheLayoutIntoAccount) {
  std::unique_ptr<MLIRContext> context = makeContext();
  FloatType f32 = Float32Type::get(context.get());
  const TargetDescription machine = target("skylake-avx512");
  // Rows of B are contiguous, and one tile of rows uses them once: nothing to pack.
  EXPECT_EQ(chooseTiling(matrixProduct(f32, 8, 256, 784), machine).scratchBytes, 0);
  // One row against a matrix that is contiguous along k: dot products.
  EXPECT_EQ(chooseTiling(matrixProduct(f32, 1, 512, 1024, 'N', 'T'), machine).form,
            LaneForm::Reduction);
  // The small operand is packed and the tiles are transposed, rather than the large one packed.
  EXPECT_TRUE(chooseTiling(matrixProduct(f32, 64, 784, 256, 'N', 'T'), machine).transposeResult);
  // Two threads share a problem whose tiles divide.
  EXPECT_NE(chooseTiling(matrixProduct(f32, 64, 256, 784), machine, 2).split, ThreadSplit::None);
}

} // namespace
} // namespace nnc::test
