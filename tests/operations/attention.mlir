// Attention: form, errors, value, derivative, code, formation from its parts, and the language.
// REQUIRES: !sanitized
// RUN: split-file %s %t
// RUN: nn-opt %t/values.mlir | nn-opt | FileCheck --check-prefix=FORM %t/values.mlir
// RUN: nn-opt --split-input-file --verify-diagnostics %t/errors.mlir
// RUN: nn-check --evaluate %t/values.mlir | FileCheck %t/values.mlir
// RUN: nn-check --gradient %t/gradients.mlir | FileCheck %t/gradients.mlir
// RUN: nn-opt --nn-differentiate %t/code.mlir > %t/code.grad.mlir
// RUN: nn-verify %t/code.grad.mlir --threads=3
// RUN: nn-opt --nn-differentiate %t/shared.mlir > %t/shared.grad.mlir
// RUN: nn-verify %t/shared.grad.mlir --threads=1 && nn-verify %t/shared.grad.mlir --threads=2 && nn-verify %t/shared.grad.mlir --threads=5
// RUN: nn-opt %t/shared.grad.mlir --nn-stage-linalg | nn-opt --nn-stage-loops=target-threads=2 --remarks-filter=threads --remark-format=emitRemark -o %t/shared.loops.mlir 2>&1 | FileCheck --check-prefix=SHARED %s
// SHARED: 2 of 2 threads
// SHARED: 2 of 2 threads
// RUN: sed "s/f32/f64/g; s/0xFF800000/0xFFF0000000000000/" %t/code.grad.mlir > %t/code.f64.mlir
// RUN: nn-verify %t/code.f64.mlir

