// `--dump-after`: writes the module after passes into a folder, numbered in the order in which they
// ran.
#pragma once

#include "mlir/Pass/PassInstrumentation.h"

#include <memory>
#include <string>

namespace nnc {

/// `pass` is a pass's command-line name or `all`. Files are named `NN-PASS.mlir` below `folder`,
/// which is created.
std::unique_ptr<mlir::PassInstrumentation> createDumpInstrumentation(std::string pass,
                                                                     std::string folder);

} // namespace nnc
