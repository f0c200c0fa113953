// Functions of saved values that one product reads: computed as the product reads its operand, and never in memory.
// RUN: nn-opt %s --nn-stage-linalg | FileCheck %s
// RUN: nn-opt %s --nn-stage-linalg --remarks-filter=fusion --remark-format=emitRemark -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK
// RUN: nn-opt %s --nn-stage-linalg | nn-opt --nn-stage-loops=target-cpu=x86-64-v3 | FileCheck %s --check-prefix=LOOPS
// RUN: nn-verify %s --threads=1 && nn-verify %s --threads=3

// The function becomes a kernel of its own: the other one computes the saved value alone.
// CHECK-LABEL: func.func @saved
// CHECK: %[[H:.*]] = linalg.generic {{.*}} ins(%{{.*}}, %{{.*}} : tensor<40x70xf32>, tensor<70xf32>)
// CHECK-NOT: math.exp
// CHECK: %[[G:.*]] = linalg.generic {{.*}} ins(%[[H]] : tensor<40x70xf32>) {{.*}} {nn.prologue}
// CHECK: math.exp
// CHECK: linalg.generic {{.*}} ins(%[[G]], %{{.*}} : tensor<40x70xf32>, tensor<70x50xf32>)
// REMARK: Category:fusion | Function=saved | Remark="an operand is computed as the product reads it, from a value that is saved: 11200 bytes less in memory
// LOOPS-LABEL: func.func @nnc_saved
// LOOPS-SAME: arena_bytes = 0
func.func @saved(%x: tensor<40x30xf32>, %v: tensor<30x70xf32>, %b: tensor<70xf32>, %w: tensor<70x50xf32>)
    -> (tensor<40x70xf32>, tensor<40x50xf32>) attributes {nn.recompute = {bytes = 0 : i64, operations = 0 : i64, values = []}} {
  %p = nn.contract %x, %v [0, 1] x [1, 2] -> [0, 2] : tensor<40x30xf32>, tensor<30x70xf32> -> tensor<40x70xf32>
  %c = nn.broadcast %b [1] : tensor<70xf32> -> tensor<40x70xf32>
  %h = nn.add %p, %c : tensor<40x70xf32>
  %e = nn.exp %h : tensor<40x70xf32>
  %y = nn.contract %e, %w [0, 1] x [1, 2] -> [0, 2] : tensor<40x70xf32>, tensor<70x50xf32> -> tensor<40x50xf32>
  return %h, %y : tensor<40x70xf32>, tensor<40x50xf32>
}

// Both operands, in other orders, and an epilogue. Lanes that do not exist must not be summed: exp(0) is 1.
// CHECK-LABEL: func.func @both
// CHECK-COUNT-2: {nn.prologue}
func.func @both(%x: tensor<37x9xf32>, %z: tensor<5x37xf32>, %b: tensor<5xf32>)
    -> (tensor<37x9xf32>, tensor<5x37xf32>, tensor<9x5xf32>) attributes {nn.recompute = {bytes = 0 : i64, operations = 0 : i64, values = []}} {
  %h = nn.sin %x : tensor<37x9xf32>
  %g = nn.cos %z : tensor<5x37xf32>
  %e = nn.exp %h : tensor<37x9xf32>
  %f = nn.exp %g : tensor<5x37xf32>
  %s = nn.contract %e, %f [0, 1] x [2, 0] -> [1, 2] : tensor<37x9xf32>, tensor<5x37xf32> -> tensor<9x5xf32>
  %c = nn.broadcast %b [1] : tensor<5xf32> -> tensor<9x5xf32>
  %y = nn.mul %s, %c : tensor<9x5xf32>
  return %h, %g, %y : tensor<37x9xf32>, tensor<5x37xf32>, tensor<9x5xf32>
}

// A sum of products along lanes.
func.func @dot(%x: tensor<37xf32>, %z: tensor<37xf32>)
    -> (tensor<37xf32>, tensor<f32>) attributes {nn.recompute = {bytes = 0 : i64, operations = 0 : i64, values = []}} {
  %h = nn.sin %x : tensor<37xf32>
  %e = nn.exp %h : tensor<37xf32>
  %y = nn.contract %e, %z [0] x [0] -> [] : tensor<37xf32>, tensor<37xf32> -> tensor<f32>
  return %h, %y : tensor<37xf32>, tensor<f32>
}

// Not where nothing is recomputed to save memory, nor where the value has another reader, nor where its input is of no use
// for anything else: then the result takes the input's place.
// CHECK-LABEL: func.func @plain
// CHECK-NOT: nn.prologue
func.func @plain(%x: tensor<40x70xf32>, %w: tensor<70x50xf32>) -> (tensor<40x70xf32>, tensor<40x50xf32>) {
  %h = nn.sin %x : tensor<40x70xf32>
  %e = nn.exp %h : tensor<40x70xf32>
  %y = nn.contract %e, %w [0, 1] x [1, 2] -> [0, 2] : tensor<40x70xf32>, tensor<70x50xf32> -> tensor<40x50xf32>
  return %h, %y : tensor<40x70xf32>, tensor<40x50xf32>
}
func.func @readers(%x: tensor<40x70xf32>, %w: tensor<70x50xf32>)
    -> (tensor<40x70xf32>, tensor<40x70xf32>, tensor<40x50xf32>) attributes {nn.recompute = {bytes = 0 : i64, operations = 0 : i64, values = []}} {
  %h = nn.sin %x : tensor<40x70xf32>
  %e = nn.exp %h : tensor<40x70xf32>
  %y = nn.contract %e, %w [0, 1] x [1, 2] -> [0, 2] : tensor<40x70xf32>, tensor<70x50xf32> -> tensor<40x50xf32>
  return %h, %e, %y : tensor<40x70xf32>, tensor<40x70xf32>, tensor<40x50xf32>
}
func.func @chain(%x: tensor<40x30xf32>, %v: tensor<30x70xf32>, %w: tensor<70x50xf32>)
    -> tensor<40x50xf32> attributes {nn.recompute = {bytes = 0 : i64, operations = 0 : i64, values = []}} {
  %h = nn.contract %x, %v [0, 1] x [1, 2] -> [0, 2] : tensor<40x30xf32>, tensor<30x70xf32> -> tensor<40x70xf32>
  %e = nn.exp %h : tensor<40x70xf32>
  %y = nn.contract %e, %w [0, 1] x [1, 2] -> [0, 2] : tensor<40x70xf32>, tensor<70x50xf32> -> tensor<40x50xf32>
  return %y : tensor<40x50xf32>
}
