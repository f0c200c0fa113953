//===- NNOps.td - All operations of the nn dialect ------------------------===//

include "compiler/Dialect/NNElementwise.td"
include "compiler/Dialect/NNLearning.td"
include "compiler/Dialect/NNReduction.td"
include "compiler/Dialect/NNStructure.td"
include "compiler/Dialect/NNWindows.td"
