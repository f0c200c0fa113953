// Epilogues and operand hooks: what later fusion hangs on a contraction.
#include "tests/kernels/contraction/ProblemRunner.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Builders.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace mlir;

namespace nnc::test {
namespace {

constexpr int64_t kM = 19, kN = 37, kK = 45;

/// Companions: a bias over n, a factor over m, a tensor like C, and one like C transposed.
ContractionProblem fusedProblem(FloatType type, const char *layout) {
  ContractionProblem problem = matrixProduct(type, kM, kN, kK, layout[0], layout[1]);
  problem.m[0].companions = {0, 1, kN, 1};
  problem.n[0].companions = {1, 0, 1, kM};
  problem.k[0].companions = {0, 0, 0, 0};
  return problem;
}

/// c = max(sum + bias, 0) * factor; tensor -= c; transposed = c.
void fusedEpilogue(OpBuilder &builder, Location loc, RegisterTile &tile) {
  Value zero = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(tile.type()));
  for (unsigned row = 0; row < tile.rows(); ++row)
    for (unsigned vector = 0; vector < tile.vectors(); ++vector) {
      Value sum = arith::AddFOp::create(builder, loc, tile.value(row, vector),
                                        tile.load(builder, loc, 0, row, vector));
      Value positive = arith::MaxNumFOp::create(builder, loc, sum, zero);
      Value scaled =
          arith::MulFOp::create(builder, loc, positive, tile.load(builder, loc, 1, row, vector));
      tile.setValue(row, vector, scaled);
      Value updated =
          arith::SubFOp::create(builder, loc, tile.load(builder, loc, 2, row, vector), scaled);
      tile.store(builder, loc, updated, 2, row, vector);
      tile.store(builder, loc, scaled, 3, row, vector);
    }
}

class Fusion : public testing::TestWithParam<const char *> {
protected:
  std::unique_ptr<MLIRContext> context = makeContext();
  TargetDescription machine = target(GetParam());
};

using FusedFunction = void(const float *a, const float *b, float *c, const float *bias,
                           const float *factor, float *tensor, float *transposed, void *scratch,
                           int64_t thread, int64_t threads);

TEST_P(Fusion, EpilogueSeesEveryElementOnce) {
  if (!runsHere(machine))
    GTEST_SKIP();
  struct Variant {
    const char *layout;
    bool usesResult;
    int64_t block;
    bool transposed = false;
  };
  const Variant variants[] = {{"NN", true, 0},  {"NN", true, 16}, {"NN", false, 0},
                              {"NT", true, 0},  {"NT", false, 0}, {"TN", true, 16},
                              {"TN", false, 0}, {"TT", true, 0},  {"TN", true, 16, true}};
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context.get()));
  FloatType f32 = Float32Type::get(context.get());
  int index = 0;
  int64_t scratchBytes = 0;
  for (const Variant &variant : variants) {
    ContractionProblem problem = fusedProblem(f32, variant.layout);
    problem.usesResult = variant.usesResult;
    ContractionTiling tiling = chooseTiling(problem, machine, 2);
    if (variant.block) {
      tiling = ContractionTiling();
      tiling.lanes = machine.lanes(32);
      tiling.rowTile = 4;
      tiling.columnVectors = 2;
      tiling.reductionBlock = variant.block;
      tiling.swapped = tiling.transposeResult = variant.transposed;
      tiling.split = ThreadSplit::Rows;
    }
    scratchBytes = std::max(scratchBytes, tiling.scratchBytes);
    addKernel(*module, "fused" + std::to_string(index++), problem, machine, tiling, 4,
              {nullptr, nullptr, fusedEpilogue});
  }
  Jit jit(*module, machine);

  std::vector<float> scratch(scratchBytes / 4 + 32);
  void *aligned =
      reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  index = 0;
  for (const Variant &variant : variants) {
    SCOPED_TRACE(std::string(variant.layout) + std::to_string(index));
    auto *kernel = jit.function<FusedFunction>("fused" + std::to_string(index++));
    auto made = [](int64_t size, int seed) {
      std::vector<float> values(size);
      for (int64_t i = 0; i < size; ++i)
        values[i] = static_cast<float>((i * 31 + seed * 17) % 7 - 3);
      return values;
    };
    std::vector<float> a = made(kM * kK, 1), b = made(kK * kN, 2), bias = made(kN, 3),
                       factor = made(kM, 4), tensor = made(kM * kN, 5), c(kM * kN, 77),
                       transposed(kM * kN, 77);
    std::vector<float> expected(kM * kN), expectedTensor = tensor;
    for (int64_t m = 0; m < kM; ++m)
      for (int64_t n = 0; n < kN; ++n) {
        float sum = 0;
        for (int64_t k = 0; k < kK; ++k)
          sum += (variant.layout[0] == 'N' ? a[m * kK + k] : a[k * kM + m]) *
                 (variant.layout[1] == 'N' ? b[k * kN + n] : b[n * kK + k]);
        expected[m * kN + n] = std::max(sum + bias[n], 0.0f) * factor[m];
        expectedTensor[m * kN + n] -= expected[m * kN + n];
      }
    for (int64_t thread = 0; thread < 2; ++thread)
      kernel(a.data(), b.data(), c.data(), bias.data(), factor.data(), tensor.data(),
             transposed.data(), aligned, thread, 2);
    EXPECT_EQ(tensor, expectedTensor);
    for (int64_t m = 0; m < kM; ++m)
      for (int64_t n = 0; n < kN; ++n)
        ASSERT_EQ(transposed[n * kM + m], expected[m * kN + n]);
    if (variant.usesResult)
      EXPECT_EQ(c, expected);
    else
      EXPECT_EQ(c, std::vector<float>(kM * kN, 77));
  }
}

