// Random numbers: the same bits as the reference.
// RUN: nn-verify %s --threads=2
// RUN: nn-verify %s --float=f64 --threads=3

func.func @uniform(%seed: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "seed"}, %step: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "step"})
    -> (tensor<7x33xf32>, tensor<f32>, tensor<3x2x300xf32>) attributes {nn.ulp = 0.0} {
  %0 = nn.random_uniform %seed, %step stream 3 : tensor<7x33xf32>
  %1 = nn.random_uniform %seed, %step stream 0 : tensor<f32>
  %2 = nn.random_uniform %seed, %step stream 4294967299 : tensor<3x2x300xf32>
  return %0, %1, %2 : tensor<7x33xf32>, tensor<f32>, tensor<3x2x300xf32>
}
func.func @normal(%seed: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "seed"}, %step: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "step"})
    -> (tensor<7x33xf32>, tensor<f32>) attributes {nn.factor = 3.0} {
  %0 = nn.random_normal %seed, %step stream 3 : tensor<7x33xf32>
  %1 = nn.random_normal %seed, %step stream 7 : tensor<f32>
  return %0, %1 : tensor<7x33xf32>, tensor<f32>
}
func.func @dropout(%x: tensor<20x30xf32>, %seed: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "seed"}, %step: tensor<i64> {nn.kind = #nn.kind<scalar>, nn.name = "step"})
    -> tensor<20x30xf32> {
  %u = nn.random_uniform %seed, %step stream 1 : tensor<20x30xf32>
  %keep = nn.constant dense<0.75> : tensor<20x30xf32>
  %mask = nn.compare lt %u, %keep : tensor<20x30xf32>
  %factor = nn.convert %mask : tensor<20x30xi1> -> tensor<20x30xf32>
  %kept = nn.mul %x, %factor : tensor<20x30xf32>
  %y = nn.div %kept, %keep : tensor<20x30xf32>
  return %y : tensor<20x30xf32>
}
