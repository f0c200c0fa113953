// The same with images that are padded here, whose borders of zeros are known: shares of the peak are of all products,
// those with zeros included. function-benchmark tests/benchmarks/kernels/padded-convolutions.mlir
func.func @forward_64_32(%x: tensor<16x32x32x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<16x32x32x64xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x32x32x64xf32> -> tensor<16x34x34x64xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x34x34x64xf32> -> tensor<16x32x32x64x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<16x32x32x64x3x3xf32>, tensor<3x3x64x64xf32> -> tensor<16x32x32x64xf32>
  return %2 : tensor<16x32x32x64xf32>
}
func.func @weights_64_32(%x: tensor<16x32x32x64xf32>, %d: tensor<16x32x32x64xf32>) -> tensor<3x3x64x64xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x32x32x64xf32> -> tensor<16x34x34x64xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x34x34x64xf32> -> tensor<16x32x32x64x3x3xf32>
  %2 = nn.contract %1, %d [0, 1, 2, 3, 4, 5] x [0, 1, 2, 6] -> [4, 5, 3, 6] : tensor<16x32x32x64x3x3xf32>, tensor<16x32x32x64xf32> -> tensor<3x3x64x64xf32>
  return %2 : tensor<3x3x64x64xf32>
}
func.func @input_64_32(%x: tensor<16x32x32x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<16x32x32x64xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x32x32x64xf32> -> tensor<16x34x34x64xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x34x34x64xf32> -> tensor<16x32x32x64x3x3xf32>
  %r = nn.reverse %w [0, 1] : tensor<3x3x64x64xf32>
  %2 = nn.contract %1, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6] : tensor<16x32x32x64x3x3xf32>, tensor<3x3x64x64xf32> -> tensor<16x32x32x64xf32>
  return %2 : tensor<16x32x32x64xf32>
}
func.func @forward_128_16(%x: tensor<16x16x16x128xf32>, %w: tensor<3x3x128x128xf32>) -> tensor<16x16x16x128xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x16x16x128xf32> -> tensor<16x18x18x128xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x18x18x128xf32> -> tensor<16x16x16x128x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<16x16x16x128x3x3xf32>, tensor<3x3x128x128xf32> -> tensor<16x16x16x128xf32>
  return %2 : tensor<16x16x16x128xf32>
}
func.func @weights_128_16(%x: tensor<16x16x16x128xf32>, %d: tensor<16x16x16x128xf32>) -> tensor<3x3x128x128xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x16x16x128xf32> -> tensor<16x18x18x128xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x18x18x128xf32> -> tensor<16x16x16x128x3x3xf32>
  %2 = nn.contract %1, %d [0, 1, 2, 3, 4, 5] x [0, 1, 2, 6] -> [4, 5, 3, 6] : tensor<16x16x16x128x3x3xf32>, tensor<16x16x16x128xf32> -> tensor<3x3x128x128xf32>
  return %2 : tensor<3x3x128x128xf32>
}
func.func @input_128_16(%x: tensor<16x16x16x128xf32>, %w: tensor<3x3x128x128xf32>) -> tensor<16x16x16x128xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x16x16x128xf32> -> tensor<16x18x18x128xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x18x18x128xf32> -> tensor<16x16x16x128x3x3xf32>
  %r = nn.reverse %w [0, 1] : tensor<3x3x128x128xf32>
  %2 = nn.contract %1, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6] : tensor<16x16x16x128x3x3xf32>, tensor<3x3x128x128xf32> -> tensor<16x16x16x128xf32>
  return %2 : tensor<16x16x16x128xf32>
}
func.func @forward_256_8(%x: tensor<16x8x8x256xf32>, %w: tensor<3x3x256x256xf32>) -> tensor<16x8x8x256xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x8x8x256xf32> -> tensor<16x10x10x256xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x10x10x256xf32> -> tensor<16x8x8x256x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<16x8x8x256x3x3xf32>, tensor<3x3x256x256xf32> -> tensor<16x8x8x256xf32>
  return %2 : tensor<16x8x8x256xf32>
}
func.func @weights_256_8(%x: tensor<16x8x8x256xf32>, %d: tensor<16x8x8x256xf32>) -> tensor<3x3x256x256xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x8x8x256xf32> -> tensor<16x10x10x256xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x10x10x256xf32> -> tensor<16x8x8x256x3x3xf32>
  %2 = nn.contract %1, %d [0, 1, 2, 3, 4, 5] x [0, 1, 2, 6] -> [4, 5, 3, 6] : tensor<16x8x8x256x3x3xf32>, tensor<16x8x8x256xf32> -> tensor<3x3x256x256xf32>
  return %2 : tensor<3x3x256x256xf32>
}
func.func @input_256_8(%x: tensor<16x8x8x256xf32>, %w: tensor<3x3x256x256xf32>) -> tensor<16x8x8x256xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x8x8x256xf32> -> tensor<16x10x10x256xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x10x10x256xf32> -> tensor<16x8x8x256x3x3xf32>
  %r = nn.reverse %w [0, 1] : tensor<3x3x256x256xf32>
  %2 = nn.contract %1, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6] : tensor<16x8x8x256x3x3xf32>, tensor<3x3x256x256xf32> -> tensor<16x8x8x256xf32>
  return %2 : tensor<16x8x8x256xf32>
}
func.func @forward_512_4(%x: tensor<16x4x4x512xf32>, %w: tensor<3x3x512x512xf32>) -> tensor<16x4x4x512xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x4x4x512xf32> -> tensor<16x6x6x512xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x6x6x512xf32> -> tensor<16x4x4x512x3x3xf32>
  %2 = nn.contract %1, %w [0, 1, 2, 3, 4, 5] x [4, 5, 3, 6] -> [0, 1, 2, 6] : tensor<16x4x4x512x3x3xf32>, tensor<3x3x512x512xf32> -> tensor<16x4x4x512xf32>
  return %2 : tensor<16x4x4x512xf32>
}
func.func @weights_512_4(%x: tensor<16x4x4x512xf32>, %d: tensor<16x4x4x512xf32>) -> tensor<3x3x512x512xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x4x4x512xf32> -> tensor<16x6x6x512xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x6x6x512xf32> -> tensor<16x4x4x512x3x3xf32>
  %2 = nn.contract %1, %d [0, 1, 2, 3, 4, 5] x [0, 1, 2, 6] -> [4, 5, 3, 6] : tensor<16x4x4x512x3x3xf32>, tensor<16x4x4x512xf32> -> tensor<3x3x512x512xf32>
  return %2 : tensor<3x3x512x512xf32>
}
func.func @input_512_4(%x: tensor<16x4x4x512xf32>, %w: tensor<3x3x512x512xf32>) -> tensor<16x4x4x512xf32> {
  %p = nn.pad %x [0, 1, 1, 0] [0, 1, 1, 0] value 0.000000e+00 : tensor<16x4x4x512xf32> -> tensor<16x6x6x512xf32>
  %1 = nn.windows %p [1, 2] sizes [3, 3] strides [1, 1] dilations [1, 1] : tensor<16x6x6x512xf32> -> tensor<16x4x4x512x3x3xf32>
  %r = nn.reverse %w [0, 1] : tensor<3x3x512x512xf32>
  %2 = nn.contract %1, %r [0, 1, 2, 3, 4, 5] x [4, 5, 6, 3] -> [0, 1, 2, 6] : tensor<16x4x4x512x3x3xf32>, tensor<3x3x512x512xf32> -> tensor<16x4x4x512xf32>
  return %2 : tensor<16x4x4x512xf32>
}
