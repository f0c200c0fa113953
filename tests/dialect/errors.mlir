// Every constraint of the operations.
// RUN: nn-opt %s --split-input-file --verify-diagnostics

func.func @f(%x: tensor<2xi32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, 1 to 2^42 bytes in all, but got 'tensor<2xi32>'}}
  %0 = nn.exp %x : tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<?xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, 1 to 2^42 bytes in all, but got 'tensor<?xf32>'}}
  %0 = nn.exp %x : tensor<?xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{requires the same type for all operands and results}}
  %0 = "nn.add"(%x, %y) : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{requires all operands to have the same type}}
  %0 = "nn.compare"(%x, %y) <{predicate = 0 : i32}> : (tensor<2xf32>, tensor<3xf32>) -> tensor<2xi1>
  return
}

// -----

func.func @f(%x: tensor<2xf32>) {
  // expected-error @+1 {{all non-scalar operands/results must have the same shape and base type}}
  %0 = "nn.compare"(%x, %x) <{predicate = 0 : i32}> : (tensor<2xf32>, tensor<2xf32>) -> tensor<3xi1>
  return
}

// -----

func.func @f(%c: tensor<3xi1>, %x: tensor<2xf32>) {
  // expected-error @+1 {{the condition has the shape of the result and element type i1}}
  %0 = "nn.select"(%c, %x, %x) : (tensor<3xi1>, tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{requires the same shape for all operands and results}}
  %0 = nn.convert %x : tensor<2x3xf32> -> tensor<3xf64>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{has dimension 2, which is not in [0, 2)}}
  %0 = nn.iota 2 : tensor<2x3xi32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{changes the element type from 'f32' to 'f64'}}
  %0 = nn.broadcast %x [0, 1] : tensor<2x3xf32> -> tensor<2x3xf64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 1 entries in `dims` for 2 dimensions}}
  %0 = nn.broadcast %x [0] : tensor<2x3xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 0 after 1 in `dims`; they must increase}}
  %0 = nn.broadcast %x [1, 0] : tensor<2x3xf32> -> tensor<3x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 3 in `dims`, which is not in [0, 3)}}
  %0 = nn.broadcast %x [0, 3] : tensor<2x3xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{maps dimension 1 of 3 elements to dimension 2 of 4}}
  %0 = nn.broadcast %x [0, 2] : tensor<2x3xf32> -> tensor<2x3x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{turns 6 elements into 8}}
  %0 = nn.reshape %x : tensor<2x3xf32> -> tensor<8xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{changes the element type from 'f32' to 'f64'}}
  %0 = nn.reshape %x : tensor<2x3xf32> -> tensor<6xf64>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 1 entries in `permutation` for 2 dimensions}}
  %0 = nn.transpose %x [0] : tensor<2x3xf32> -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has [0, 0], which is not a permutation of 2 dimensions}}
  %0 = nn.transpose %x [0, 0] : tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has result 'tensor<2x3xf32>', but its operands give 'tensor<3x2xf32>'}}
  %0 = nn.transpose %x [1, 0] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 1 entries in `offsets` for 2 dimensions}}
  %0 = nn.slice %x [0] [2, 3] [1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 1 entries in `sizes` for 2 dimensions}}
  %0 = nn.slice %x [0, 0] [2] [1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 3 entries in `strides` for 2 dimensions}}
  %0 = nn.slice %x [0, 0] [2, 3] [1, 1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{takes 2 elements from -1 in steps of 1 of dimension 0; the offset must be at least 0, size and stride at least 1}}
  %0 = nn.slice %x [-1, 0] [2, 3] [1, 1] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{reads element 1 + (2 - 1) * 2 = 3 of dimension 1, which has 3 elements}}
  %0 = nn.slice %x [0, 1] [2, 2] [1, 2] : tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 1 entries in `low` for 2 dimensions}}
  %0 = nn.pad %x [0] [0, 0] value 0.0 : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{adds 0 and -1 elements to dimension 1; neither may be negative or above 4398046511104}}
  %0 = nn.pad %x [0, 0] [0, -1] value 0.0 : tensor<2x3xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f() {
  // expected-error @+1 {{has no input}}
  %0 = "nn.concat"() <{dim = 0 : i64}> : () -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3xf32>) {
  // expected-error @+1 {{joins 'tensor<2x3xf32>' and 'tensor<3xf32>'}}
  %0 = nn.concat %x, %y dim 0 : tensor<2x3xf32>, tensor<3xf32> -> tensor<3x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) {
  // expected-error @+1 {{joins along dimension 0, but dimension 1 has 3 elements in input 0 and 4 in input 1}}
  %0 = nn.concat %x, %y dim 0 : tensor<2x3xf32>, tensor<2x4xf32> -> tensor<4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 2, which is not in [0, 2)}}
  %0 = nn.concat %x dim 2 : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 2 in `dims`, which is not in [0, 2)}}
  %0 = nn.reverse %x [2] : tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{has 2 batch dimensions, but operands 'tensor<2x3xf32>' and 'tensor<2xi32>'}}
  %0 = nn.gather %x, %i batch_dims 2 : tensor<2x3xf32>, tensor<2xi32> -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<4xi32>) {
  // expected-error @+1 {{has batch dimension 0 of 2 elements in the data and 4 in the indices}}
  %0 = nn.gather %x, %i batch_dims 1 : tensor<2x3xf32>, tensor<4xi32> -> tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<2x3xi32>) {
  // expected-error @+1 {{has 2 batch dimensions and so no dimension of 'tensor<2x3xf32>' to look up in}}
  %0 = nn.gather %x, %i batch_dims 2 : tensor<2x3xf32>, tensor<2x3xi32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<0x3xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float or 32-bit signless integer or 64-bit signless integer or 1-bit signless integer values, 1 to 2^42 bytes in all, but got 'tensor<0x3xf32>'}}
  %0 = nn.gather %x, %i batch_dims 0 : tensor<0x3xf32>, tensor<2xi32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<3xi32>) {
  // expected-error @+1 {{has updates 'tensor<2x3xf32>', whose shape does not begin with that of the indices, 'tensor<3xi32>'}}
  %0 = nn.scatter_add %x, %i batch_dims 0 size 4 : tensor<2x3xf32>, tensor<3xi32> -> tensor<4x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %i: tensor<2xi32>) {
  // expected-error @+1 {{attribute 'size' failed to satisfy constraint: 64-bit signless integer attribute whose value is positive}}
  %0 = nn.scatter_add %x, %i batch_dims 0 size 0 : tensor<2x3xf32>, tensor<2xi32> -> tensor<0x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 2 in `dims`, which is not in [0, 2)}}
  %0 = nn.reduce_sum %x [2] : tensor<2x3xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has result 'tensor<3xf32>', but its operands give 'tensor<2xf32>'}}
  %0 = nn.reduce_max %x [1] : tensor<2x3xf32> -> tensor<3xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has dimension 2, which is not in [0, 2)}}
  %0 = nn.argmax %x dim 2 : tensor<2x3xf32> -> tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<2x0xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float or 32-bit signless integer or 64-bit signless integer values, 1 to 2^42 bytes in all, but got 'tensor<2x0xf32>'}}
  %0 = nn.argmax %x dim 1 : tensor<2x0xf32> -> tensor<2xi32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf64>) {
  // expected-error @+1 {{multiplies 'f32' by 'f64'}}
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 2] : tensor<2x3xf32>, tensor<3x4xf64> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has 1 labels [0] for lhs 'tensor<2x3xf32>'}}
  %0 = nn.contract %x, %y [0] x [1, 2] -> [0, 2] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label -1, which is not in [0, 2147483648)}}
  %0 = nn.contract %x, %y [0, -1] x [-1, 2] -> [0, 2] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 1 twice in [1, 1] of rhs}}
  %0 = nn.contract %x, %y [0, 1] x [1, 1] -> [0] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 0 for 2 elements (dimension 0 of lhs) and for 4 (dimension 1 of rhs)}}
  %0 = nn.contract %x, %y [0, 1] x [1, 0] -> [0] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 7 in the result, which no operand has}}
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 7] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 0 twice in [0, 0] of the result}}
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 0] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x2xf32>
  return
}

