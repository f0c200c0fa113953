// Implements Globals: collects the declarations of all modules.
#include "lang/elaborate/environment/Globals.h"

namespace nnc::lang {

void Globals::add(Table &table, const Identifier &name, Global global, Diagnostics &diagnostics) {
  if (name.text.empty())
    return;
  auto [found, isNew] = table.emplace(name.text, global);
  if (!isNew)
    diagnostics.report(Diag::Redefinition, name.range, name.text)
        .label(found->second.range, "first declared here");
}

Globals::Globals(const Module &user, std::span<const Module *const> standard,
                 Diagnostics &diagnostics)
    : user(user) {
  auto collect = [&](const Module &module, Table &table) {
    for (const DeclarationPtr &declaration : module.declarations) {
      if (auto *callable = as<CallableDeclaration>(declaration)) {
        add(table, callable->name, {callable, nullptr, callable->name.range}, diagnostics);
      } else if (auto *config = as<ConfigDeclaration>(declaration)) {
        for (const Entry &entry : config->entries)
          add(table, entry.name, {config, &entry, entry.name.range}, diagnostics);
      } else if (auto *block = as<DataDeclaration>(declaration)) {
        auto [found, isNew] = data.emplace(block->name.text, block);
        if (!isNew && !block->name.text.empty())
          diagnostics.report(Diag::Redefinition, block->name.range, block->name.text)
              .label(found->second->name.range, "first declared here");
      }
    }
  };
  collect(user, users);
  for (const Module *module : standard)
    collect(*module, standards);
}

const Global *Globals::find(std::string_view name, bool fromStandard) const {
  if (!fromStandard)
    if (auto found = users.find(name); found != users.end())
      return &found->second;
  auto found = standards.find(name);
  return found == standards.end() ? nullptr : &found->second;
}

const CallableDeclaration *Globals::findModel(std::string_view name) const {
  auto found = users.find(name);
  auto *callable = found == users.end() ? nullptr : found->second.callable();
  return callable && callable->callable == CallableKind::Model ? callable : nullptr;
}

const DataDeclaration *Globals::findData(std::string_view name) const {
  auto found = data.find(name);
  return found == data.end() ? nullptr : found->second;
}

const Global *Globals::findConfig(std::string_view name) const {
  auto found = users.find(name);
  return found == users.end() || !found->second.entry ? nullptr : &found->second;
}

std::vector<std::string> Globals::names(bool fromStandard) const {
  std::vector<std::string> names;
  if (!fromStandard)
    for (const auto &[name, global] : users)
      names.push_back(name);
  for (const auto &[name, global] : standards)
    names.push_back(name);
  return names;
}

std::vector<std::string> Globals::models() const {
  std::vector<std::string> names;
  for (const auto &[name, global] : users)
    if (findModel(name))
      names.push_back(name);
  return names;
}

std::vector<std::string> Globals::configs() const {
  std::vector<std::string> names;
  for (const auto &[name, global] : users)
    if (global.entry)
      names.push_back(name);
  return names;
}

} // namespace nnc::lang
