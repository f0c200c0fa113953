// The part of the runtime that programs with such data are linked with, by the symbol nnc_cifar. In an
// object of its own, to which nothing else refers.
#include "runtime/data/Readers.h"
#include "runtime/data/Cifar.h"

extern "C" {
extern const bool nnc_cifar;
const bool nnc_cifar = (nnc::runtime::cifarReader = nnc::runtime::readCifarSplit) != nullptr;
}
