// Accuracy and speed of the functions that `expand-math` emits.
// math-tests [--all] [--speed] [gtest options]: with --all every one of the 2^32 arguments instead
// of a sample, which takes half an hour per target; with --speed only a table of cycles per
// element.
#include "compiler/passes/Passes.h"
#include "tests/kernels/contraction/Jit.h"

#include "mlir/IR/Builders.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/Support/FormatVariadic.h"

#include <gtest/gtest.h>

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <map>
#include <vector>

using namespace mlir;

namespace nnc::test {
namespace {

bool everyArgument = false;

struct Function {
  const char *name; // of the math op
  double (*exact)(double);
};

const Function functions[] = {
    {"exp", std::exp},
    {"expm1", std::expm1},
    {"log", std::log},
    {"log1p", std::log1p},
    {"tanh", std::tanh},
    {"erf", std::erf},
    {"sin", std::sin},
    {"cos", std::cos},
    {"rsqrt", [](double x) { return 1 / std::sqrt(x); }},
};

constexpr int64_t kBlock = 4096;

/// Text of a function that applies an op to kBlock elements, vectors of `lanes` at a time.
std::string kernel(const std::string &op, const std::string &element, int64_t lanes,
                   const std::string &suffix) {
  const std::string type =
      lanes == 0 ? element : llvm::formatv("vector<{0}x{1}>", lanes, element).str();
  const std::string memref = llvm::formatv("memref<{0}x{1}>", kBlock, element).str();
  const bool binary = op == "powf" || op == "atan2";
  auto load = [&](const char *result, const char *from) {
    return lanes == 0
               ? llvm::formatv("    {0} = memref.load {1}[%i] : {2}\n", result, from, memref).str()
               : llvm::formatv("    {0} = vector.load {1}[%i] : {2}, {3}\n", result, from, memref,
                               type)
                     .str();
  };
  std::string text =
      llvm::formatv("func.func @kernel_{0}{1}(%a: {2}, %b: {2}, %c: {2}) {{\n", op, suffix, memref)
          .str();
  text += llvm::formatv("  %zero = arith.constant 0 : index\n"
                        "  %step = arith.constant {0} : index\n"
                        "  %end = arith.constant {1} : index\n"
                        "  scf.for %i = %zero to %end step %step {{\n",
                        std::max<int64_t>(lanes, 1), kBlock)
              .str();
  text += load("%x", "%a");
  if (binary)
    text += load("%y", "%b");
  text += llvm::formatv("    %r = math.{0} %x{1} : {2}\n", op, binary ? ", %y" : "", type).str();
  text += lanes == 0
              ? llvm::formatv("    memref.store %r, %c[%i] : {0}\n", memref).str()
              : llvm::formatv("    vector.store %r, %c[%i] : {0}, {1}\n", memref, type).str();
  return text + "  }\n  return\n}\n";
}

std::unique_ptr<Jit> compile(MLIRContext &context, const std::string &text,
                             const TargetDescription &machine, const std::string &cpu) {
  OwningOpRef<ModuleOp> module = parseSourceString<ModuleOp>(text, &context);
  if (!module)
    std::abort();
  PassManager passes(&context);
  passes.addPass(createExpandMath({cpu}));
  if (failed(passes.run(*module)))
    std::abort();
  return std::make_unique<Jit>(*module, machine);
}

using Block = void(const void *, const void *, void *);

/// Distance of `value` from the exact result in units in the last place of f32; infinite where one
/// is NaN and the other is not, or where an infinity is wrong.
double ulpError(float value, double exact) {
  if (std::isnan(exact) || std::isnan(value))
    return std::isnan(exact) == std::isnan(value) ? 0 : HUGE_VAL;
  const float rounded = static_cast<float>(exact);
  if (std::isinf(value) || std::isinf(rounded)) {
    if (value == rounded)
      return 0;
    // Next to the overflow threshold either is a neighbour of the other.
    const float largest = std::numeric_limits<float>::max();
    return std::fabs(value) >= largest && std::fabs(rounded) >= largest &&
                   std::signbit(value) == std::signbit(rounded)
               ? 1
               : HUGE_VAL;
  }
  int exponent = 0;
  std::frexp(exact, &exponent);
  const double unit = std::ldexp(1.0, std::max(exponent - 24, -149));
  return std::fabs(value - exact) / unit;
}

/// Every exponent and sign with sampled mantissas, or every argument: calls `body` with blocks of
/// them.
template <typename Body> void forEachBlock(Body body) {
  std::vector<float> block;
  auto push = [&](uint32_t bits) {
    block.push_back(std::bit_cast<float>(bits));
    if (block.size() == kBlock) {
      body(block);
      block.clear();
    }
  };
  if (everyArgument) {
    uint32_t bits = 0;
    do
      push(bits);
    while (++bits != 0);
  } else {
    uint32_t state = 1;
    for (uint32_t high = 0; high < 512; ++high)
      for (uint32_t i = 0; i < 2 * kBlock; ++i) {
        state = state * 1664525 + 1013904223;
        // The ends of each binade, then random mantissas.
        const uint32_t mantissa = i < 64 ? i : i < 128 ? 0x7fffff - (i - 64) : state >> 9;
        push(high << 23 | mantissa);
      }
  }
}

struct Worst {
  double ulps = 0;
  float argument = 0, second = 0, value = 0;
  void see(double error, float x, float y, float result) {
    if (error > ulps)
      *this = {error, x, y, result};
  }
};

class Accuracy : public testing::TestWithParam<const char *> {
protected:
  std::unique_ptr<MLIRContext> context = makeContext();
};

TEST_P(Accuracy, WithinFourUlp) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  const int64_t lanes = machine.lanes(32);
  std::string text;
  for (const Function &function : functions) {
    text += kernel(function.name, "f32", lanes, "");
    text += kernel(function.name, "f32", 0, "_scalar");
  }
  std::unique_ptr<Jit> jit = compile(*context, text, machine, cpu);
  std::map<std::string, Worst> worst;
  std::map<std::string, Block *> vectors, scalars;
  for (const Function &function : functions) {
    vectors[function.name] = jit->function<Block>(std::string("kernel_") + function.name);
    scalars[function.name] =
        jit->function<Block>(std::string("kernel_") + function.name + "_scalar");
  }
  std::vector<float> results(kBlock), again(kBlock);
  int64_t blocks = 0;
  forEachBlock([&](const std::vector<float> &arguments) {
    for (const Function &function : functions) {
      vectors[function.name](arguments.data(), arguments.data(), results.data());
      for (int64_t i = 0; i < kBlock; ++i)
        worst[function.name].see(
            ulpError(results[i], function.exact(static_cast<double>(arguments[i]))), arguments[i],
            0, results[i]);
      // A scalar gives the same bits.
      if (++blocks % 64 == 0) {
        scalars[function.name](arguments.data(), arguments.data(), again.data());
        for (int64_t i = 0; i < kBlock; ++i)
          ASSERT_TRUE(std::isnan(results[i]) ||
                      std::bit_cast<uint32_t>(results[i]) == std::bit_cast<uint32_t>(again[i]))
              << function.name << "(" << arguments[i] << ")";
      }
    }
  });
  for (const auto &[name, error] : worst) {
    std::printf("%-10s %-6s max %.2f ulp at %a (%.9g): %.9g\n", cpu.c_str(), name.c_str(),
                error.ulps, error.argument, error.argument, error.value);
    EXPECT_LE(error.ulps, 4) << name;
  }
}

TEST_P(Accuracy, KeepsTheSignOfZero) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  const char *const odd[] = {"expm1", "log1p", "tanh", "erf", "sin"};
  std::string text;
  for (const char *name : odd)
    text += kernel(name, "f32", machine.lanes(32), "");
  std::unique_ptr<Jit> jit = compile(*context, text, machine, cpu);
  std::vector<float> arguments(kBlock, -0.0f), results(kBlock);
  for (const char *name : odd) {
    jit->function<Block>("kernel_" + std::string(name))(arguments.data(), arguments.data(),
                                                        results.data());
    EXPECT_TRUE(results[0] == 0 && std::signbit(results[0])) << name;
  }
}

