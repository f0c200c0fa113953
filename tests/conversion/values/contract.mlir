// Contractions: every order of operands, batches, odd extents, views.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @matmul(%x: tensor<13x29xf32>, %y: tensor<29x37xf32>) -> tensor<13x37xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 2] : tensor<13x29xf32>, tensor<29x37xf32> -> tensor<13x37xf32>
  return %0 : tensor<13x37xf32>
}
func.func @matmul_large(%x: tensor<64x200xf32>, %y: tensor<200x150xf32>) -> tensor<64x150xf32> attributes {nn.factor = 4.0} {
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 2] : tensor<64x200xf32>, tensor<200x150xf32> -> tensor<64x150xf32>
  return %0 : tensor<64x150xf32>
}
func.func @transposed_right(%x: tensor<13x29xf32>, %y: tensor<37x29xf32>) -> tensor<13x37xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [2, 1] -> [0, 2] : tensor<13x29xf32>, tensor<37x29xf32> -> tensor<13x37xf32>
  return %0 : tensor<13x37xf32>
}
func.func @transposed_left(%x: tensor<29x13xf32>, %y: tensor<29x37xf32>) -> tensor<13x37xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [1, 0] x [1, 2] -> [0, 2] : tensor<29x13xf32>, tensor<29x37xf32> -> tensor<13x37xf32>
  return %0 : tensor<13x37xf32>
}
func.func @transposed_result(%x: tensor<13x29xf32>, %y: tensor<29x37xf32>) -> tensor<37x13xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [2, 0] : tensor<13x29xf32>, tensor<29x37xf32> -> tensor<37x13xf32>
  return %0 : tensor<37x13xf32>
}
func.func @batched(%x: tensor<3x5x7xf32>, %y: tensor<3x7x18xf32>) -> tensor<3x5x18xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1, 2] x [0, 2, 3] -> [0, 1, 3] : tensor<3x5x7xf32>, tensor<3x7x18xf32> -> tensor<3x5x18xf32>
  return %0 : tensor<3x5x18xf32>
}
func.func @two_summed(%x: tensor<5x3x4xf32>, %y: tensor<3x4x19xf32>) -> tensor<5x19xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1, 2] x [1, 2, 3] -> [0, 3] : tensor<5x3x4xf32>, tensor<3x4x19xf32> -> tensor<5x19xf32>
  return %0 : tensor<5x19xf32>
}
func.func @matvec(%x: tensor<50x33xf32>, %y: tensor<33xf32>) -> tensor<50xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [1] -> [0] : tensor<50x33xf32>, tensor<33xf32> -> tensor<50xf32>
  return %0 : tensor<50xf32>
}
func.func @vecmat(%x: tensor<33xf32>, %y: tensor<33x50xf32>) -> tensor<50xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [1] x [1, 0] -> [0] : tensor<33xf32>, tensor<33x50xf32> -> tensor<50xf32>
  return %0 : tensor<50xf32>
}
func.func @dot(%x: tensor<333xf32>, %y: tensor<333xf32>) -> tensor<f32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0] x [0] -> [] : tensor<333xf32>, tensor<333xf32> -> tensor<f32>
  return %0 : tensor<f32>
}
func.func @outer(%x: tensor<17xf32>, %y: tensor<33xf32>) -> tensor<17x33xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0] x [1] -> [0, 1] : tensor<17xf32>, tensor<33xf32> -> tensor<17x33xf32>
  return %0 : tensor<17x33xf32>
}
func.func @elementwise(%x: tensor<5x33xf32>, %y: tensor<5x33xf32>) -> tensor<5x33xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [0, 1] -> [0, 1] : tensor<5x33xf32>, tensor<5x33xf32> -> tensor<5x33xf32>
  return %0 : tensor<5x33xf32>
}
func.func @bilinear(%x: tensor<7x5xf32>, %y: tensor<5x6x9xf32>) -> tensor<6x7x9xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [1, 2, 3] -> [2, 0, 3] : tensor<7x5xf32>, tensor<5x6x9xf32> -> tensor<6x7x9xf32>
  return %0 : tensor<6x7x9xf32>
}
func.func @one_row(%x: tensor<1x64xf32>, %y: tensor<64x10xf32>) -> tensor<1x10xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 2] : tensor<1x64xf32>, tensor<64x10xf32> -> tensor<1x10xf32>
  return %0 : tensor<1x10xf32>
}
func.func @summed_on_one_side(%x: tensor<6x7x8xf32>, %y: tensor<6x9xf32>) -> tensor<7x9xf32> attributes {nn.factor = 2.0} {
  %0 = nn.contract %x, %y [0, 1, 2] x [0, 3] -> [1, 3] : tensor<6x7x8xf32>, tensor<6x9xf32> -> tensor<7x9xf32>
  return %0 : tensor<7x9xf32>
}
func.func @transposed_operand(%x: tensor<29x13xf32>, %y: tensor<29x37xf32>) -> tensor<13x37xf32> attributes {nn.factor = 2.0} {
  %t = nn.transpose %x [1, 0] : tensor<29x13xf32> -> tensor<13x29xf32>
  %0 = nn.contract %t, %y [0, 1] x [1, 2] -> [0, 2] : tensor<13x29xf32>, tensor<29x37xf32> -> tensor<13x37xf32>
  return %0 : tensor<13x37xf32>
}
func.func @slices(%x: tensor<20x40xf32>, %y: tensor<40x40xf32>) -> tensor<10x17xf32> attributes {nn.factor = 2.0} {
  %a = nn.slice %x [3, 5] [10, 30] [1, 1] : tensor<20x40xf32> -> tensor<10x30xf32>
  %b = nn.slice %y [2, 7] [30, 17] [1, 1] : tensor<40x40xf32> -> tensor<30x17xf32>
  %0 = nn.contract %a, %b [0, 1] x [1, 2] -> [0, 2] : tensor<10x30xf32>, tensor<30x17xf32> -> tensor<10x17xf32>
  return %0 : tensor<10x17xf32>
}
