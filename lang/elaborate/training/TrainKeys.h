// The keys of a train block: `loss`, `batch`, `optimizer`, ...
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

class Metrics;

/// The names of all keys.
std::span<const std::string_view> trainKeys();
bool isTrainKey(std::string_view name);

/// A value of a key that is something to apply, and where it stands.
struct RecipePart {
  Entity value;
  SourceRange range;
};

class TrainKeys {
public:
  explicit TrainKeys(Elaboration &elaboration)
      : elaboration(elaboration), diagnostics(elaboration.environment.diagnostics) {}

  /// Reports a key that stands there already.
  void see(const Identifier &name);
  /// The value of any key but `loss`; numbers go to the recipe of the program.
  void read(const std::string &key, const Expression &value);
  /// Reports keys that must be there and are not, nor seem to be meant by another statement.
  void require(SourceRange keyword, const Block &body);

  /// Once the metrics are known: by which of them `stop` decides.
  void finishStop(const Metrics &metrics);

  RecipePart optimizer, clip, constrain, average;

private:
  std::optional<int64_t> positiveInteger(const std::string &key, const Expression &value);
  void readStop(const Expression &value);
  void readPart(RecipePart &part, CallableKind kind, const std::string &key,
                const Expression &value, std::string_view expected);
  void advisePart(DiagnosticBuilder &builder, const RecipePart &part, const std::string &key,
                  const Expression &value);

  Elaboration &elaboration;
  Diagnostics &diagnostics;
  std::map<std::string, SourceRange> seen;
  struct {
    Identifier metric; // empty: the loss
    std::optional<bool> highest;
  } stop;
};

} // namespace nnc::lang
