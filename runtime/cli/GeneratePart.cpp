// The part of the runtime that programs with a generate block are linked with, by the symbol
// nnc_generate. In an object of its own, to which nothing else refers.
#include "runtime/cli/Commands.h"

static const nnc::runtime::CommandEntry generateEntry{nnc::runtime::generateCommandTable,
                                                      nnc::runtime::generateCommand};

extern "C" {
extern const bool nnc_generate;
const bool nnc_generate = (nnc::runtime::generate = &generateEntry) != nullptr;
}