/// Applies a function of two arguments, of as many as are whole blocks.
void checkPairs(MLIRContext &context, const std::string &cpu, const TargetDescription &machine,
                const std::string &name, double (*exactly)(double, double),
                std::vector<float> first, std::vector<float> second) {
  std::unique_ptr<Jit> jit =
      compile(context, kernel(name, "f32", machine.lanes(32), ""), machine, cpu);
  auto *function = jit->function<Block>("kernel_" + name);
  Worst worst;
  std::vector<float> results(kBlock);
  for (size_t block = 0; block + kBlock <= first.size(); block += kBlock) {
    function(&first[block], &second[block], results.data());
    for (int64_t i = 0; i < kBlock; ++i) {
      const float x = first[block + i], y = second[block + i];
      const double exact = exactly(static_cast<double>(x), static_cast<double>(y));
      worst.see(ulpError(results[i], exact), x, y, results[i]);
      ASSERT_LE(ulpError(results[i], exact), 4)
          << name << "(" << x << ", " << y << ") = " << results[i];
      ASSERT_TRUE(std::isnan(exact) || std::signbit(results[i]) == std::signbit(exact))
          << name << "(" << x << ", " << y << ")";
    }
  }
  std::printf("%-10s %-6s max %.2f ulp at %.9g, %.9g: %.9g\n", cpu.c_str(), name.c_str(),
              worst.ulps, worst.argument, worst.second, worst.value);
}

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float specialNumbers[] = {
    0.0f,    -0.0f, 1.0f,   -1.0f,       0.5f,        -0.5f,      2.0f,          -2.0f,
    3.0f,    -3.0f, 1.5f,   -1.5f,       kInfinity,   -kInfinity, std::nanf(""), 1e-45f,
    -1e-45f, 3e38f, -3e38f, 16777216.0f, 16777215.0f, 8388607.5f, 0.999999940f,  1.00000012f};

