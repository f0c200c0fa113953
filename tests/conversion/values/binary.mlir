// Element-wise operations of two or more operands.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @add(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.add %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @add_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.add %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @add_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.add %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @sub(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.sub %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @sub_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.sub %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @sub_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.sub %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @mul(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.mul %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @mul_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.mul %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @mul_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.mul %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @div(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.div %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @div_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.div %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @div_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.div %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @max(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.max %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @max_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.max %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @max_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.max %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @min(%x: tensor<3x41xf32> {nn.special}, %y: tensor<3x41xf32> {nn.low = -3.0, nn.high = 3.0}) -> tensor<3x41xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.min %x, %y : tensor<3x41xf32>
  return %z : tensor<3x41xf32>
}
func.func @min_i32(%x: tensor<3x41xi32> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi32> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.min %x, %y : tensor<3x41xi32>
  return %z : tensor<3x41xi32>
}
func.func @min_i64(%x: tensor<3x41xi64> {nn.low = -4, nn.high = 4}, %y: tensor<3x41xi64> {nn.low = -3, nn.high = 3}) -> tensor<3x41xi64>
    attributes {nn.ulp = 0.0} {
  %z = nn.min %x, %y : tensor<3x41xi64>
  return %z : tensor<3x41xi64>
}
func.func @rem(%x: tensor<43xf32> {nn.low = -40.0, nn.high = 40.0}, %y: tensor<43xf32> {nn.low = -5.0, nn.high = 5.0}) -> tensor<43xf32>
    attributes {nn.ulp = 0.0} {
  %z = nn.rem %x, %y : tensor<43xf32>
  return %z : tensor<43xf32>
}
func.func @rem_i32(%x: tensor<43xi32> {nn.low = -40, nn.high = 40}, %y: tensor<43xi32> {nn.low = -5, nn.high = 5}) -> tensor<43xi32>
    attributes {nn.ulp = 0.0} {
  %z = nn.rem %x, %y : tensor<43xi32>
  return %z : tensor<43xi32>
}
func.func @pow(%x: tensor<43xf32> {nn.low = 0.0, nn.high = 9.0}, %y: tensor<43xf32> {nn.low = -5.0, nn.high = 5.0}) -> tensor<43xf32>
    attributes {nn.ulp = 4.0} {
  %z = nn.pow %x, %y : tensor<43xf32>
  return %z : tensor<43xf32>
}
func.func @and(%x: tensor<67xi1>, %y: tensor<67xi1>) -> tensor<67xi1> {
  %z = nn.and %x, %y : tensor<67xi1>
  return %z : tensor<67xi1>
}
func.func @or(%x: tensor<67xi1>, %y: tensor<67xi1>) -> tensor<67xi1> {
  %z = nn.or %x, %y : tensor<67xi1>
  return %z : tensor<67xi1>
}
func.func @compare_eq(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare eq %x, %y : tensor<35xf32>
  %1 = nn.compare eq %a, %b : tensor<35xi32>
  %2 = nn.compare eq %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @compare_ne(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare ne %x, %y : tensor<35xf32>
  %1 = nn.compare ne %a, %b : tensor<35xi32>
  %2 = nn.compare ne %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @compare_lt(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare lt %x, %y : tensor<35xf32>
  %1 = nn.compare lt %a, %b : tensor<35xi32>
  %2 = nn.compare lt %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @compare_le(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare le %x, %y : tensor<35xf32>
  %1 = nn.compare le %a, %b : tensor<35xi32>
  %2 = nn.compare le %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @compare_gt(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare gt %x, %y : tensor<35xf32>
  %1 = nn.compare gt %a, %b : tensor<35xi32>
  %2 = nn.compare gt %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @compare_ge(%x: tensor<35xf32> {nn.special}, %y: tensor<35xf32> {nn.special},
                  %a: tensor<35xi32>, %b: tensor<35xi32>, %p: tensor<35xi1>, %q: tensor<35xi1>)
    -> (tensor<35xi1>, tensor<35xi1>, tensor<35xi1>) {
  %0 = nn.compare ge %x, %y : tensor<35xf32>
  %1 = nn.compare ge %a, %b : tensor<35xi32>
  %2 = nn.compare ge %p, %q : tensor<35xi1>
  return %0, %1, %2 : tensor<35xi1>, tensor<35xi1>, tensor<35xi1>
}
func.func @select(%c: tensor<5x9xi1>, %x: tensor<5x9xf32>, %y: tensor<5x9xf32>) -> tensor<5x9xf32> {
  %z = nn.select %c, %x, %y : tensor<5x9xf32>
  return %z : tensor<5x9xf32>
}
func.func @relu_mask(%x: tensor<5x100xf32>, %g: tensor<5x100xf32>) -> tensor<5x100xf32> {
  %zero = nn.constant dense<0.0> : tensor<5x100xf32>
  %c = nn.compare gt %x, %zero : tensor<5x100xf32>
  %z = nn.select %c, %g, %zero : tensor<5x100xf32>
  return %z : tensor<5x100xf32>
}
func.func @convert_to_int(%x: tensor<40xf32> {nn.special, nn.low = -50.0, nn.high = 50.0})
    -> (tensor<40xi32>, tensor<40xi64>) {
  %0 = nn.convert %x : tensor<40xf32> -> tensor<40xi32>
  %1 = nn.convert %x : tensor<40xf32> -> tensor<40xi64>
  return %0, %1 : tensor<40xi32>, tensor<40xi64>
}
func.func @convert_from_int(%x: tensor<40xi32> {nn.low = -50, nn.high = 50}, %y: tensor<40xi64>, %c: tensor<40xi1>)
    -> (tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<40xi64>, tensor<40xi32>, tensor<40xi32>) {
  %0 = nn.convert %x : tensor<40xi32> -> tensor<40xf32>
  %1 = nn.convert %y : tensor<40xi64> -> tensor<40xf32>
  %2 = nn.convert %c : tensor<40xi1> -> tensor<40xf32>
  %3 = nn.convert %x : tensor<40xi32> -> tensor<40xi64>
  %4 = nn.convert %y : tensor<40xi64> -> tensor<40xi32>
  %5 = nn.convert %c : tensor<40xi1> -> tensor<40xi32>
  return %0, %1, %2, %3, %4, %5 : tensor<40xf32>, tensor<40xf32>, tensor<40xf32>, tensor<40xi64>, tensor<40xi32>, tensor<40xi32>
}
