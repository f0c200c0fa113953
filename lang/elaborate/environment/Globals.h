// The declarations of the user's file and of the standard library, by name.
#pragma once

#include "lang/support/Diagnostics.h"
#include "lang/syntax/AST.h"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nnc::lang {

/// A callable by its name, or an entry of a config.
struct Global {
  const Declaration *declaration = nullptr;
  const Entry *entry = nullptr;
  SourceRange range;

  /// The callable; null for an entry of a config.
  const CallableDeclaration *callable() const {
    return entry ? nullptr : as<CallableDeclaration>(declaration);
  }
};

class Globals {
public:
  /// Reports names that are declared twice.
  Globals(const Module &user, std::span<const Module *const> standard, Diagnostics &diagnostics);

  /// The user's declarations hide those of the library, but not from the library itself.
  const Global *find(std::string_view name, bool fromStandard) const;
  const CallableDeclaration *findModel(std::string_view name) const;
  const DataDeclaration *findData(std::string_view name) const;
  const Global *findConfig(std::string_view name) const;

  bool inStandard(SourceRange range) const { return range.valid() && range.file != user.file; }

  std::vector<std::string> names(bool fromStandard) const;
  std::vector<std::string> models() const;
  std::vector<std::string> configs() const;
  /// In the order of their names.
  const std::map<std::string, const DataDeclaration *, std::less<>> &dataBlocks() const {
    return data;
  }

  const Module &user;

private:
  using Table = std::map<std::string, Global, std::less<>>;
  void add(Table &table, const Identifier &name, Global global, Diagnostics &diagnostics);

  Table users, standards;
  std::map<std::string, const DataDeclaration *, std::less<>> data;
};

} // namespace nnc::lang