// -----

func.func @f(%s: tensor<2xi64>) {
  // expected-error @+1 {{operand #0 must be tensor<i64>, but got 'tensor<2xi64>'}}
  %0 = "nn.random_uniform"(%s, %s) <{stream = 0 : i64}> : (tensor<2xi64>, tensor<2xi64>) -> tensor<4xf32>
  return
}

// -----

func.func @f(%s: tensor<i64>) {
  // expected-error @+1 {{has stream 4294967296, but streams are below 2^32}}
  %0 = nn.random_normal %s, %s stream 4294967296 : tensor<4xf32>
  return
}

// -----

func.func @f(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{operand #0 must be 0D tensor of 32-bit float or 64-bit float values, but got 'tensor<2x3xf32>'}}
  %0 = nn.gradient %x wrt %x : tensor<2x3xf32> wrt tensor<2x3xf32>
  return
}

// -----

func.func @windows_too_large(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'nn.windows' op has windows that reach over 5 elements, but dimension 0 has 4}}
  %0 = nn.windows %x [0] sizes [3] strides [1] dilations [2] : tensor<4x8xf32> -> tensor<1x8x3xf32>
  return
}

// -----

func.func @windows_stride(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'nn.windows' op has windows of 3 elements, stride 0 and dilation 1 along dimension 1; each must be at least 1}}
  %0 = nn.windows %x [1] sizes [3] strides [0] dilations [1] : tensor<4x8xf32> -> tensor<4x6x3xf32>
  return
}

// -----

func.func @windows_lists(%x: tensor<4x8xf32>) {
  // expected-error @+1 {{'nn.windows' op has 1 entries in `sizes` for 2 dimensions}}
  %0 = nn.windows %x [0, 1] sizes [3] strides [1, 1] dilations [1, 1] : tensor<4x8xf32> -> tensor<2x6x3xf32>
  return
}

// -----

