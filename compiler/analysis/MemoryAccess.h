// Which bytes of memory a kernel touches, and which thread touches which of them: the walk from a
// memref to the block that it lies in, and the ranges in which barriers and caches are planned.
#pragma once

#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace nnc {

/// Which thread touches which part of a range of memory.
struct Ownership {
  enum Kind {
    FirstThread, // all of it by thread 0
    Units,       // byte (offset - base) / unitBytes % units by the thread that has this unit
    Everyone     // any of it by any thread
  };
  Kind kind = Everyone;
  int64_t base = 0;
  int64_t unitBytes = 0;
  int64_t units = 0;
  int64_t periodBytes = 0;
  bool operator==(const Ownership &) const = default;
};

/// Bytes of an element in memory; a truth value takes one.
int64_t elementBytes(mlir::Type type);

struct Access {
  mlir::Value block; // the origin of the range: a block of the function, or some other memref
  int64_t begin = 0, end = 0; // bytes
  bool write = false;
  Ownership ownership;
};

/// The bytes that a memref covers; the whole of its root where that is not known.
Access wholeAccess(mlir::Value memref, bool write);

/// The memref that a chain of subviews, casts and changes of shape starts from. All of these keep
/// its base pointer, from which the offsets in memref types count.
mlir::Value rootOf(mlir::Value memref);

/// The block that a memref is a view of, and the byte in it from which the memref's offset
/// counts.
std::pair<mlir::Value, int64_t> blockOf(mlir::Value memref);

} // namespace nnc
