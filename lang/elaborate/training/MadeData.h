// Made data, `train = made(2000) { ... }`: the block as a function that computes the fields of one
// example from random numbers and from the example's number.
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <memory>

namespace nnc::lang {

/// The name of the reader, and those that its block has besides the names of the file.
inline constexpr std::string_view madeReader = "made", madeNames[] = {"example", "examples"};

/// The call with a block of a split with made data; null for another split.
const CallExpression *findMade(const Entry &entry);

class MadeData {
public:
  explicit MadeData(Elaboration &elaboration)
      : elaboration(elaboration), environment(elaboration.environment),
        emitter(elaboration.emitter) {}

  /// The function of a split, whose call this is. Its results are the fields.
  std::unique_ptr<Pass> pass(const CallExpression &call, const DataInfo &info,
                             const DataSplit &split);

private:
  void addField(const DataField &field, const Entity &value, SourceRange range);

  Elaboration &elaboration;
  Environment &environment;
  Emitter &emitter;
};

} // namespace nnc::lang
