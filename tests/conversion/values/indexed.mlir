// Gather and scatter_add, with indices out of range.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @pick_label(%x: tensor<33x10xf32>, %i: tensor<33xi32> {nn.low = -2, nn.high = 12}) -> tensor<33xf32> {
  %0 = nn.gather %x, %i batch_dims 1 : tensor<33x10xf32>, tensor<33xi32> -> tensor<33xf32>
  return %0 : tensor<33xf32>
}
func.func @embedding(%x: tensor<11x40xf32>, %i: tensor<3x5xi32> {nn.low = 0, nn.high = 11}) -> tensor<3x5x40xf32> {
  %0 = nn.gather %x, %i batch_dims 0 : tensor<11x40xf32>, tensor<3x5xi32> -> tensor<3x5x40xf32>
  return %0 : tensor<3x5x40xf32>
}
func.func @gather_scalar(%x: tensor<11xf32>, %i: tensor<i64> {nn.low = 0, nn.high = 11}) -> tensor<f32> {
  %0 = nn.gather %x, %i batch_dims 0 : tensor<11xf32>, tensor<i64> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @gather_vector(%x: tensor<100xf32>, %i: tensor<37xi32> {nn.low = -5, nn.high = 105}) -> tensor<37xf32> {
  %0 = nn.gather %x, %i batch_dims 0 : tensor<100xf32>, tensor<37xi32> -> tensor<37xf32>
  return %0 : tensor<37xf32>
}
func.func @gather_batched(%x: tensor<4x9x3xf32>, %i: tensor<4x5xi32> {nn.low = 0, nn.high = 9}) -> tensor<4x5x3xf32> {
  %0 = nn.gather %x, %i batch_dims 1 : tensor<4x9x3xf32>, tensor<4x5xi32> -> tensor<4x5x3xf32>
  return %0 : tensor<4x5x3xf32>
}
func.func @gather_truth(%x: tensor<9xi1>, %i: tensor<20xi32> {nn.low = 0, nn.high = 9}) -> tensor<20xi1> {
  %0 = nn.gather %x, %i batch_dims 0 : tensor<9xi1>, tensor<20xi32> -> tensor<20xi1>
  return %0 : tensor<20xi1>
}
func.func @one_hot(%u: tensor<33xf32>, %i: tensor<33xi32> {nn.low = -2, nn.high = 12}) -> tensor<33x10xf32> {
  %0 = nn.scatter_add %u, %i batch_dims 1 size 10 : tensor<33xf32>, tensor<33xi32> -> tensor<33x10xf32>
  return %0 : tensor<33x10xf32>
}
func.func @one_hot_rows(%u: tensor<6x20xf32>, %i: tensor<6xi64> {nn.low = 0, nn.high = 4}) -> tensor<6x4x20xf32> {
  %0 = nn.scatter_add %u, %i batch_dims 1 size 4 : tensor<6x20xf32>, tensor<6xi64> -> tensor<6x4x20xf32>
  return %0 : tensor<6x4x20xf32>
}
func.func @embedding_gradient(%u: tensor<3x5x40xf32>, %i: tensor<3x5xi32> {nn.low = 0, nn.high = 11}) -> tensor<11x40xf32> {
  %0 = nn.scatter_add %u, %i batch_dims 0 size 11 : tensor<3x5x40xf32>, tensor<3x5xi32> -> tensor<11x40xf32>
  %1 = nn.neg %0 : tensor<11x40xf32>
  return %1 : tensor<11x40xf32>
}
func.func @scatter_batched(%u: tensor<4x5x3xf32>, %i: tensor<4x5xi32> {nn.low = -1, nn.high = 10}) -> tensor<4x9x3xf32> {
  %0 = nn.scatter_add %u, %i batch_dims 1 size 9 : tensor<4x5x3xf32>, tensor<4x5xi32> -> tensor<4x9x3xf32>
  return %0 : tensor<4x9x3xf32>
}
func.func @one_hot_scalar(%u: tensor<20xf32>, %i: tensor<i32> {nn.low = 0, nn.high = 4}) -> tensor<4x20xf32> {
  %0 = nn.scatter_add %u, %i batch_dims 0 size 4 : tensor<20xf32>, tensor<i32> -> tensor<4x20xf32>
  return %0 : tensor<4x20xf32>
}

// The indexed tensor is also read element by element, by the kernel that the indexed numbers go to.
func.func @picked_and_whole(%x: tensor<33x10xf32>, %i: tensor<33xi32> {nn.low = 0, nn.high = 10}) -> tensor<33x10xf32> {
  %e = nn.tanh %x : tensor<33x10xf32>
  %g = nn.gather %e, %i batch_dims 1 : tensor<33x10xf32>, tensor<33xi32> -> tensor<33xf32>
  %s = nn.scatter_add %g, %i batch_dims 1 size 10 : tensor<33xf32>, tensor<33xi32> -> tensor<33x10xf32>
  %y = nn.mul %s, %e : tensor<33x10xf32>
  return %y : tensor<33x10xf32>
}
