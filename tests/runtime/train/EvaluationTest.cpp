#include "runtime/support/Error.h"
#include "runtime/train/Evaluation.h"
#include "tests/runtime/Support.h"

#include <cmath>

namespace nnc::runtime {

TEST(MeasuresTest, NanHasNoSign) {
  Measures measures{std::copysign(NAN, -1.0), {{"q", {-INFINITY}}, {"p", {NAN}}}};
  EXPECT_EQ(measures.describe(), "loss nan, q -inf, p nan");
  EXPECT_EQ(numberText(9, std::copysign(NAN, -1.0)), "nan");
  EXPECT_EQ(numberText(4, 0.123456), "0.1235");
}

} // namespace nnc::runtime
