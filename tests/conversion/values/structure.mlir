// Constants and operations on shapes, in ranks 0 to 5.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @constant() -> (tensor<2x3xf32>, tensor<4xi32>, tensor<3xi1>, tensor<f32>) {
  %0 = nn.constant dense<[[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf32>
  %1 = nn.constant dense<7> : tensor<4xi32>
  %2 = nn.constant dense<[true, false, true]> : tensor<3xi1>
  %3 = nn.constant dense<2.5> : tensor<f32>
  return %0, %1, %2, %3 : tensor<2x3xf32>, tensor<4xi32>, tensor<3xi1>, tensor<f32>
}
func.func @iota() -> (tensor<3x70xi32>, tensor<3x70xf32>, tensor<5xi64>) {
  %0 = nn.iota 0 : tensor<3x70xi32>
  %1 = nn.iota 1 : tensor<3x70xf32>
  %2 = nn.iota 0 : tensor<5xi64>
  return %0, %1, %2 : tensor<3x70xi32>, tensor<3x70xf32>, tensor<5xi64>
}
func.func @broadcast(%x: tensor<f32>, %y: tensor<10xf32>, %z: tensor<3x1x5xf32>)
    -> (tensor<33xf32>, tensor<7x10xf32>, tensor<10x7xf32>, tensor<2x3x4x1x5xf32>) {
  %0 = nn.broadcast %x [] : tensor<f32> -> tensor<33xf32>
  %1 = nn.broadcast %y [1] : tensor<10xf32> -> tensor<7x10xf32>
  %2 = nn.broadcast %y [0] : tensor<10xf32> -> tensor<10x7xf32>
  %3 = nn.broadcast %z [1, 3, 4] : tensor<3x1x5xf32> -> tensor<2x3x4x1x5xf32>
  return %0, %1, %2, %3 : tensor<33xf32>, tensor<7x10xf32>, tensor<10x7xf32>, tensor<2x3x4x1x5xf32>
}
func.func @reshape(%x: tensor<4x6xf32>, %y: tensor<1x1xf32>) -> (tensor<3x8xf32>, tensor<24xf32>, tensor<2x2x3x2xf32>, tensor<f32>, tensor<8x3xf32>) {
  %0 = nn.reshape %x : tensor<4x6xf32> -> tensor<3x8xf32>
  %1 = nn.reshape %x : tensor<4x6xf32> -> tensor<24xf32>
  %2 = nn.reshape %x : tensor<4x6xf32> -> tensor<2x2x3x2xf32>
  %3 = nn.reshape %y : tensor<1x1xf32> -> tensor<f32>
  %n = nn.neg %x : tensor<4x6xf32>
  %4 = nn.reshape %n : tensor<4x6xf32> -> tensor<8x3xf32>
  return %0, %1, %2, %3, %4 : tensor<3x8xf32>, tensor<24xf32>, tensor<2x2x3x2xf32>, tensor<f32>, tensor<8x3xf32>
}
func.func @transpose(%x: tensor<5x37xf32>, %y: tensor<2x3x4x5x6xf32>) -> (tensor<37x5xf32>, tensor<6x2x4x3x5xf32>) {
  %0 = nn.transpose %x [1, 0] : tensor<5x37xf32> -> tensor<37x5xf32>
  %1 = nn.transpose %y [4, 0, 2, 1, 3] : tensor<2x3x4x5x6xf32> -> tensor<6x2x4x3x5xf32>
  return %0, %1 : tensor<37x5xf32>, tensor<6x2x4x3x5xf32>
}
func.func @slice(%x: tensor<6x40xf32>) -> (tensor<4x17xf32>, tensor<2x20xf32>, tensor<34xf32>, tensor<2x20xf32>) {
  %0 = nn.slice %x [1, 3] [4, 17] [1, 1] : tensor<6x40xf32> -> tensor<4x17xf32>
  %1 = nn.slice %x [1, 0] [2, 20] [3, 2] : tensor<6x40xf32> -> tensor<2x20xf32>
  %2 = nn.slice %x [0, 5] [2, 17] [1, 2] : tensor<6x40xf32> -> tensor<2x17xf32>
  %3 = nn.reshape %2 : tensor<2x17xf32> -> tensor<34xf32>
  %4 = nn.neg %1 : tensor<2x20xf32>
  return %0, %1, %3, %4 : tensor<4x17xf32>, tensor<2x20xf32>, tensor<34xf32>, tensor<2x20xf32>
}
func.func @pad(%x: tensor<3x20xf32>, %y: tensor<5xi32>) -> (tensor<6x23xf32>, tensor<8xi32>, tensor<6x23xf32>) {
  %0 = nn.pad %x [1, 0] [2, 3] value 1.5 : tensor<3x20xf32> -> tensor<6x23xf32>
  %1 = nn.pad %y [3] [0] value -2.0 : tensor<5xi32> -> tensor<8xi32>
  %2 = nn.exp %0 : tensor<6x23xf32>
  return %0, %1, %2 : tensor<6x23xf32>, tensor<8xi32>, tensor<6x23xf32>
}
func.func @concat(%x: tensor<3x20xf32>, %y: tensor<3x1xf32>, %z: tensor<3x17xf32>, %w: tensor<2x20xf32>)
    -> (tensor<3x38xf32>, tensor<5x20xf32>, tensor<3x38xf32>) {
  %0 = nn.concat %x, %y, %z dim 1 : tensor<3x20xf32>, tensor<3x1xf32>, tensor<3x17xf32> -> tensor<3x38xf32>
  %1 = nn.concat %x, %w dim 0 : tensor<3x20xf32>, tensor<2x20xf32> -> tensor<5x20xf32>
  %2 = nn.neg %0 : tensor<3x38xf32>
  return %0, %1, %2 : tensor<3x38xf32>, tensor<5x20xf32>, tensor<3x38xf32>
}
func.func @reverse(%x: tensor<3x40xf32>, %y: tensor<2x3x5xf32>) -> (tensor<3x40xf32>, tensor<2x3x5xf32>) {
  %0 = nn.reverse %x [1] : tensor<3x40xf32>
  %1 = nn.reverse %y [0, 2] : tensor<2x3x5xf32>
  return %0, %1 : tensor<3x40xf32>, tensor<2x3x5xf32>
}
func.func @arguments_as_results(%x: tensor<3x5xf32>, %y: tensor<7xi1>) -> (tensor<3x5xf32>, tensor<3x5xf32>, tensor<7xi1>, tensor<15xf32>) {
  %0 = nn.reshape %x : tensor<3x5xf32> -> tensor<15xf32>
  return %x, %x, %y, %0 : tensor<3x5xf32>, tensor<3x5xf32>, tensor<7xi1>, tensor<15xf32>
}
