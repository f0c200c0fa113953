// Attention of a batch, by positions and width of a head: forward, and gradient. The work counts the scores that a causal mask
// keeps. function-benchmark tests/benchmarks/kernels/attention.mlir
func.func @forward_128_32_causal(%q: tensor<16x128x6x32xf32>, %k: tensor<16x128x6x32xf32>, %v: tensor<16x128x6x32xf32>) -> tensor<16x128x6x32xf32> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32> -> tensor<16x128x6x32xf32>, tensor<16x6x128xf32> {
  ^bb0(%s: tensor<16x6x128x128xf32>):
    %c = nn.constant dense<0.2> : tensor<16x6x128x128xf32>
    %m = nn.mul %s, %c : tensor<16x6x128x128xf32>
    %t = nn.iota 2 : tensor<16x6x128x128xi32>
    %key = nn.iota 3 : tensor<16x6x128x128xi32>
    %keep = nn.compare le %key, %t : tensor<16x6x128x128xi32>
    %out = nn.constant dense<0xFF800000> : tensor<16x6x128x128xf32>
    %kept = nn.select %keep, %m, %out : tensor<16x6x128x128xf32>
    nn.yield emit(%kept : tensor<16x6x128x128xf32>)
  }
  return %y : tensor<16x128x6x32xf32>
}
func.func @gradient_128_32_causal(%q: tensor<16x128x6x32xf32>, %k: tensor<16x128x6x32xf32>, %v: tensor<16x128x6x32xf32>, %y: tensor<16x128x6x32xf32>, %lse: tensor<16x6x128xf32>, %d: tensor<16x128x6x32xf32>) -> (tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>) {
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x6x128xf32>, tensor<16x128x6x32xf32> -> tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32> {
  ^bb0(%s: tensor<16x6x128x128xf32>, %ds: tensor<16x6x128x128xf32>):
    %c = nn.constant dense<0.2> : tensor<16x6x128x128xf32>
    %m = nn.mul %s, %c : tensor<16x6x128x128xf32>
    %t = nn.iota 2 : tensor<16x6x128x128xi32>
    %key = nn.iota 3 : tensor<16x6x128x128xi32>
    %keep = nn.compare le %key, %t : tensor<16x6x128x128xi32>
    %out = nn.constant dense<0xFF800000> : tensor<16x6x128x128xf32>
    %kept = nn.select %keep, %m, %out : tensor<16x6x128x128xf32>
    %zero = nn.constant dense<0.0> : tensor<16x6x128x128xf32>
    %dm = nn.select %keep, %ds, %zero : tensor<16x6x128x128xf32>
    %dscore = nn.mul %dm, %c : tensor<16x6x128x128xf32>
    nn.yield emit(%kept, %dscore : tensor<16x6x128x128xf32>, tensor<16x6x128x128xf32>)
  }
  return %dq, %dk, %dv : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>
}
func.func @forward_128_32(%q: tensor<16x128x6x32xf32>, %k: tensor<16x128x6x32xf32>, %v: tensor<16x128x6x32xf32>) -> tensor<16x128x6x32xf32> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5]
      : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32> -> tensor<16x128x6x32xf32>, tensor<16x6x128xf32> {
  ^bb0(%s: tensor<16x6x128x128xf32>):
    %c = nn.constant dense<0.2> : tensor<16x6x128x128xf32>
    %m = nn.mul %s, %c : tensor<16x6x128x128xf32>
    nn.yield emit(%m : tensor<16x6x128x128xf32>)
  }
  return %y : tensor<16x128x6x32xf32>
}
func.func @gradient_128_32(%q: tensor<16x128x6x32xf32>, %k: tensor<16x128x6x32xf32>, %v: tensor<16x128x6x32xf32>, %y: tensor<16x128x6x32xf32>, %lse: tensor<16x6x128xf32>, %d: tensor<16x128x6x32xf32>) -> (tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>) {
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5]
      : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x6x128xf32>, tensor<16x128x6x32xf32> -> tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32> {
  ^bb0(%s: tensor<16x6x128x128xf32>, %ds: tensor<16x6x128x128xf32>):
    %c = nn.constant dense<0.2> : tensor<16x6x128x128xf32>
    %m = nn.mul %s, %c : tensor<16x6x128x128xf32>
    %dscore = nn.mul %ds, %c : tensor<16x6x128x128xf32>
    nn.yield emit(%m, %dscore : tensor<16x6x128x128xf32>, tensor<16x6x128x128xf32>)
  }
  return %dq, %dk, %dv : tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>, tensor<16x128x6x32xf32>
}
func.func @forward_256_64_causal(%q: tensor<8x256x6x64xf32>, %k: tensor<8x256x6x64xf32>, %v: tensor<8x256x6x64xf32>) -> tensor<8x256x6x64xf32> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32> -> tensor<8x256x6x64xf32>, tensor<8x6x256xf32> {
  ^bb0(%s: tensor<8x6x256x256xf32>):
    %c = nn.constant dense<0.2> : tensor<8x6x256x256xf32>
    %m = nn.mul %s, %c : tensor<8x6x256x256xf32>
    %t = nn.iota 2 : tensor<8x6x256x256xi32>
    %key = nn.iota 3 : tensor<8x6x256x256xi32>
    %keep = nn.compare le %key, %t : tensor<8x6x256x256xi32>
    %out = nn.constant dense<0xFF800000> : tensor<8x6x256x256xf32>
    %kept = nn.select %keep, %m, %out : tensor<8x6x256x256xf32>
    nn.yield emit(%kept : tensor<8x6x256x256xf32>)
  }
  return %y : tensor<8x256x6x64xf32>
}
func.func @gradient_256_64_causal(%q: tensor<8x256x6x64xf32>, %k: tensor<8x256x6x64xf32>, %v: tensor<8x256x6x64xf32>, %y: tensor<8x256x6x64xf32>, %lse: tensor<8x6x256xf32>, %d: tensor<8x256x6x64xf32>) -> (tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>) {
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x6x256xf32>, tensor<8x256x6x64xf32> -> tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32> {
  ^bb0(%s: tensor<8x6x256x256xf32>, %ds: tensor<8x6x256x256xf32>):
    %c = nn.constant dense<0.2> : tensor<8x6x256x256xf32>
    %m = nn.mul %s, %c : tensor<8x6x256x256xf32>
    %t = nn.iota 2 : tensor<8x6x256x256xi32>
    %key = nn.iota 3 : tensor<8x6x256x256xi32>
    %keep = nn.compare le %key, %t : tensor<8x6x256x256xi32>
    %out = nn.constant dense<0xFF800000> : tensor<8x6x256x256xf32>
    %kept = nn.select %keep, %m, %out : tensor<8x6x256x256xf32>
    %zero = nn.constant dense<0.0> : tensor<8x6x256x256xf32>
    %dm = nn.select %keep, %ds, %zero : tensor<8x6x256x256xf32>
    %dscore = nn.mul %dm, %c : tensor<8x6x256x256xf32>
    nn.yield emit(%kept, %dscore : tensor<8x6x256x256xf32>, tensor<8x6x256x256xf32>)
  }
  return %dq, %dk, %dv : tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>, tensor<8x256x6x64xf32>
}
func.func @forward_1024_64_causal(%q: tensor<2x1024x6x64xf32>, %k: tensor<2x1024x6x64xf32>, %v: tensor<2x1024x6x64xf32>) -> tensor<2x1024x6x64xf32> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32> -> tensor<2x1024x6x64xf32>, tensor<2x6x1024xf32> {
  ^bb0(%s: tensor<2x6x1024x1024xf32>):
    %c = nn.constant dense<0.2> : tensor<2x6x1024x1024xf32>
    %m = nn.mul %s, %c : tensor<2x6x1024x1024xf32>
    %t = nn.iota 2 : tensor<2x6x1024x1024xi32>
    %key = nn.iota 3 : tensor<2x6x1024x1024xi32>
    %keep = nn.compare le %key, %t : tensor<2x6x1024x1024xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x6x1024x1024xf32>
    %kept = nn.select %keep, %m, %out : tensor<2x6x1024x1024xf32>
    nn.yield emit(%kept : tensor<2x6x1024x1024xf32>)
  }
  return %y : tensor<2x1024x6x64xf32>
}
func.func @gradient_1024_64_causal(%q: tensor<2x1024x6x64xf32>, %k: tensor<2x1024x6x64xf32>, %v: tensor<2x1024x6x64xf32>, %y: tensor<2x1024x6x64xf32>, %lse: tensor<2x6x1024xf32>, %d: tensor<2x1024x6x64xf32>) -> (tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>) {
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x6x1024xf32>, tensor<2x1024x6x64xf32> -> tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32> {
  ^bb0(%s: tensor<2x6x1024x1024xf32>, %ds: tensor<2x6x1024x1024xf32>):
    %c = nn.constant dense<0.2> : tensor<2x6x1024x1024xf32>
    %m = nn.mul %s, %c : tensor<2x6x1024x1024xf32>
    %t = nn.iota 2 : tensor<2x6x1024x1024xi32>
    %key = nn.iota 3 : tensor<2x6x1024x1024xi32>
    %keep = nn.compare le %key, %t : tensor<2x6x1024x1024xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x6x1024x1024xf32>
    %kept = nn.select %keep, %m, %out : tensor<2x6x1024x1024xf32>
    %zero = nn.constant dense<0.0> : tensor<2x6x1024x1024xf32>
    %dm = nn.select %keep, %ds, %zero : tensor<2x6x1024x1024xf32>
    %dscore = nn.mul %dm, %c : tensor<2x6x1024x1024xf32>
    nn.yield emit(%kept, %dscore : tensor<2x6x1024x1024xf32>, tensor<2x6x1024x1024xf32>)
  }
  return %dq, %dk, %dv : tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>, tensor<2x1024x6x64xf32>
}
func.func @forward_4096_64_causal(%q: tensor<1x4096x6x64xf32>, %k: tensor<1x4096x6x64xf32>, %v: tensor<1x4096x6x64xf32>) -> tensor<1x4096x6x64xf32> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32> -> tensor<1x4096x6x64xf32>, tensor<1x6x4096xf32> {
  ^bb0(%s: tensor<1x6x4096x4096xf32>):
    %c = nn.constant dense<0.2> : tensor<1x6x4096x4096xf32>
    %m = nn.mul %s, %c : tensor<1x6x4096x4096xf32>
    %t = nn.iota 2 : tensor<1x6x4096x4096xi32>
    %key = nn.iota 3 : tensor<1x6x4096x4096xi32>
    %keep = nn.compare le %key, %t : tensor<1x6x4096x4096xi32>
    %out = nn.constant dense<0xFF800000> : tensor<1x6x4096x4096xf32>
    %kept = nn.select %keep, %m, %out : tensor<1x6x4096x4096xf32>
    nn.yield emit(%kept : tensor<1x6x4096x4096xf32>)
  }
  return %y : tensor<1x4096x6x64xf32>
}
func.func @gradient_4096_64_causal(%q: tensor<1x4096x6x64xf32>, %k: tensor<1x4096x6x64xf32>, %v: tensor<1x4096x6x64xf32>, %y: tensor<1x4096x6x64xf32>, %lse: tensor<1x6x4096xf32>, %d: tensor<1x4096x6x64xf32>) -> (tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>) {
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64}
      : tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x6x4096xf32>, tensor<1x4096x6x64xf32> -> tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32> {
  ^bb0(%s: tensor<1x6x4096x4096xf32>, %ds: tensor<1x6x4096x4096xf32>):
    %c = nn.constant dense<0.2> : tensor<1x6x4096x4096xf32>
    %m = nn.mul %s, %c : tensor<1x6x4096x4096xf32>
    %t = nn.iota 2 : tensor<1x6x4096x4096xi32>
    %key = nn.iota 3 : tensor<1x6x4096x4096xi32>
    %keep = nn.compare le %key, %t : tensor<1x6x4096x4096xi32>
    %out = nn.constant dense<0xFF800000> : tensor<1x6x4096x4096xf32>
    %kept = nn.select %keep, %m, %out : tensor<1x6x4096x4096xf32>
    %zero = nn.constant dense<0.0> : tensor<1x6x4096x4096xf32>
    %dm = nn.select %keep, %ds, %zero : tensor<1x6x4096x4096xf32>
    %dscore = nn.mul %dm, %c : tensor<1x6x4096x4096xf32>
    nn.yield emit(%kept, %dscore : tensor<1x6x4096x4096xf32>, tensor<1x6x4096x4096xf32>)
  }
  return %dq, %dk, %dv : tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>, tensor<1x4096x6x64xf32>
}
