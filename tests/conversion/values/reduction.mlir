// Reductions over inner, outer and mixed dimensions, with tails.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @reduce_sum(%x: tensor<23x45xf32>, %y: tensor<3x4x5x6x7xf32>, %z: tensor<1x9xf32>, %n: tensor<6x20xi32>)
    -> (tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>) attributes {nn.factor = 1.0} {
  %0 = nn.reduce_sum %x [1] : tensor<23x45xf32> -> tensor<23xf32>
  %1 = nn.reduce_sum %x [0] : tensor<23x45xf32> -> tensor<45xf32>
  %2 = nn.reduce_sum %x [0, 1] : tensor<23x45xf32> -> tensor<f32>
  %3 = nn.reduce_sum %y [0, 2, 4] : tensor<3x4x5x6x7xf32> -> tensor<4x6xf32>
  %4 = nn.reduce_sum %y [1, 3] : tensor<3x4x5x6x7xf32> -> tensor<3x5x7xf32>
  %5 = nn.reduce_sum %z [0] : tensor<1x9xf32> -> tensor<9xf32>
  %6 = nn.reduce_sum %n [1] : tensor<6x20xi32> -> tensor<6xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>
}
func.func @reduce_max(%x: tensor<23x45xf32>, %y: tensor<3x4x5x6x7xf32>, %z: tensor<1x9xf32>, %n: tensor<6x20xi32>)
    -> (tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>) attributes {nn.factor = 1.0} {
  %0 = nn.reduce_max %x [1] : tensor<23x45xf32> -> tensor<23xf32>
  %1 = nn.reduce_max %x [0] : tensor<23x45xf32> -> tensor<45xf32>
  %2 = nn.reduce_max %x [0, 1] : tensor<23x45xf32> -> tensor<f32>
  %3 = nn.reduce_max %y [0, 2, 4] : tensor<3x4x5x6x7xf32> -> tensor<4x6xf32>
  %4 = nn.reduce_max %y [1, 3] : tensor<3x4x5x6x7xf32> -> tensor<3x5x7xf32>
  %5 = nn.reduce_max %z [0] : tensor<1x9xf32> -> tensor<9xf32>
  %6 = nn.reduce_max %n [1] : tensor<6x20xi32> -> tensor<6xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>
}
func.func @reduce_min(%x: tensor<23x45xf32>, %y: tensor<3x4x5x6x7xf32>, %z: tensor<1x9xf32>, %n: tensor<6x20xi32>)
    -> (tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>) attributes {nn.factor = 1.0} {
  %0 = nn.reduce_min %x [1] : tensor<23x45xf32> -> tensor<23xf32>
  %1 = nn.reduce_min %x [0] : tensor<23x45xf32> -> tensor<45xf32>
  %2 = nn.reduce_min %x [0, 1] : tensor<23x45xf32> -> tensor<f32>
  %3 = nn.reduce_min %y [0, 2, 4] : tensor<3x4x5x6x7xf32> -> tensor<4x6xf32>
  %4 = nn.reduce_min %y [1, 3] : tensor<3x4x5x6x7xf32> -> tensor<3x5x7xf32>
  %5 = nn.reduce_min %z [0] : tensor<1x9xf32> -> tensor<9xf32>
  %6 = nn.reduce_min %n [1] : tensor<6x20xi32> -> tensor<6xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>
}
func.func @reduce_prod(%x: tensor<23x45xf32>, %y: tensor<3x4x5x6x7xf32>, %z: tensor<1x9xf32>, %n: tensor<6x20xi32>)
    -> (tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>) attributes {nn.factor = 30.0} {
  %0 = nn.reduce_prod %x [1] : tensor<23x45xf32> -> tensor<23xf32>
  %1 = nn.reduce_prod %x [0] : tensor<23x45xf32> -> tensor<45xf32>
  %2 = nn.reduce_prod %x [0, 1] : tensor<23x45xf32> -> tensor<f32>
  %3 = nn.reduce_prod %y [0, 2, 4] : tensor<3x4x5x6x7xf32> -> tensor<4x6xf32>
  %4 = nn.reduce_prod %y [1, 3] : tensor<3x4x5x6x7xf32> -> tensor<3x5x7xf32>
  %5 = nn.reduce_prod %z [0] : tensor<1x9xf32> -> tensor<9xf32>
  %6 = nn.reduce_prod %n [1] : tensor<6x20xi32> -> tensor<6xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<23xf32>, tensor<45xf32>, tensor<f32>, tensor<4x6xf32>, tensor<3x5x7xf32>, tensor<9xf32>, tensor<6xi32>
}
func.func @reduce_nan(%x: tensor<40xf32> {nn.special}, %y: tensor<40xf32>) -> (tensor<f32>, tensor<f32>, tensor<f32>) {
  %0 = nn.reduce_max %x [0] : tensor<40xf32> -> tensor<f32>
  %1 = nn.reduce_min %x [0] : tensor<40xf32> -> tensor<f32>
  %2 = nn.reduce_max %y [0] : tensor<40xf32> -> tensor<f32>
  return %0, %1, %2 : tensor<f32>, tensor<f32>, tensor<f32>
}
func.func @argmax(%x: tensor<17x10xf32>, %y: tensor<9x33xi32>, %z: tensor<33xf32> {nn.special}, %c: tensor<4x3x18xf32>)
    -> (tensor<17xi32>, tensor<33xi32>, tensor<9xi32>, tensor<i32>, tensor<4x18xi32>) {
  %0 = nn.argmax %x dim 1 : tensor<17x10xf32> -> tensor<17xi32>
  %1 = nn.argmax %y dim 0 : tensor<9x33xi32> -> tensor<33xi32>
  %2 = nn.argmax %y dim 1 : tensor<9x33xi32> -> tensor<9xi32>
  %3 = nn.argmax %z dim 0 : tensor<33xf32> -> tensor<i32>
  %4 = nn.argmax %c dim 1 : tensor<4x3x18xf32> -> tensor<4x18xi32>
  return %0, %1, %2, %3, %4 : tensor<17xi32>, tensor<33xi32>, tensor<9xi32>, tensor<i32>, tensor<4x18xi32>
}
func.func @large_sum(%x: tensor<300x401xf32>) -> (tensor<f32>, tensor<401xf32>, tensor<300xf32>) attributes {nn.factor = 3.0} {
  %0 = nn.reduce_sum %x [0, 1] : tensor<300x401xf32> -> tensor<f32>
  %1 = nn.reduce_sum %x [0] : tensor<300x401xf32> -> tensor<401xf32>
  %2 = nn.reduce_sum %x [1] : tensor<300x401xf32> -> tensor<300xf32>
  return %0, %1, %2 : tensor<f32>, tensor<401xf32>, tensor<300xf32>
}
func.func @sum_of_squares(%x: tensor<31x67xf32>) -> (tensor<f32>, tensor<31xf32>) {
  %s = nn.mul %x, %x : tensor<31x67xf32>
  %0 = nn.reduce_sum %s [0, 1] : tensor<31x67xf32> -> tensor<f32>
  %1 = nn.reduce_sum %s [1] : tensor<31x67xf32> -> tensor<31xf32>
  return %0, %1 : tensor<f32>, tensor<31xf32>
}