//--- values.mlir
// The numbers are those of the formula, computed in Python.
// FORM: nn.attention %{{.*}}, %{{.*}}, %{{.*}} [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
// FORM-NEXT: ^bb0(%{{.*}}: tensor<2x3xf64>):
// FORM: nn.yield emit(
// CHECK: attention_all: tensor<2x1xf64> {{\[}}[0.772417130477], [-1.11944157556]]
// CHECK-NEXT: attention_all: tensor<2xf64> [1.36332741068, 1.08447458835]
func.func @attention_all() -> (tensor<2x1xf64>, tensor<2xf64>) {
  %q = nn.constant dense<[[1.0, 0.5], [-0.5, 2.0]]> : tensor<2x2xf64>
  %k = nn.constant dense<[[0.3, -1.0], [1.5, 0.2], [-0.7, 0.4]]> : tensor<3x2xf64>
  %v = nn.constant dense<[[1.0], [2.0], [-3.0]]> : tensor<3x1xf64>
  %y, %lse = nn.attention %q, %k, %v [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64> -> tensor<2x1xf64>, tensor<2xf64> {
  ^bb0(%s: tensor<2x3xf64>):
    %half = nn.constant dense<0.5> : tensor<2x3xf64>
    %scaled = nn.mul %s, %half : tensor<2x3xf64>
    nn.yield emit(%scaled : tensor<2x3xf64>)
  }
  return %y, %lse : tensor<2x1xf64>, tensor<2xf64>
}
// FORM: first_key = -9 : i64, last_key = 0 : i64
// CHECK: attention_causal: tensor<2x1xf64> {{\[}}[1], [1.71094950263]]
// CHECK-NEXT: attention_causal: tensor<2xf64> [-0.1, 0.166153874732]
func.func @attention_causal() -> (tensor<2x1xf64>, tensor<2xf64>) {
  %q = nn.constant dense<[[1.0, 0.5], [-0.5, 2.0]]> : tensor<2x2xf64>
  %k = nn.constant dense<[[0.3, -1.0], [1.5, 0.2], [-0.7, 0.4]]> : tensor<3x2xf64>
  %v = nn.constant dense<[[1.0], [2.0], [-3.0]]> : tensor<3x1xf64>
  %y, %lse = nn.attention %q, %k, %v [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3] {first_key = -9 : i64, last_key = 0 : i64}
      : tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64> -> tensor<2x1xf64>, tensor<2xf64> {
  ^bb0(%s: tensor<2x3xf64>):
    %half = nn.constant dense<0.5> : tensor<2x3xf64>
    %scaled = nn.mul %s, %half : tensor<2x3xf64>
    %t = nn.iota 0 : tensor<2x3xi32>
    %key = nn.iota 1 : tensor<2x3xi32>
    %keep = nn.compare le %key, %t : tensor<2x3xi32>
    %out = nn.constant dense<0xFFF0000000000000> : tensor<2x3xf64>
    %kept = nn.select %keep, %scaled, %out : tensor<2x3xf64>
    nn.yield emit(%kept : tensor<2x3xf64>)
  }
  return %y, %lse : tensor<2x1xf64>, tensor<2xf64>
}
// A row of which nothing is kept: 0, and a finite logarithm.
// CHECK: attention_empty: tensor<1x1xf64> {{\[}}[0]]
// CHECK-NEXT: attention_empty: tensor<1xf64> [-1.79769313486e+308]
func.func @attention_empty() -> (tensor<1x1xf64>, tensor<1xf64>) {
  %q = nn.constant dense<1.0> : tensor<1x1xf64>
  %k = nn.constant dense<1.0> : tensor<2x1xf64>
  %y, %lse = nn.attention %q, %k, %k [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<1x1xf64>, tensor<2x1xf64>, tensor<2x1xf64> -> tensor<1x1xf64>, tensor<1xf64> {
  ^bb0(%s: tensor<1x2xf64>):
    %out = nn.constant dense<0xFFF0000000000000> : tensor<1x2xf64>
    nn.yield emit(%out : tensor<1x2xf64>)
  }
  return %y, %lse : tensor<1x1xf64>, tensor<1xf64>
}
// Finite differences of the formula in Python.
// CHECK: attention_cotangents: tensor<2x2xf64> {{\[}}[0.79510{{[34].*}}, -0.10676{{.*}}], [-2.19222{{.*}}, 0.51943{{.*}}]]
// CHECK-NEXT: attention_cotangents: tensor<3x2xf64> {{\[}}[0.14861{{.*}}, -0.47593{{.*}}], [0.79209{{.*}}, -1.5958{{.*}}], [-0.9407{{.*}}, 2.07183{{.*}}]]
// CHECK-NEXT: attention_cotangents: tensor<3x1xf64> {{\[}}[0.00069{{.*}}], [0.00170{{.*}}], [-1.00239{{.*}}]]
func.func @attention_cotangents() -> (tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64>) {
  %q = nn.constant dense<[[1.0, 0.5], [-0.5, 2.0]]> : tensor<2x2xf64>
  %k = nn.constant dense<[[0.3, -1.0], [1.5, 0.2], [-0.7, 0.4]]> : tensor<3x2xf64>
  %v = nn.constant dense<[[1.0], [2.0], [-3.0]]> : tensor<3x1xf64>
  %y = nn.constant dense<[[0.7724171304771539], [-1.1194415755614409]]> : tensor<2x1xf64>
  %lse = nn.constant dense<[1.36332741068, 1.08447458835]> : tensor<2xf64>
  %d = nn.constant dense<[[1.0], [-2.0]]> : tensor<2x1xf64>
  %dq, %dk, %dv = nn.attention_gradient %q, %k, %v, %y, %lse, %d [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64>, tensor<2x1xf64>, tensor<2xf64>, tensor<2x1xf64>
      -> tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64> {
  ^bb0(%s: tensor<2x3xf64>, %ds: tensor<2x3xf64>):
    %half = nn.constant dense<0.5> : tensor<2x3xf64>
    %scaled = nn.mul %s, %half : tensor<2x3xf64>
    %dscaled = nn.mul %ds, %half : tensor<2x3xf64>
    nn.yield emit(%scaled, %dscaled : tensor<2x3xf64>, tensor<2x3xf64>)
  }
  return %dq, %dk, %dv : tensor<2x2xf64>, tensor<3x2xf64>, tensor<3x1xf64>
}

//--- errors.mlir
func.func @role(%q: tensor<4x3xf32>) {
  // expected-error @+1 {{has labels without a role}}
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [2, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x4xf32>):
    nn.yield emit(%s : tensor<4x4xf32>)
  }
  return
}
// -----
func.func @extent(%q: tensor<4x3xf32>, %k: tensor<5x2xf32>) {
  // expected-error @+1 {{has a label with two extents}}
  %y, %lse = nn.attention %q, %k, %k [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<5x2xf32>, tensor<5x2xf32> -> tensor<4x2xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x5xf32>):
    nn.yield emit(%s : tensor<4x5xf32>)
  }
  return
}
// -----
func.func @rows(%q: tensor<4x3xf32>) {
  // expected-error @+1 {{has logarithms of sums of 'tensor<3xf32>', but rows of 'tensor<4xf32>'}}
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<3xf32> {
  ^bb0(%s: tensor<4x4xf32>):
    nn.yield emit(%s : tensor<4x4xf32>)
  }
  return
}
// -----
func.func @block(%q: tensor<4x3xf32>) {
  // expected-error @+1 {{has a block of}}
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x3xf32>):
    nn.yield emit(%s : tensor<4x3xf32>)
  }
  return
}
// -----
func.func @emits(%q: tensor<4x3xf32>) {
  // expected-error @+1 {{has a block that does not emit 1 of 'tensor<4x4xf32>'}}
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x4xf32>):
    nn.yield emit(%s, %s, %s : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>)
  }
  return
}
// -----
func.func @reshaped(%q: tensor<4x3xf32>) {
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x4xf32>):
    // expected-error @+1 {{cannot be in the block of an attention}}
    %line = nn.reshape %s : tensor<4x4xf32> -> tensor<16xf32>
    %back = nn.reshape %line : tensor<16xf32> -> tensor<4x4xf32>
    nn.yield emit(%back : tensor<4x4xf32>)
  }
  return
}
// -----
func.func @inner(%q: tensor<4x3xf32>) {
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<4x3xf32>, tensor<4x3xf32>, tensor<4x3xf32> -> tensor<4x3xf32>, tensor<4xf32> {
  ^bb0(%s: tensor<4x4xf32>):
    // expected-error @+1 {{cannot be in the block of an attention}}
    %sums = nn.cumulative_sum %s dim 0 : tensor<4x4xf32>
    nn.yield emit(%sums : tensor<4x4xf32>)
  }
  return
}

