// The keys of a train block and of the blocks in it: `loss`, `batch`, `optimizer`, ...
#pragma once

#include "lang/elaborate/interpret/Elaboration.h"

#include <map>
#include <optional>
#include <set>
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
  std::string scope = {}; ///< the beginning of the keys of its numbers
};

/// The keys that hold in one training step: those of the train block, of the phases up to its own,
/// and of its `step` block. Each block may change what those before it have said.
class TrainKeys {
public:
  /// The kinds of block that have keys.
  enum Place { Train = 1, Then = 2, Step = 4 };

  explicit TrainKeys(Elaboration &elaboration)
      : elaboration(elaboration), diagnostics(elaboration.environment.diagnostics) {}

  /// A block that is being read.
  struct Block {
    Place place = Train;
    std::string scope;                       ///< begins the names of its numbers
    std::map<std::string, SourceRange> seen; ///< its keys
  };
  /// The keys that follow stand in another block. Returns the block around it.
  Block enter(Place place, std::string scope);
  void leave(Block outer) { block = std::move(outer); }
  /// Takes patterns off the list of what is frozen.
  void unfreeze(const std::vector<ExpressionPtr> &patterns);
  /// Reports a key that stands in this block already, or does not belong to one of its kind.
  void see(const Identifier &name);
  /// The value of any key but `loss`.
  void read(const std::string &key, const Expression &value);
  /// `batch = examples in parts`.
  void readBatch(const Expression &examples, const Expression *parts);
  /// Reports keys that must be there and are not, nor seem to be meant by another statement.
  void require(SourceRange keyword, const nnc::lang::Block &body);

  /// Once the data is known: the fields by which examples are held out and drawn.
  void finishSelections(const DataInfo &data);

  /// Once the metrics are known: by which of them `stop` decides.
  void finishStop(const Metrics &metrics);

  RecipePart optimizer, clip, perturb, constrain, average;
  std::optional<RecipePart> cached; ///< in this block or the train block's own phase
  /// Patterns of the paths that are not trained, and those that alone are.
  std::vector<Identifier> frozen, trained;
  /// A value of `load`: the paths that fit `to` take the tensors that `from` names. `to` is that of
  /// `as`, and each has one `*` then; else it is `from`.
  struct Load {
    std::string file;
    Identifier from, to;
  };
  std::vector<Load> loads;
  Recipe recipe; ///< its phases are empty
  Phase phase;
  TrainingStep step;

private:
  /// A pattern of paths, or a list of them.
  std::vector<Identifier> patterns(const std::string &key, const Expression &value);
  void readLoad(const Expression &value);
  std::optional<int64_t> positiveInteger(const std::string &key, const Expression &value);
  void readStop(const Expression &value);
  void readValidate(const Expression &value);
  bool readSelection(const std::string &key, const Expression &value,
                     std::initializer_list<std::string_view> manners, Selection &selection,
                     size_t skipped = 0);
  void readPart(RecipePart &part, CallableKind kind, const std::string &key,
                const Expression &value, std::string_view expected);
  void advisePart(DiagnosticBuilder &builder, const RecipePart &part, const std::string &key,
                  const Expression &value);

  Elaboration &elaboration;
  Diagnostics &diagnostics;
  Block block;
  std::set<std::string> everSeen;                     ///< in all blocks
  std::map<std::string, SourceRange> selectionRanges; ///< by key
  struct {
    Identifier metric; // empty: the loss
    std::optional<bool> highest;
  } stop;
};

} // namespace nnc::lang
