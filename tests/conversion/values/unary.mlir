// Element-wise operations of one operand, with zeros, infinities, NaN and subnormal numbers.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @neg(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.neg %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @abs(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.abs %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @sign(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.sign %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @exp(%x: tensor<331xf32> {nn.special, nn.low = -90.0, nn.high = 90.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.exp %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @expm1(%x: tensor<331xf32> {nn.special, nn.low = -20.0, nn.high = 20.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.expm1 %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @log(%x: tensor<331xf32> {nn.special, nn.low = 0.0, nn.high = 1000.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.log %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @log1p(%x: tensor<331xf32> {nn.special, nn.low = -1.0, nn.high = 50.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.log1p %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @sqrt(%x: tensor<331xf32> {nn.special, nn.low = 0.0, nn.high = 50.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.sqrt %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @rsqrt(%x: tensor<331xf32> {nn.special, nn.low = 0.01, nn.high = 50.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.rsqrt %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @tanh(%x: tensor<331xf32> {nn.special, nn.low = -10.0, nn.high = 10.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.tanh %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @logistic(%x: tensor<331xf32> {nn.special, nn.low = -30.0, nn.high = 30.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.logistic %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @erf(%x: tensor<331xf32> {nn.special, nn.low = -4.0, nn.high = 4.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.erf %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @floor(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.floor %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @ceil(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.ceil %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @round(%x: tensor<331xf32> {nn.special, nn.low = -3.0, nn.high = 3.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.round %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @sin(%x: tensor<331xf32> {nn.special, nn.low = -100.0, nn.high = 100.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.sin %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @cos(%x: tensor<331xf32> {nn.special, nn.low = -100.0, nn.high = 100.0}) -> tensor<331xf32>
    attributes {nn.ulp = 4.0} {
  %y = nn.cos %x : tensor<331xf32>
  return %y : tensor<331xf32>
}
func.func @neg_i32(%x: tensor<5x7xi32> {nn.low = -4, nn.high = 4}) -> tensor<5x7xi32> {
  %y = nn.neg %x : tensor<5x7xi32>
  return %y : tensor<5x7xi32>
}
func.func @abs_i32(%x: tensor<5x7xi32> {nn.low = -4, nn.high = 4}) -> tensor<5x7xi32> {
  %y = nn.abs %x : tensor<5x7xi32>
  return %y : tensor<5x7xi32>
}
func.func @sign_i32(%x: tensor<5x7xi32> {nn.low = -4, nn.high = 4}) -> tensor<5x7xi32> {
  %y = nn.sign %x : tensor<5x7xi32>
  return %y : tensor<5x7xi32>
}
func.func @not(%x: tensor<77xi1>) -> tensor<77xi1> {
  %y = nn.not %x : tensor<77xi1>
  return %y : tensor<77xi1>
}
func.func @stop_gradient(%x: tensor<3x5xf32>) -> tensor<3x5xf32> {
  %y = nn.stop_gradient %x : tensor<3x5xf32>
  return %y : tensor<3x5xf32>
}
func.func @scalar_exp(%x: tensor<f32>) -> tensor<f32> attributes {nn.ulp = 4.0} {
  %y = nn.exp %x : tensor<f32>
  return %y : tensor<f32>
}