//--- gradients.mlir
// CHECK: passed attention_causal arg0
// CHECK: passed attention_causal arg1
// CHECK: passed attention_causal arg2
// CHECK: passed attention_window arg0
// CHECK: passed attention_cap
func.func @attention_causal(%q: tensor<1x3x2x2xf64>, %k: tensor<1x3x2x2xf64>, %v: tensor<1x3x2x2xf64>) -> tensor<1x3x2x2xf64> {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64} : tensor<1x3x2x2xf64>, tensor<1x3x2x2xf64>, tensor<1x3x2x2xf64> -> tensor<1x3x2x2xf64>, tensor<1x2x3xf64> {
  ^bb0(%s: tensor<1x2x3x3xf64>):
  %c = nn.constant dense<0.3> : tensor<1x2x3x3xf64>
  %m = nn.mul %s, %c : tensor<1x2x3x3xf64>
  %t = nn.iota 2 : tensor<1x2x3x3xi32>
  %k2 = nn.iota 3 : tensor<1x2x3x3xi32>
  %inf = nn.constant dense<0xFFF0000000000000> : tensor<1x2x3x3xf64>
  %cc = nn.compare le %k2, %t : tensor<1x2x3x3xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x3x3xf64>
  nn.yield emit(%x1 : tensor<1x2x3x3xf64>)
  }
  return %y : tensor<1x3x2x2xf64>
}
func.func @attention_window(%q: tensor<1x1x4x2xf64>, %k: tensor<1x1x5x2xf64>, %v: tensor<1x1x5x3xf64>) -> tensor<1x1x4x3xf64> {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] {last_key = 0 : i64, first_key = -1 : i64} : tensor<1x1x4x2xf64>, tensor<1x1x5x2xf64>, tensor<1x1x5x3xf64> -> tensor<1x1x4x3xf64>, tensor<1x1x4xf64> {
  ^bb0(%s: tensor<1x1x4x5xf64>):
  %c = nn.constant dense<0.3> : tensor<1x1x4x5xf64>
  %m = nn.mul %s, %c : tensor<1x1x4x5xf64>
  %t = nn.iota 2 : tensor<1x1x4x5xi32>
  %k2 = nn.iota 3 : tensor<1x1x4x5xi32>
  %inf = nn.constant dense<0xFFF0000000000000> : tensor<1x1x4x5xf64>
  %cc = nn.compare le %k2, %t : tensor<1x1x4x5xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x1x4x5xf64>
  %w0 = nn.constant dense<2> : tensor<1x1x4x5xi32>
  %df = nn.sub %t, %k2 : tensor<1x1x4x5xi32>
  %cw = nn.compare lt %df, %w0 : tensor<1x1x4x5xi32>
  %x2 = nn.select %cw, %x1, %inf : tensor<1x1x4x5xf64>
  nn.yield emit(%x2 : tensor<1x1x4x5xf64>)
  }
  return %y : tensor<1x1x4x3xf64>
}
// A score function of one's own, and a shared key for two rows of heads.
func.func @attention_cap(%q: tensor<2x3x2xf64>, %k: tensor<4x2xf64>, %v: tensor<4x2xf64>) -> tensor<2x3x2xf64> {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2] x [3, 2] x [3, 4] scores [0, 1, 3] -> [0, 1, 4]
      : tensor<2x3x2xf64>, tensor<4x2xf64>, tensor<4x2xf64> -> tensor<2x3x2xf64>, tensor<2x3xf64> {
  ^bb0(%s: tensor<2x3x4xf64>):
    %capped = nn.tanh %s : tensor<2x3x4xf64>
    nn.yield emit(%capped : tensor<2x3x4xf64>)
  }
  return %y : tensor<2x3x2xf64>
}

