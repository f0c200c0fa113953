// Implements InputBlock: conversion of the stored types, padding, weights.
#include "runtime/exec/InputBlock.h"

#include "runtime/support/Error.h"

#include <algorithm>
#include <cstring>

namespace nnc::runtime {

InputBlock::InputBlock(const Function &function, const Dataset &dataset)
    : batch(function.batch), inputs(function.inputBytes) {
  for (const InputField &field : function.fields) {
    if (field.kind == InputKind::ExampleWeight) {
      weight = &field;
      continue;
    }
    if (field.kind == InputKind::Total)
      continue;
    const FieldData *source = dataset.field(field.name);
    if (!source)
      fail("the data has no field '%s'", field.name.c_str());
    if (field.kind == InputKind::Length) {
      if (!source->padded)
        fail("field '%s' of the data has no lengths", field.name.c_str());
      lengths.push_back({source, field.offset});
      continue;
    }
    int64_t elements = field.elementsPerExample();
    Shape shape(field.shape.begin() + 1, field.shape.end()), longest = shape;
    int64_t length = 0;
    bool fits = !source->padded || shape.size() == source->shape.size();
    if (source->padded && fits) {
      length = shape[*source->padded];
      longest[*source->padded] = std::max(length, source->shape[*source->padded]);
    }
    if (!fits || elementCount(source->shape) != elementCount(longest))
      fail("field '%s' of the data is %s, the model takes %s", field.name.c_str(),
           describe(source->shape).c_str(), describe(shape).c_str());
    copies.push_back({source, field.dtype, elements, length,
                      static_cast<size_t>(elements) * sizeOf(field.dtype), field.offset});
  }
}

/// All quotients of a byte by 255, correctly rounded.
template <typename T> struct ByteFractions {
  T values[256];
  constexpr ByteFractions() : values() {
    for (int i = 0; i < 256; ++i)
      values[i] = static_cast<T>(i) / static_cast<T>(255);
  }
};
static constexpr ByteFractions<float> floatFractions;
static constexpr ByteFractions<double> doubleFractions;

template <typename T>
static void scaleBytes(const char *source, char *destination, int64_t count, const T *fractions) {
  const unsigned char *from = reinterpret_cast<const unsigned char *>(source);
  T *to = reinterpret_cast<T *>(destination);
  for (int64_t i = 0; i < count; ++i)
    to[i] = fractions[from[i]];
}

/// Copies `count` elements of a field into a batch.
static void copyElements(const char *from, DType storage, char *to, DType target, int64_t count) {
  if (storage == target)
    std::memcpy(to, from, static_cast<size_t>(count) * sizeOf(target));
  else if (storage == DType::U8 && target == DType::F32)
    scaleBytes(from, to, count, floatFractions.values);
  else if (storage == DType::U8 && target == DType::F64)
    scaleBytes(from, to, count, doubleFractions.values);
  else
    convertElements(from, storage, to, target, count);
}

/// Copies an example of a padded field, and pads it with zeros to `most` positions.
static void copyPadded(const FieldData &field, int64_t example, int64_t most, char *to,
                       DType target) {
  int64_t inner = 1, outer = 1;
  for (size_t axis = 0; axis < field.shape.size(); ++axis)
    if (axis != *field.padded)
      (axis < *field.padded ? outer : inner) *= field.shape[axis];
  int64_t given = field.length(example) * inner, row = most * inner;
  const char *from = field.data(example);
  size_t sourceSize = sizeOf(field.storage), targetSize = sizeOf(target);
  for (int64_t i = 0; i < outer; ++i) {
    copyElements(from, field.storage, to, target, given);
    std::memset(to + static_cast<size_t>(given) * targetSize, 0,
                static_cast<size_t>(row - given) * targetSize);
    from += static_cast<size_t>(given) * sourceSize;
    to += static_cast<size_t>(row) * targetSize;
  }
}

/// Asks for the beginning of an example. The rows of a batch lie anywhere in memory, so that the
/// processor does not foresee them.
static void prefetchExample(const FieldData &field, int64_t example) {
  constexpr size_t line = 64, most = 4096;
  const char *data = field.data(example);
  const size_t bytes = static_cast<size_t>(field.elements(example)) * sizeOf(field.storage);
  for (size_t offset = 0; offset < std::min(bytes, most); offset += line)
    __builtin_prefetch(data + offset);
}

void InputBlock::assemble(const int64_t *rows, int64_t count, int64_t thread, int64_t threads) {
  int64_t begin = batch * thread / threads, end = batch * (thread + 1) / threads;
  for (const Copy &copy : copies) {
    const FieldData &source = *copy.source;
    constexpr int64_t ahead = 4;
    for (int64_t i = begin; i < end; ++i) {
      if (i + ahead < std::min(end, count))
        prefetchExample(source, rows[i + ahead]);
      int64_t row = rows[i < count ? i : i % count];
      char *to = inputs.data() + copy.offset + static_cast<size_t>(i) * copy.targetBytes;
      if (source.padded)
        copyPadded(source, row, copy.length, to, copy.target);
      else
        copyElements(source.data(row), source.storage, to, copy.target, copy.elements);
    }
  }
  for (const LengthCopy &copy : lengths) {
    for (int64_t i = begin; i < end; ++i) {
      int32_t length = static_cast<int32_t>(copy.source->length(rows[i < count ? i : i % count]));
      std::memcpy(inputs.data() + copy.offset + static_cast<size_t>(i) * sizeof length, &length,
                  sizeof length);
    }
  }
  if (!weight)
    return;
  for (int64_t i = begin; i < end; ++i) {
    char *to = inputs.data() + weight->offset + static_cast<size_t>(i) * sizeOf(weight->dtype);
    if (weight->dtype == DType::F32)
      *reinterpret_cast<float *>(to) = i < count ? 1.0f / static_cast<float>(count) : 0.0f;
    else
      *reinterpret_cast<double *>(to) = i < count ? 1.0 / static_cast<double>(count) : 0.0;
  }
}

} // namespace nnc::runtime