TEST_P(Accuracy, Powers) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  std::vector<float> bases, exponents;
  for (float x : specialNumbers)
    for (float y : specialNumbers) {
      bases.push_back(x);
      exponents.push_back(y);
    }
  // Bases of every binade with exponents that keep the result in range, and some that do not.
  uint32_t state = 1;
  auto random = [&] {
    state = state * 1664525 + 1013904223;
    return state >> 8;
  };
  while (bases.size() < 400 * kBlock) {
    const float x = std::bit_cast<float>(random() << 8 >> 1 | (random() & 255));
    const float range = 100 / std::fmax(std::fabs(std::log(x)), 1e-7f);
    bases.push_back(random() % 8 ? x : -x);
    float y = (random() * 0x1p-23f - 1) * range;
    exponents.push_back(random() % 4 ? y : std::round(y));
  }
  checkPairs(*context, cpu, machine, "powf", std::pow, bases, exponents);
}

TEST_P(Accuracy, Angles) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  std::vector<float> ordinates, abscissas;
  for (float y : specialNumbers)
    for (float x : specialNumbers) {
      ordinates.push_back(y);
      abscissas.push_back(x);
    }
  // Points of any size in all directions: half of them with quotients near 1, others with any.
  uint32_t state = 1;
  auto random = [&] {
    state = state * 1664525 + 1013904223;
    return state >> 8;
  };
  while (ordinates.size() < 400 * kBlock) {
    const float x = std::bit_cast<float>(random() << 8 | (random() & 255));
    const float near = x * (random() * 0x1p-22f - 2);
    const float any = std::bit_cast<float>(random() << 8 | (random() & 255));
    abscissas.push_back(x);
    ordinates.push_back(random() % 2 ? near : any);
  }
  checkPairs(*context, cpu, machine, "atan2", std::atan2, ordinates, abscissas);
  // Of one argument: every exponent and sign.
  ordinates.clear();
  forEachBlock([&](const std::vector<float> &block) {
    ordinates.insert(ordinates.end(), block.begin(), block.end());
  });
  checkPairs(*context, cpu, machine, "atan2", std::atan2, ordinates,
             std::vector<float>(ordinates.size(), 1.0f));
}

