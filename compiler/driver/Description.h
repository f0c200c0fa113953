// Writes `nnc_description`, the JSON text that tells the runtime all it must know about a compiled
// model. runtime/Abi.h documents the schema.
#pragma once

#include "compiler/analysis/BlockLayout.h"
#include "compiler/driver/Vocabularies.h"
#include "compiler/import/ImportProgram.h"
#include "compiler/target/TargetDescription.h"
#include "lang/Program.h"

#include <string>

namespace nnc {

/// `blocks` are those of `assign-arena`; `source` is the program's file under the path that the
/// user gave; `defines` are the values that the user gave to `config` names.
std::string describeModel(const lang::Program &program, const ModuleBlocks &blocks,
                          const lang::SourceFile &source,
                          const std::vector<std::pair<std::string, std::string>> &defines,
                          const Vocabularies &vocabularies, FloatPrecision precision,
                          const TargetDescription &target);

} // namespace nnc