func.func @overlap_positions(%x: tensor<3x8x3xf32>) {
  // expected-error @+1 {{'nn.overlap_add' op has 3 positions along dimension 0, but 4 elements have 2}}
  %0 = nn.overlap_add %x [0] extents [4] strides [1] dilations [1] : tensor<3x8x3xf32> -> tensor<4x8xf32>
  return
}

// -----

func.func @overlap_rank(%x: tensor<3xf32>) {
  // expected-error @+1 {{'nn.overlap_add' op has windows along 1 dimensions of 'tensor<3xf32>', which has too few dimensions for that}}
  %0 = nn.overlap_add %x [0] extents [4] strides [1] dilations [1] : tensor<3xf32> -> tensor<4xf32>
  return
}

// -----

// Sizes and indices beyond what 64 bits hold.

func.func @elements(%x: tensor<4294967296x4294967296x4294967296xf32>) {
  // expected-error @+1 {{operand #0 must be statically shaped tensor of 32-bit float or 64-bit float values, 1 to 2^42 bytes in all}}
  %0 = nn.exp %x : tensor<4294967296x4294967296x4294967296xf32>
  return
}

// -----

func.func @contract_label(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 9223372036854775807, which is not in [0, 2147483648)}}
  %0 = nn.contract %x, %y [0, 9223372036854775807] x [9223372036854775807, 2] -> [0, 2] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @contract_result_label(%x: tensor<2x3xf32>, %y: tensor<3x4xf32>) {
  // expected-error @+1 {{has label 9223372036854775807 in the result, which no operand has}}
  %0 = nn.contract %x, %y [0, 1] x [1, 2] -> [0, 9223372036854775807] : tensor<2x3xf32>, tensor<3x4xf32> -> tensor<2x4xf32>
  return
}

// -----

func.func @slice_offset(%x: tensor<4xf32>) {
  // expected-error @+1 {{reads element 9223372036854775807 + (2 - 1) * 9223372036854775807 = 18446744073709551614 of dimension 0, which has 4 elements}}
  %0 = nn.slice %x [9223372036854775807] [2] [9223372036854775807] : tensor<4xf32> -> tensor<2xf32>
  return
}

// -----

func.func @slice_stride(%x: tensor<4xf32>) {
  // expected-error @+1 {{reads element 0 + (3 - 1) * 9223372036854775807 = 18446744073709551614 of dimension 0}}
  %0 = nn.slice %x [0] [3] [9223372036854775807] : tensor<4xf32> -> tensor<3xf32>
  return
}

// -----

func.func @pad(%x: tensor<4xf32>) {
  // expected-error @+1 {{adds 9223372036854775807 and 1 elements to dimension 0; neither may be negative or above 4398046511104}}
  %0 = nn.pad %x [9223372036854775807] [1] value 0.0 : tensor<4xf32> -> tensor<4xf32>
  return
}

// -----

func.func @windows(%x: tensor<4xf32>) {
  // expected-error @+1 {{has windows that reach over 9223372036854775807 elements, but dimension 0 has 4}}
  %0 = nn.windows %x [0] sizes [3] strides [1] dilations [9223372036854775807] : tensor<4xf32> -> tensor<2x3xf32>
  return
}

// -----

func.func @overlap_add(%x: tensor<2x3xf32>) {
  // expected-error @+1 {{has 2 positions along dimension 0, but 9223372036854775807 elements have 9223372036854775805}}
  %0 = nn.overlap_add %x [0] extents [9223372036854775807] strides [1] dilations [1] : tensor<2x3xf32> -> tensor<4xf32>
  return
}

// -----

func.func @constant() {
  // expected-error @+1 {{has elements that are not listed: sparse<0, 1.000000e+00> : tensor<4xf32>}}
  %0 = nn.constant sparse<0, 1.0> : tensor<4xf32>
  return
}

// -----

// The signatures of functions.

// expected-error @+1 {{has an argument 0 whose nn.kind is not of the form #nn.kind<input>}}
func.func @kind(%x: tensor<4xf32> {nn.kind = "input"}) {
  return
}

// -----

// expected-error @+1 {{has a result 0 of kind input, which a result cannot be}}
func.func @result_kind(%x: tensor<4xf32>) -> (tensor<4xf32> {nn.kind = #nn.kind<input>}) {
  return %x : tensor<4xf32>
}

// -----

// expected-error @+1 {{has an argument 1 whose nn.name is not a string}}
func.func @name(%x: tensor<4xf32>, %y: tensor<4xf32> {nn.name = 1}) {
  return
}

// -----

// expected-error @+1 {{has an argument 0 of kind state and type 'tensor<4xindex>'; the dialect has no such tensor type}}
func.func @argument_type(%x: tensor<4xindex> {nn.kind = #nn.kind<state>}) {
  return
}

// -----

// expected-error @+1 {{has an argument 0 of kind input and type 'tensor<0xf32>'; the dialect has no such tensor type}}
func.func @argument_size(%x: tensor<0xf32> {nn.kind = #nn.kind<input>}) {
  return
}

// -----

// expected-error @+1 {{'nn.abs' op stands outside of the body of a function}}
%x = nn.abs %x : tensor<5x7xi32>
