// Derivatives carry the source line of what they are the derivative of.
// RUN: nn-opt %s --pass-pipeline="builtin.module(func.func(nn-differentiate))" --mlir-print-debuginfo --mlir-print-local-scope | FileCheck %s

// CHECK: nn.tanh %{{.*}} loc("hidden"("model.nn":3:7))
// CHECK: nn.constant dense<1.000000e+00> : tensor<f32> loc("d.loss"
// CHECK: nn.mul {{.*}} loc("model.nn":3:7)
// CHECK: nn.sub {{.*}} loc("model.nn":3:7)
// CHECK: nn.mul {{.*}} loc("d.w"("model.nn":3:7))
func.func @f(%w: tensor<f32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}) -> tensor<f32> {
  %0 = nn.tanh %w : tensor<f32> loc("hidden"("model.nn":3:7))
  %1 = nn.exp %0 : tensor<f32> loc("loss"("model.nn":4:7))
  %2 = nn.gradient %1 wrt %w : tensor<f32> wrt tensor<f32>
  return %2 : tensor<f32>
}
