// Of a batch of one example, which is what the evaluator computes without a batch, mean and sum are the example.
// tests/examples/derivatives.test has more examples.
// RUN: nn-check --gradient %s | FileCheck %s --implicit-check-not=FAILED

// CHECK: passed batch_mean arg0: 3 elements
func.func @batch_mean(%x: tensor<3xf64> {nn.kind = #nn.kind<input>}) -> tensor<3xf64> {
  %square = nn.mul %x, %x : tensor<3xf64>
  %mean = nn.batch_mean %square : tensor<3xf64>
  %y = nn.mul %x, %mean : tensor<3xf64>
  return %y : tensor<3xf64>
}

// CHECK: passed batch_sum arg0: 3 elements
func.func @batch_sum(%x: tensor<3xf64> {nn.kind = #nn.kind<input>}) -> tensor<3xf64> {
  %square = nn.mul %x, %x : tensor<3xf64>
  %sum = nn.batch_sum %square : tensor<3xf64>
  %y = nn.mul %x, %sum : tensor<3xf64>
  return %y : tensor<3xf64>
}
