// Random numbers, against an independent program that follows the operations' description.
// RUN: nn-check --evaluate %s | FileCheck %s

// CHECK: uniform: tensor<4xf32> [0.732248068, 0.180752397, 0.667585909, 0.39905417]
// CHECK: uniform: tensor<2x2xf64> {{.}}[0.732248067856, 0.180752396584], [0.667585909367, 0.399054169655]]
func.func @uniform() -> (tensor<4xf32>, tensor<2x2xf64>) {
  %seed = nn.constant dense<42> : tensor<i64>
  %step = nn.constant dense<7> : tensor<i64>
  %0 = nn.random_uniform %seed, %step stream 3 : tensor<4xf32>
  %1 = nn.random_uniform %seed, %step stream 3 like %0 : tensor<4xf32> : tensor<2x2xf64>
  return %0, %1 : tensor<4xf32>, tensor<2x2xf64>
}

// CHECK: negative_seed: tensor<2xf64> [0.662282109261, 0.369487822056]
func.func @negative_seed() -> tensor<2xf64> {
  %seed = nn.constant dense<-1> : tensor<i64>
  %step = nn.constant dense<5000000000> : tensor<i64>
  %0 = nn.random_uniform %seed, %step stream 0 : tensor<2xf64>
  return %0 : tensor<2xf64>
}

// CHECK: normal: tensor<4xf64> [0.10943221899, 1.69920707202, -0.277373597769, 0.337835811029]
func.func @normal() -> tensor<4xf64> {
  %seed = nn.constant dense<42> : tensor<i64>
  %step = nn.constant dense<7> : tensor<i64>
  %0 = nn.random_normal %seed, %step stream 3 : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Of 40,000 numbers: the uniform mean within 0.5 +- 0.006, the normal mean within +- 0.02 and the
// normal variance within 1 +- 0.03 (about four standard errors each).
// CHECK: moments: tensor<3xi1> [1, 1, 1]
func.func @moments() -> tensor<3xi1> {
  %seed = nn.constant dense<1> : tensor<i64>
  %step = nn.constant dense<0> : tensor<i64>
  %u = nn.random_uniform %seed, %step stream 0 : tensor<40000xf64>
  %n = nn.random_normal %seed, %step stream 0 : tensor<40000xf64>
  %n2 = nn.mul %n, %n : tensor<40000xf64>
  %all = nn.concat %u, %n, %n2 dim 0
      : tensor<40000xf64>, tensor<40000xf64>, tensor<40000xf64> -> tensor<120000xf64>
  %rows = nn.reshape %all : tensor<120000xf64> -> tensor<3x40000xf64>
  %sums = nn.reduce_sum %rows [1] : tensor<3x40000xf64> -> tensor<3xf64>
  %count = nn.constant dense<40000.0> : tensor<3xf64>
  %means = nn.div %sums, %count : tensor<3xf64>
  %expected = nn.constant dense<[0.5, 0.0, 1.0]> : tensor<3xf64>
  %limits = nn.constant dense<[0.006, 0.02, 0.03]> : tensor<3xf64>
  %differences = nn.sub %means, %expected : tensor<3xf64>
  %sizes = nn.abs %differences : tensor<3xf64>
  %good = nn.compare lt %sizes, %limits : tensor<3xf64>
  return %good : tensor<3xi1>
}