TEST_P(Fusion, HooksChangeOperandsAsTheyAreLoaded) {
  if (!runsHere(machine))
    GTEST_SKIP();
  OwningOpRef<ModuleOp> module = ModuleOp::create(UnknownLoc::get(context.get()));
  FloatType f32 = Float32Type::get(context.get());
  // a is squared, b doubled.
  ContractionHooks hooks;
  hooks.a = [](OpBuilder &builder, Location loc, Value loaded, Value, Value) -> Value {
    return arith::MulFOp::create(builder, loc, loaded, loaded);
  };
  hooks.b = [](OpBuilder &builder, Location loc, Value loaded, Value, Value) -> Value {
    return arith::AddFOp::create(builder, loc, loaded, loaded);
  };
  const char *const layouts[] = {"NN", "NT", "TN", "TT"};
  int64_t scratchBytes = 0;
  for (const char *layout : layouts) {
    ContractionProblem problem = matrixProduct(f32, kM, kN, kK, layout[0], layout[1]);
    for (bool pack : {false, true}) {
      ContractionTiling tiling = chooseTiling(problem, machine);
      tiling.packA |= pack;
      tiling.packB |= pack;
      if (tiling.form == LaneForm::Reduction)
        tiling.packA = tiling.packB = false;
      tiling.scratchBytes = 64 << 10;
      scratchBytes = std::max(scratchBytes, tiling.scratchBytes);
      addKernel(*module, std::string(layout) + (pack ? "packed" : ""), problem, machine, tiling, 0,
                hooks);
    }
  }
  Jit jit(*module, machine);
  std::vector<float> a(kM * kK), b(kK * kN), c(kM * kN), scratch(scratchBytes / 4 + 32);
  for (size_t i = 0; i < a.size(); ++i)
    a[i] = static_cast<float>(i * 5 % 7) - 3;
  for (size_t i = 0; i < b.size(); ++i)
    b[i] = static_cast<float>(i * 3 % 5) - 2;
  void *aligned =
      reinterpret_cast<void *>((reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64);
  for (const char *layout : layouts)
    for (const char *suffix : {"", "packed"}) {
      jit.function<KernelFunction>(std::string(layout) + suffix)(a.data(), b.data(), c.data(),
                                                                 aligned, 0, 1);
      for (int64_t m = 0; m < kM; ++m)
        for (int64_t n = 0; n < kN; ++n) {
          float sum = 0;
          for (int64_t k = 0; k < kK; ++k) {
            const float x = layout[0] == 'N' ? a[m * kK + k] : a[k * kM + m];
            sum += x * x * 2 * (layout[1] == 'N' ? b[k * kN + n] : b[n * kK + k]);
          }
          ASSERT_EQ(c[m * kN + n], sum) << layout << suffix << " " << m << " " << n;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Targets, Fusion, testing::Values("x86-64", "haswell", "skylake-avx512"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

} // namespace
} // namespace nnc::test