/// Text of a function that divides kBlock elements by a constant, vectors of `lanes` at a time.
std::string quotients(const std::string &name, float divisor, int64_t lanes) {
  return llvm::formatv("func.func @{0}(%a: memref<{1}xf32>, %c: memref<{1}xf32>) {{\n"
                       "  %zero = arith.constant 0 : index\n"
                       "  %step = arith.constant {2} : index\n"
                       "  %end = arith.constant {1} : index\n"
                       "  %d = arith.constant dense<0x{3}> : vector<{2}xf32>\n"
                       "  scf.for %i = %zero to %end step %step {{\n"
                       "    %x = vector.load %a[%i] : memref<{1}xf32>, vector<{2}xf32>\n"
                       "    %r = arith.divf %x, %d : vector<{2}xf32>\n"
                       "    vector.store %r, %c[%i] : memref<{1}xf32>, vector<{2}xf32>\n"
                       "  }\n  return\n}\n",
                       name, kBlock, lanes,
                       llvm::utohexstr(std::bit_cast<uint32_t>(divisor), false, 8))
      .str();
}

TEST_P(Accuracy, QuotientsByConstants) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  const float divisors[] = {1.41421354f, 5.65685415f, 3,     49, 192,  -7,
                            0.1f,        16777215,    1e-6f, 4,  1e30f};
  std::string text;
  for (size_t i = 0; i < std::size(divisors); ++i)
    text += quotients("by" + std::to_string(i), divisors[i], machine.lanes(32));
  std::unique_ptr<Jit> jit = compile(*context, text, machine, cpu);
  std::vector<float> results(kBlock);
  for (size_t i = 0; i < std::size(divisors); ++i) {
    auto *divide = jit->function<void(const void *, void *)>("by" + std::to_string(i));
    const double divisor = static_cast<double>(divisors[i]);
    Worst worst;
    forEachBlock([&](const std::vector<float> &arguments) {
      divide(arguments.data(), results.data());
      for (int64_t n = 0; n < kBlock; ++n) {
        const double x = static_cast<double>(arguments[n]), exact = x / divisor;
        // The smaller part of the product is denormal, or 0, where the quotient is so small.
        if (std::fabs(exact) < 0x1p-100)
          ASSERT_LE(ulpError(results[n], exact), 1) << arguments[n] << " / " << divisor;
        else
          worst.see(ulpError(results[n], exact), arguments[n], 0, results[n]);
        const auto rounded = static_cast<float>(exact);
        // Quotients that are numbers of f32 are exact, and so are zeros and infinities.
        if (static_cast<double>(rounded) * divisor == x)
          ASSERT_EQ(std::bit_cast<uint32_t>(results[n]), std::bit_cast<uint32_t>(rounded))
              << arguments[n] << " / " << divisor;
      }
    });
    std::printf("%-10s / %-12.9g max %.4f ulp at %a: %a\n", cpu.c_str(), divisor, worst.ulps,
                worst.argument, worst.value);
    EXPECT_LE(worst.ulps, 0.51) << divisor;
  }
}

TEST_P(Accuracy, OnePlusErf) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  std::string text = kernel("erf", "f32", machine.lanes(32), "");
  const std::string type = llvm::formatv("vector<{0}xf32>", machine.lanes(32)).str();
  text.insert(text.find("    vector.store"),
              llvm::formatv("    %one = arith.constant dense<1.0> : {0}\n"
                            "    %sum = arith.addf %one, %r : {0}\n",
                            type)
                  .str());
  text.replace(text.find("store %r"), 8, "store %sum");
  std::unique_ptr<Jit> jit = compile(*context, text, machine, cpu);
  auto *function = jit->function<Block>("kernel_erf");
  std::vector<float> results(kBlock);
  double worst = 0, relative = 0;
  forEachBlock([&](const std::vector<float> &arguments) {
    function(arguments.data(), arguments.data(), results.data());
    for (int64_t i = 0; i < kBlock; ++i) {
      const double x = static_cast<double>(arguments[i]), exact = std::erfc(-x);
      ASSERT_EQ(std::isnan(results[i]), std::isnan(x)) << x;
      if (std::isnan(x))
        continue;
      const double error = std::fabs(static_cast<double>(results[i]) - exact);
      worst = std::fmax(worst, error);
      if (x > -3)
        relative = std::fmax(relative, error / exact);
    }
  });
  std::printf("%-10s 1 + erf max %.3g off, %.3g of it where x > -3\n", cpu.c_str(), worst,
              relative);
  EXPECT_LE(worst, 2e-7);
  // 1 and the rounded erf(-3) have but 8 digits of it in common.
  EXPECT_LE(relative, 2e-3);
}