// Factors of the weights.
// CHECK: passed attention_factors arg0
func.func @attention_factors(%q: tensor<3x2xf64>, %f: tensor<3xf64> {nn.kind = #nn.kind<input>}) -> tensor<3x2xf64> {
  %stopped = nn.stop_gradient %f : tensor<3xf64>
  %y, %lse = nn.attention %q, %q, %q [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3] with(%stopped : tensor<3xf64>)
      : tensor<3x2xf64>, tensor<3x2xf64>, tensor<3x2xf64> -> tensor<3x2xf64>, tensor<3xf64> {
  ^bb0(%s: tensor<3x3xf64>, %a: tensor<3xf64>):
    %factor = nn.broadcast %a [1] : tensor<3xf64> -> tensor<3x3xf64>
    nn.yield emit(%s, %factor : tensor<3x3xf64>, tensor<3x3xf64>)
  }
  return %y : tensor<3x2xf64>
}

// A bias and a gate with gradients; the bias depends on the queries, too.
// CHECK: passed attention_biased arg0
// CHECK: passed attention_biased arg1
// CHECK: passed attention_biased arg2
// CHECK: passed attention_biased arg3
func.func @attention_biased(%q: tensor<2x3x2xf64>, %k: tensor<2x4x2xf64>, %b: tensor<3x4xf64>, %g: tensor<4xf64>) -> tensor<2x3x2xf64> {
  %sum = nn.reduce_sum %q [0, 2] : tensor<2x3x2xf64> -> tensor<3xf64>
  %sums = nn.broadcast %sum [0] : tensor<3xf64> -> tensor<3x4xf64>
  %bias = nn.mul %sums, %b : tensor<3x4xf64>
  %y, %lse = nn.attention %q, %k, %k [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4]
      with(%bias, %g : tensor<3x4xf64>, tensor<4xf64>) {extras_are_differentiated}
      : tensor<2x3x2xf64>, tensor<2x4x2xf64>, tensor<2x4x2xf64> -> tensor<2x3x2xf64>, tensor<2x3xf64> {
  ^bb0(%s: tensor<2x3x4xf64>, %e: tensor<3x4xf64>, %f: tensor<4xf64>):
    %each = nn.broadcast %e [1, 2] : tensor<3x4xf64> -> tensor<2x3x4xf64>
    %biased = nn.add %s, %each : tensor<2x3x4xf64>
    %gate = nn.broadcast %f [2] : tensor<4xf64> -> tensor<2x3x4xf64>
    nn.yield emit(%biased, %gate : tensor<2x3x4xf64>, tensor<2x3x4xf64>)
  }
  return %y : tensor<2x3x2xf64>
}

//--- code.mlir
// Random factors of the weights, with a dimension of one element.
func.func @factors(%q: tensor<2x35x6xf32>, %seed: tensor<i64>, %step: tensor<i64>, %d: tensor<2x35x6xf32>)
    -> (tensor<2x35x6xf32>, tensor<2x35x6xf32>) {
  %y, %lse = nn.attention %q, %q, %q [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4]
      with(%seed, %step : tensor<i64>, tensor<i64>)
      : tensor<2x35x6xf32>, tensor<2x35x6xf32>, tensor<2x35x6xf32> -> tensor<2x35x6xf32>, tensor<2x35xf32> {
  ^bb0(%s: tensor<2x35x35xf32>, %a: tensor<i64>, %b: tensor<i64>):
    %u = nn.random_uniform %a, %b stream 7 : tensor<2x35x35xf32>
    nn.yield emit(%s, %u : tensor<2x35x35xf32>, tensor<2x35x35xf32>)
  }
  %p = nn.mul %y, %d : tensor<2x35x6xf32>
  %loss = nn.reduce_sum %p [0, 1, 2] : tensor<2x35x6xf32> -> tensor<f32>
  %g = nn.gradient %loss wrt %q : tensor<f32> wrt tensor<2x35x6xf32>
  return %y, %g : tensor<2x35x6xf32>, tensor<2x35x6xf32>
}
func.func @one_head(%q: tensor<1x35x6xf32>, %seed: tensor<i64>, %step: tensor<i64>, %d: tensor<1x35x6xf32>)
    -> (tensor<1x35x6xf32>, tensor<1x35x6xf32>) {
  %y, %lse = nn.attention %q, %q, %q [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4]
      with(%seed, %step : tensor<i64>, tensor<i64>)
      : tensor<1x35x6xf32>, tensor<1x35x6xf32>, tensor<1x35x6xf32> -> tensor<1x35x6xf32>, tensor<1x35xf32> {
  ^bb0(%s: tensor<1x35x35xf32>, %a: tensor<i64>, %b: tensor<i64>):
    %u = nn.random_uniform %a, %b stream 8 : tensor<1x35x35xf32>
    nn.yield emit(%s, %u : tensor<1x35x35xf32>, tensor<1x35x35xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x35x6xf32>
  %loss = nn.reduce_sum %p [0, 1, 2] : tensor<1x35x6xf32> -> tensor<f32>
  %g = nn.gradient %loss wrt %q : tensor<f32> wrt tensor<1x35x6xf32>
  return %y, %g : tensor<1x35x6xf32>, tensor<1x35x6xf32>
}
// One unit, whose blocks of rows threads share; later ones are more work. Two heads of queries share keys, as rows.
func.func @shared_rows(%q: tensor<300x2x12xf32>, %k: tensor<300x12xf32>, %v: tensor<300x16xf32>) -> (tensor<300x2x16xf32>, tensor<2x300xf32>) {
  %y, %lse = nn.attention %q, %k, %v [1, 0, 2] x [3, 2] x [3, 4] scores [0, 1, 3] -> [1, 0, 4] {last_key = 0 : i64}
      : tensor<300x2x12xf32>, tensor<300x12xf32>, tensor<300x16xf32> -> tensor<300x2x16xf32>, tensor<2x300xf32> {
  ^bb0(%s: tensor<2x300x300xf32>):
    %t = nn.iota 1 : tensor<2x300x300xi32>
    %key = nn.iota 2 : tensor<2x300x300xi32>
    %keep = nn.compare le %key, %t : tensor<2x300x300xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x300x300xf32>
    %kept = nn.select %keep, %s, %out : tensor<2x300x300xf32>
    nn.yield emit(%kept : tensor<2x300x300xf32>)
  }
  return %y, %lse : tensor<300x2x16xf32>, tensor<2x300xf32>
}
// Keys up to a position of the run, and up to that of each row behind it.
func.func @position(%q: tensor<2x1x12xf32>, %k: tensor<2x70x12xf32>, %position: tensor<i64>) -> (tensor<2x1x12xf32>, tensor<2x1xf32>) {
  %y, %lse = nn.attention %q, %k, %k [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4] with(%position : tensor<i64>)
      : tensor<2x1x12xf32>, tensor<2x70x12xf32>, tensor<2x70x12xf32> -> tensor<2x1x12xf32>, tensor<2x1xf32> {
  ^bb0(%s: tensor<2x1x70xf32>, %p: tensor<i64>):
    %number = nn.convert %p : tensor<i64> -> tensor<i32>
    %last = nn.broadcast %number [] : tensor<i32> -> tensor<2x1x70xi32>
    %key = nn.iota 2 : tensor<2x1x70xi32>
    %keep = nn.compare le %key, %last : tensor<2x1x70xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x1x70xf32>
    %kept = nn.select %keep, %s, %out : tensor<2x1x70xf32>
    nn.yield emit(%kept : tensor<2x1x70xf32>)
  }
  return %y, %lse : tensor<2x1x12xf32>, tensor<2x1xf32>
}
func.func @positions(%q: tensor<2x5x12xf32>, %k: tensor<2x70x12xf32>, %position: tensor<i64> {nn.low = 30.0, nn.high = 70.0}) -> (tensor<2x5x12xf32>, tensor<2x5xf32>) {
  %y, %lse = nn.attention %q, %k, %k [0, 1, 2] x [0, 3, 2] x [0, 3, 4] scores [0, 1, 3] -> [0, 1, 4] with(%position : tensor<i64>)
      : tensor<2x5x12xf32>, tensor<2x70x12xf32>, tensor<2x70x12xf32> -> tensor<2x5x12xf32>, tensor<2x5xf32> {
  ^bb0(%s: tensor<2x5x70xf32>, %p: tensor<i64>):
    %number = nn.convert %p : tensor<i64> -> tensor<i32>
    %first = nn.broadcast %number [] : tensor<i32> -> tensor<2x5x70xi32>
    %t = nn.iota 1 : tensor<2x5x70xi32>
    %last = nn.add %first, %t : tensor<2x5x70xi32>
    %key = nn.iota 2 : tensor<2x5x70xi32>
    %keep = nn.compare le %key, %last : tensor<2x5x70xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x5x70xf32>
    %kept = nn.select %keep, %s, %out : tensor<2x5x70xf32>
    nn.yield emit(%kept : tensor<2x5x70xf32>)
  }
  return %y, %lse : tensor<2x5x12xf32>, tensor<2x5xf32>
}
// Sizes below, at and above those of vectors and blocks; rows and keys of different numbers; a bias, windows.
func.func @code1(%q: tensor<1x2x16x6xf32>, %k: tensor<1x2x16x6xf32>, %v: tensor<1x2x16x6xf32>, %d: tensor<1x2x16x6xf32>) -> (tensor<1x2x16x6xf32>, tensor<1x2x16xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] {last_key = 0 : i64} : tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32> -> tensor<1x2x16x6xf32>, tensor<1x2x16xf32> {
  ^bb0(%s: tensor<1x2x16x16xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x16x16xf32>
  %m = nn.mul %s, %c : tensor<1x2x16x16xf32>
  %t = nn.iota 2 : tensor<1x2x16x16xi32>
  %k2 = nn.iota 3 : tensor<1x2x16x16xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x16x16xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x16x16xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x16x16xf32>
  nn.yield emit(%x1 : tensor<1x2x16x16xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x16x6xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x16x6xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x16x6xf32>, tensor<1x2x16xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>, tensor<1x2x16x6xf32>
}
func.func @code2(%q: tensor<1x2x1x1xf32>, %k: tensor<1x2x1x1xf32>, %v: tensor<1x2x1x1xf32>, %d: tensor<1x2x1x1xf32>) -> (tensor<1x2x1x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] : tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32> -> tensor<1x2x1x1xf32>, tensor<1x2x1xf32> {
  ^bb0(%s: tensor<1x2x1x1xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x1x1xf32>
  %m = nn.mul %s, %c : tensor<1x2x1x1xf32>
  nn.yield emit(%m : tensor<1x2x1x1xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x1x1xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x1x1xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x1x1xf32>, tensor<1x2x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>, tensor<1x2x1x1xf32>
}
func.func @code3(%q: tensor<1x2x7x12xf32>, %k: tensor<1x2x31x12xf32>, %v: tensor<1x2x31x12xf32>, %bias: tensor<7x31xf32>, %d: tensor<1x2x7x12xf32>) -> (tensor<1x2x7x12xf32>, tensor<1x2x7xf32>, tensor<1x2x7x12xf32>, tensor<1x2x31x12xf32>, tensor<1x2x31x12xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] with(%bias : tensor<7x31xf32>) : tensor<1x2x7x12xf32>, tensor<1x2x31x12xf32>, tensor<1x2x31x12xf32> -> tensor<1x2x7x12xf32>, tensor<1x2x7xf32> {
  ^bb0(%s: tensor<1x2x7x31xf32>, %b: tensor<7x31xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x7x31xf32>
  %m = nn.mul %s, %c : tensor<1x2x7x31xf32>
  %bb = nn.broadcast %b [2, 3] : tensor<7x31xf32> -> tensor<1x2x7x31xf32>
  %a = nn.add %m, %bb : tensor<1x2x7x31xf32>
  nn.yield emit(%a : tensor<1x2x7x31xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x7x12xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x7x12xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x7x12xf32>, tensor<1x2x31x12xf32>, tensor<1x2x31x12xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x7x12xf32>, tensor<1x2x7xf32>, tensor<1x2x7x12xf32>, tensor<1x2x31x12xf32>, tensor<1x2x31x12xf32>
}
func.func @code4(%q: tensor<1x2x33x16xf32>, %k: tensor<1x2x33x16xf32>, %v: tensor<1x2x33x16xf32>, %d: tensor<1x2x33x16xf32>) -> (tensor<1x2x33x16xf32>, tensor<1x2x33xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] {last_key = 0 : i64} : tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32> -> tensor<1x2x33x16xf32>, tensor<1x2x33xf32> {
  ^bb0(%s: tensor<1x2x33x33xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x33x33xf32>
  %m = nn.mul %s, %c : tensor<1x2x33x33xf32>
  %t = nn.iota 2 : tensor<1x2x33x33xi32>
  %k2 = nn.iota 3 : tensor<1x2x33x33xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x33x33xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x33x33xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x33x33xf32>
  nn.yield emit(%x1 : tensor<1x2x33x33xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x33x16xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x33x16xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x33x16xf32>, tensor<1x2x33xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>, tensor<1x2x33x16xf32>
}
func.func @code5(%q: tensor<1x130x2x12xf32>, %k: tensor<1x130x2x12xf32>, %v: tensor<1x130x2x20xf32>, %bias: tensor<130x130xf32>, %d: tensor<1x130x2x20xf32>) -> (tensor<1x130x2x20xf32>, tensor<1x2x130xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x20xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] with(%bias : tensor<130x130xf32>) {last_key = 0 : i64} : tensor<1x130x2x12xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x20xf32> -> tensor<1x130x2x20xf32>, tensor<1x2x130xf32> {
  ^bb0(%s: tensor<1x2x130x130xf32>, %b: tensor<130x130xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x130x130xf32>
  %m = nn.mul %s, %c : tensor<1x2x130x130xf32>
  %bb = nn.broadcast %b [2, 3] : tensor<130x130xf32> -> tensor<1x2x130x130xf32>
  %a = nn.add %m, %bb : tensor<1x2x130x130xf32>
  %t = nn.iota 2 : tensor<1x2x130x130xi32>
  %k2 = nn.iota 3 : tensor<1x2x130x130xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x130x130xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x130x130xi32>
  %x1 = nn.select %cc, %a, %inf : tensor<1x2x130x130xf32>
  nn.yield emit(%x1 : tensor<1x2x130x130xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x130x2x20xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x130x2x20xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x130x2x12xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x20xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x130x2x20xf32>, tensor<1x2x130xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x12xf32>, tensor<1x130x2x20xf32>
}
func.func @code6(%q: tensor<1x2x100x16xf32>, %k: tensor<1x2x100x16xf32>, %v: tensor<1x2x100x16xf32>, %d: tensor<1x2x100x16xf32>) -> (tensor<1x2x100x16xf32>, tensor<1x2x100xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] {last_key = 0 : i64, first_key = -9 : i64} : tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32> -> tensor<1x2x100x16xf32>, tensor<1x2x100xf32> {
  ^bb0(%s: tensor<1x2x100x100xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x100x100xf32>
  %m = nn.mul %s, %c : tensor<1x2x100x100xf32>
  %t = nn.iota 2 : tensor<1x2x100x100xi32>
  %k2 = nn.iota 3 : tensor<1x2x100x100xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x100x100xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x100x100xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x100x100xf32>
  %w0 = nn.constant dense<10> : tensor<1x2x100x100xi32>
  %df = nn.sub %t, %k2 : tensor<1x2x100x100xi32>
  %cw = nn.compare lt %df, %w0 : tensor<1x2x100x100xi32>
  %x2 = nn.select %cw, %x1, %inf : tensor<1x2x100x100xf32>
  nn.yield emit(%x2 : tensor<1x2x100x100xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x100x16xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x100x16xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x100x16xf32>, tensor<1x2x100xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>, tensor<1x2x100x16xf32>
}
func.func @code7(%q: tensor<1x16x2x8xf32>, %k: tensor<1x7x2x8xf32>, %v: tensor<1x7x2x8xf32>, %d: tensor<1x16x2x8xf32>) -> (tensor<1x16x2x8xf32>, tensor<1x2x16xf32>, tensor<1x16x2x8xf32>, tensor<1x7x2x8xf32>, tensor<1x7x2x8xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] {last_key = 0 : i64} : tensor<1x16x2x8xf32>, tensor<1x7x2x8xf32>, tensor<1x7x2x8xf32> -> tensor<1x16x2x8xf32>, tensor<1x2x16xf32> {
  ^bb0(%s: tensor<1x2x16x7xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x16x7xf32>
  %m = nn.mul %s, %c : tensor<1x2x16x7xf32>
  %t = nn.iota 2 : tensor<1x2x16x7xi32>
  %k2 = nn.iota 3 : tensor<1x2x16x7xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x16x7xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x16x7xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x16x7xf32>
  nn.yield emit(%x1 : tensor<1x2x16x7xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x16x2x8xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x16x2x8xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x16x2x8xf32>, tensor<1x7x2x8xf32>, tensor<1x7x2x8xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x16x2x8xf32>, tensor<1x2x16xf32>, tensor<1x16x2x8xf32>, tensor<1x7x2x8xf32>, tensor<1x7x2x8xf32>
}
func.func @code8(%q: tensor<1x65x2x32xf32>, %k: tensor<1x150x2x32xf32>, %v: tensor<1x150x2x8xf32>, %d: tensor<1x65x2x8xf32>) -> (tensor<1x65x2x8xf32>, tensor<1x2x65xf32>, tensor<1x65x2x32xf32>, tensor<1x150x2x32xf32>, tensor<1x150x2x8xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 2, 1, 3] x [0, 4, 1, 3] x [0, 4, 1, 5] scores [0, 1, 2, 4] -> [0, 2, 1, 5] : tensor<1x65x2x32xf32>, tensor<1x150x2x32xf32>, tensor<1x150x2x8xf32> -> tensor<1x65x2x8xf32>, tensor<1x2x65xf32> {
  ^bb0(%s: tensor<1x2x65x150xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x65x150xf32>
  %m = nn.mul %s, %c : tensor<1x2x65x150xf32>
  nn.yield emit(%m : tensor<1x2x65x150xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x65x2x8xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x65x2x8xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x65x2x32xf32>, tensor<1x150x2x32xf32>, tensor<1x150x2x8xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x65x2x8xf32>, tensor<1x2x65xf32>, tensor<1x65x2x32xf32>, tensor<1x150x2x32xf32>, tensor<1x150x2x8xf32>
}
// More columns than are unrolled.
func.func @wide(%q: tensor<1x2x20x6xf32>, %k: tensor<1x2x20x6xf32>, %v: tensor<1x2x20x170xf32>, %d: tensor<1x2x20x170xf32>) -> (tensor<1x2x20x170xf32>, tensor<1x2x20xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x170xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] {last_key = 0 : i64} : tensor<1x2x20x6xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x170xf32> -> tensor<1x2x20x170xf32>, tensor<1x2x20xf32> {
  ^bb0(%s: tensor<1x2x20x20xf32>):
  %c = nn.constant dense<0.3> : tensor<1x2x20x20xf32>
  %m = nn.mul %s, %c : tensor<1x2x20x20xf32>
  %t = nn.iota 2 : tensor<1x2x20x20xi32>
  %k2 = nn.iota 3 : tensor<1x2x20x20xi32>
  %inf = nn.constant dense<0xFF800000> : tensor<1x2x20x20xf32>
  %cc = nn.compare le %k2, %t : tensor<1x2x20x20xi32>
  %x1 = nn.select %cc, %m, %inf : tensor<1x2x20x20xf32>
  nn.yield emit(%x1 : tensor<1x2x20x20xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x2x20x170xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x2x20x170xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x2x20x6xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x170xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x2x20x170xf32>, tensor<1x2x20xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x6xf32>, tensor<1x2x20x170xf32>
}
// 5,000 keys.
func.func @many_keys(%q: tensor<1x1x3x4xf32>, %k: tensor<1x1x5000x4xf32>, %v: tensor<1x1x5000x4xf32>, %d: tensor<1x1x3x4xf32>) -> (tensor<1x1x3x4xf32>, tensor<1x1x3xf32>, tensor<1x1x3x4xf32>, tensor<1x1x5000x4xf32>, tensor<1x1x5000x4xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1, 2, 3] x [0, 1, 4, 3] x [0, 1, 4, 5] scores [0, 1, 2, 4] -> [0, 1, 2, 5] : tensor<1x1x3x4xf32>, tensor<1x1x5000x4xf32>, tensor<1x1x5000x4xf32> -> tensor<1x1x3x4xf32>, tensor<1x1x3xf32> {
  ^bb0(%s: tensor<1x1x3x5000xf32>):
  %c = nn.constant dense<0.3> : tensor<1x1x3x5000xf32>
  %m = nn.mul %s, %c : tensor<1x1x3x5000xf32>
  nn.yield emit(%m : tensor<1x1x3x5000xf32>)
  }
  %p = nn.mul %y, %d : tensor<1x1x3x4xf32>
  %loss = nn.reduce_sum %p [0, 1, 2, 3] : tensor<1x1x3x4xf32> -> tensor<f32>
  %g:3 = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<1x1x3x4xf32>, tensor<1x1x5000x4xf32>, tensor<1x1x5000x4xf32>
  return %y, %lse, %g#0, %g#1, %g#2 : tensor<1x1x3x4xf32>, tensor<1x1x3xf32>, tensor<1x1x3x4xf32>, tensor<1x1x5000x4xf32>, tensor<1x1x5000x4xf32>
}

//--- shared.mlir
// One unit, whose gradient threads share: blocks of rows of the queries, blocks of keys and values. Two heads of queries share the
// keys, as rows; with a causal mask and without one, in numbers of rows and keys that are no whole blocks.
func.func @causal(%q: tensor<300x2x12xf32>, %k: tensor<300x12xf32>, %v: tensor<300x16xf32>, %d: tensor<300x2x16xf32>)
    -> (tensor<300x2x12xf32>, tensor<300x12xf32>, tensor<300x16xf32>) {
  %y, %lse = nn.attention %q, %k, %v [1, 0, 2] x [3, 2] x [3, 4] scores [0, 1, 3] -> [1, 0, 4] {last_key = 0 : i64}
      : tensor<300x2x12xf32>, tensor<300x12xf32>, tensor<300x16xf32> -> tensor<300x2x16xf32>, tensor<2x300xf32> {
  ^bb0(%s: tensor<2x300x300xf32>):
    %t = nn.iota 1 : tensor<2x300x300xi32>
    %key = nn.iota 2 : tensor<2x300x300xi32>
    %keep = nn.compare le %key, %t : tensor<2x300x300xi32>
    %out = nn.constant dense<0xFF800000> : tensor<2x300x300xf32>
    %kept = nn.select %keep, %s, %out : tensor<2x300x300xf32>
    nn.yield emit(%kept : tensor<2x300x300xf32>)
  }
  %p = nn.mul %y, %d : tensor<300x2x16xf32>
  %loss = nn.reduce_sum %p [0, 1, 2] : tensor<300x2x16xf32> -> tensor<f32>
  %dq, %dk, %dv = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<300x2x12xf32>, tensor<300x12xf32>, tensor<300x16xf32>
  return %dq, %dk, %dv : tensor<300x2x12xf32>, tensor<300x12xf32>, tensor<300x16xf32>
}
func.func @all(%q: tensor<150x12xf32>, %k: tensor<200x12xf32>, %v: tensor<200x16xf32>, %d: tensor<150x16xf32>)
    -> (tensor<150x12xf32>, tensor<200x12xf32>, tensor<200x16xf32>) {
  %y, %lse = nn.attention %q, %k, %v [0, 1] x [2, 1] x [2, 3] scores [0, 2] -> [0, 3]
      : tensor<150x12xf32>, tensor<200x12xf32>, tensor<200x16xf32> -> tensor<150x16xf32>, tensor<150xf32> {
  ^bb0(%s: tensor<150x200xf32>):
    nn.yield emit(%s : tensor<150x200xf32>)
  }
  %p = nn.mul %y, %d : tensor<150x16xf32>
  %loss = nn.reduce_sum %p [0, 1] : tensor<150x16xf32> -> tensor<f32>
  %dq, %dk, %dv = nn.gradient %loss wrt %q, %k, %v : tensor<f32> wrt tensor<150x12xf32>, tensor<200x12xf32>, tensor<200x16xf32>
  return %dq, %dk, %dv : tensor<150x12xf32>, tensor<200x12xf32>, tensor<200x16xf32>
}
