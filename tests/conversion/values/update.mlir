// Results that replace persistent arguments: in place where that is safe, copied where it is not.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @sgd(%w: tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, %x: tensor<8x30xf32>, %g: tensor<8x20xf32>)
    -> (tensor<30x20xf32> {nn.kind = #nn.kind<parameter>, nn.name = "w"}, tensor<8x20xf32>) attributes {nn.factor = 4.0} {
  %d = nn.contract %x, %g [0, 1] x [0, 2] -> [1, 2] : tensor<8x30xf32>, tensor<8x20xf32> -> tensor<30x20xf32>
  %rate = nn.constant dense<0.1> : tensor<30x20xf32>
  %s = nn.mul %rate, %d : tensor<30x20xf32>
  %new = nn.sub %w, %s : tensor<30x20xf32>
  %y = nn.contract %x, %w [0, 1] x [1, 2] -> [0, 2] : tensor<8x30xf32>, tensor<30x20xf32> -> tensor<8x20xf32>
  return %new, %y : tensor<30x20xf32>, tensor<8x20xf32>
}
func.func @swap(%a: tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}, %b: tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "b"})
    -> (tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}, tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "b"}) {
  return %b, %a : tensor<30x20xf32>, tensor<30x20xf32>
}
func.func @needs_both(%a: tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}) -> (tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}, tensor<20x30xf32>) {
  %new = nn.neg %a : tensor<30x20xf32>
  %t = nn.contract %new, %a [0, 1] x [2, 1] -> [2, 0] : tensor<30x20xf32>, tensor<30x20xf32> -> tensor<30x30xf32>
  %u = nn.slice %t [0, 0] [20, 30] [1, 1] : tensor<30x30xf32> -> tensor<20x30xf32>
  return %new, %u : tensor<30x20xf32>, tensor<20x30xf32>
}
func.func @transposed_update(%s: tensor<15x15xf32> {nn.kind = #nn.kind<state>, nn.name = "square"}) -> (tensor<15x15xf32> {nn.kind = #nn.kind<state>, nn.name = "square"}) {
  %t = nn.transpose %s [1, 0] : tensor<15x15xf32> -> tensor<15x15xf32>
  %new = nn.add %s, %t : tensor<15x15xf32>
  return %new : tensor<15x15xf32>
}
func.func @unchanged(%a: tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}) -> (tensor<30x20xf32> {nn.kind = #nn.kind<state>, nn.name = "a"}) {
  return %a : tensor<30x20xf32>
}
func.func @average(%mean: tensor<20xf32> {nn.kind = #nn.kind<state>, nn.name = "mean"}, %x: tensor<8x20xf32>) -> (tensor<20xf32> {nn.kind = #nn.kind<state>, nn.name = "mean"}) {
  %m = nn.reduce_sum %x [0] : tensor<8x20xf32> -> tensor<20xf32>
  %f = nn.constant dense<0.1> : tensor<20xf32>
  %p = nn.mul %m, %f : tensor<20xf32>
  %new = nn.add %mean, %p : tensor<20xf32>
  return %new : tensor<20xf32>
}