TEST_P(Accuracy, DoublePrecisionCallsTheLibrary) {
  const std::string cpu = GetParam();
  const TargetDescription machine = target(cpu);
  if (!runsHere(machine))
    GTEST_SKIP();
  std::string text;
  for (const Function &function : functions)
    text += kernel(function.name, "f64", 4, "") + kernel(function.name, "f64", 0, "_scalar");
  text += kernel("atan2", "f64", 4, "");
  std::unique_ptr<Jit> jit = compile(*context, text, machine, cpu);
  std::vector<double> arguments(kBlock), results(kBlock);
  for (int64_t i = 0; i < kBlock; ++i)
    arguments[i] = (i - kBlock / 4) / 64.0;
  for (const Function &function : functions)
    for (const char *suffix : {"", "_scalar"}) {
      jit->function<Block>(std::string("kernel_") + function.name +
                           suffix)(arguments.data(), arguments.data(), results.data());
      for (int64_t i = 0; i < kBlock; ++i) {
        const double exact = function.exact(arguments[i]);
        ASSERT_TRUE(exact == results[i] || (std::isnan(exact) && std::isnan(results[i])))
            << function.name << "(" << arguments[i] << ")";
      }
    }
  std::vector<double> others(arguments.rbegin(), arguments.rend());
  jit->function<Block>("kernel_atan2")(arguments.data(), others.data(), results.data());
  for (int64_t i = 0; i < kBlock; ++i)
    ASSERT_EQ(results[i], std::atan2(arguments[i], others[i]));
}

INSTANTIATE_TEST_SUITE_P(Targets, Accuracy, testing::Values("x86-64", "haswell", "skylake-avx512"),
                         [](const auto &info) {
                           std::string name = info.param;
                           std::erase(name, '-');
                           return name;
                         });

/// Best nanoseconds per element of a call on a block.
double timeBlock(Block *function, const std::vector<float> &x, const std::vector<float> &y,
                 std::vector<float> &results) {
  double best = HUGE_VAL;
  for (int round = 0; round < 50; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i)
      function(x.data(), y.data(), results.data());
    const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / 10 / kBlock);
  }
  return best;
}

void printSpeed() {
  std::unique_ptr<MLIRContext> context = makeContext();
  const TargetDescription machine = target("native");
  std::vector<std::string> names{"powf"};
  for (const Function &function : functions)
    names.push_back(function.name);
  names.push_back("atan2");
  std::string text;
  for (const std::string &name : names)
    text += kernel(name, "f32", machine.lanes(32), "");
  std::unique_ptr<Jit> jit = compile(*context, text, machine, "native");
  std::vector<float> x(kBlock), y(kBlock, 1.7f), results(kBlock);
  for (int64_t i = 0; i < kBlock; ++i)
    x[i] = 0.01f + 8.0f * i / kBlock;
  // A chain of dependent additions takes one cycle each, which gives the clock.
  const auto start = std::chrono::steady_clock::now();
  uint64_t sum = 0;
  for (uint64_t i = 0; i < 50000000; ++i)
    asm volatile("add $1, %0" : "+r"(sum));
  const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
  const double cyclesPerNanosecond = 50000000 / time.count();
  for (const std::string &name : names)
    std::printf("%-6s %6.2f cycles per element\n", name.c_str(),
                timeBlock(jit->function<Block>("kernel_" + std::string(name)), x, y, results) *
                    cyclesPerNanosecond);
}

} // namespace
} // namespace nnc::test

int main(int argc, char **argv) {
  testing::InitGoogleTest(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--all") == 0)
      nnc::test::everyArgument = true;
    if (std::strcmp(argv[i], "--speed") == 0) {
      nnc::test::printSpeed();
      return 0;
    }
  }
  return RUN_ALL_TESTS();
}
