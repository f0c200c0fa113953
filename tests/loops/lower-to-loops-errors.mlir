// RUN: nn-opt --lower-to-loops --verify-diagnostics --split-input-file %s

#line = affine_map<(d0) -> (d0)>
func.func @dynamic(%x: memref<?xf32>, %y: memref<?xf32>) {
  // expected-error @+1 {{cannot be lowered: has the operand 'memref<?xf32>', which has no static shape with elements, or too many}}
  linalg.generic {indexing_maps = [#line, #line], iterator_types = ["parallel"]}
      ins(%x : memref<?xf32>) outs(%y : memref<?xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

#a = affine_map<(m, n, k) -> (m, k)>
#b = affine_map<(m, n, k) -> (k, n)>
#c = affine_map<(m, n, k) -> (m, n)>
func.func @contraction_without_rows(%x: memref<0x16xf32>, %y: memref<16x8xf32>, %z: memref<0x8xf32>) {
  // expected-error @+1 {{cannot be lowered: has the operand 'memref<0x16xf32>', which has no static shape with elements, or too many}}
  linalg.generic {indexing_maps = [#a, #b, #c], iterator_types = ["parallel", "parallel", "reduction"]}
      ins(%x, %y : memref<0x16xf32>, memref<16x8xf32>) outs(%z : memref<0x8xf32>) {
  ^bb0(%p: f32, %q: f32, %r: f32):
    %s = arith.mulf %p, %q : f32
    %t = arith.addf %r, %s : f32
    linalg.yield %t : f32
  }
  return
}

// -----

#plain = affine_map<(d0, d1) -> (d0, d1)>
func.func @maps(%x: memref<4xf32>, %y: memref<2x2xf32>) {
  // expected-error @+1 {{cannot be lowered: needs linear indexing maps}}
  linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0 mod 2 + d1)>, #plain], iterator_types = ["parallel", "parallel"]}
      ins(%x : memref<4xf32>) outs(%y : memref<2x2xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}

// -----

// The address of an element overflows.
func.func @overflow(%x: memref<1x2xf32>, %y: memref<1xf32>) {
  // expected-error @+1 {{cannot be lowered: needs linear indexing maps}}
  linalg.generic {
      indexing_maps = [affine_map<(d0) -> (d0 * 9223372036854775807, 0)>, affine_map<(d0) -> (d0)>],
      iterator_types = ["parallel"]}
      ins(%x : memref<1x2xf32>) outs(%y : memref<1xf32>) {
  ^bb0(%a: f32, %b: f32):
    linalg.yield %a : f32
  }
  return
}
