//===- NNOps.td - All operations of the nn dialect ------------------------===//

include "compiler/dialect/NNAttention.td"
include "compiler/dialect/NNElementwise.td"
include "compiler/dialect/NNLearning.td"
include "compiler/dialect/NNReduction.td"
include "compiler/dialect/NNScan.td"
include "compiler/dialect/NNStructure.td"
include "compiler/dialect/NNWindows.td"
