// The part of the runtime that programs with validation data are linked with, by the symbol nnc_tune.
// In an object of its own, to which nothing else refers.
#include "runtime/cli/Commands.h"

static const nnc::runtime::CommandEntry tuneEntry{nnc::runtime::tuneCommandTable,
                                                  nnc::runtime::tuneCommand};

extern "C" {
extern const bool nnc_tune;
const bool nnc_tune = (nnc::runtime::tune = &tuneEntry) != nullptr;
}
