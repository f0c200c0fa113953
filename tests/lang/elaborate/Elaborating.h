// Elaborates a text for a test and gives what tests ask about: the program, its functions as text,
// the errors.
#pragma once

#include "lang/syntax/Parser.h"
#include "lang/StandardLibrary.h"
#include "lang/elaborate/Elaborate.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace nnc::lang::testing {

/// The standard library, parsed once.
inline const std::vector<const Module *> &standardModules() {
  static SourceManager sources;
  static Diagnostics diagnostics;
  static std::vector<std::unique_ptr<Module>> owned;
  static const std::vector<const Module *> modules = [] {
    std::vector<const Module *> result;
    for (const StandardSource &source : standardSources()) {
      owned.push_back(
          parse(sources.add(std::string(source.name), std::string(source.text)), diagnostics));
      result.push_back(owned.back().get());
    }
    EXPECT_EQ(diagnostics.render(), "") << "the standard library does not parse";
    return result;
  }();
  return modules;
}

/// Every vocabulary has 65 pieces: tests of the front end read no files.
class FixedVocabularies final : public VocabularyReader {
public:
  std::optional<int64_t> vocabularySize(const DataInfo &, const DataField &,
                                        std::string &) override {
    return 65;
  }
  std::vector<CategoryCount> categoryCounts(const DataInfo &data) override {
    auto count = std::ranges::count_if(data.fields, &DataField::categories);
    return std::vector<CategoryCount>(static_cast<size_t>(count), {5, ""});
  }
};

class Elaborated {
public:
  explicit Elaborated(std::string text,
                      std::vector<std::pair<std::string, std::string>> settings = {}) {
    const SourceFile &file = sources.add("test.nn", std::move(text));
    user = parse(file, diagnostics);
    FixedVocabularies vocabularies;
    program = elaborate(*user, standardModules(), diagnostics,
                        ElaborateOptions{std::move(settings), &vocabularies});
  }

  /// The program, which must be there.
  const Program &good() {
    EXPECT_TRUE(program.has_value()) << diagnostics.render();
    static const Program none;
    return program ? *program : none;
  }
  const Function &function(const std::string &name) {
    for (const Function &function : good().functions)
      if (function.name == name)
        return function;
    ADD_FAILURE() << "no function " << name;
    static const Function none;
    return none;
  }
  /// The operations of a function as text, without its arguments and results.
  std::string operations(const std::string &name) {
    std::string result;
    for (const std::string &line : lines(printFunction(function(name))))
      if (line.find(" = ") != std::string::npos && line.find("->") == std::string::npos)
        result += line.substr(2) + "\n";
    return result;
  }
  /// How often an operation stands in a function.
  int count(const std::string &name, const std::string &operation) {
    int count = 0;
    for (const Operation &one : function(name).operations)
      count += one.name == operation;
    return count;
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> result;
    for (const Diagnostic *diagnostic : diagnostics.sorted())
      result.push_back(std::string(diagnostic->info->id) + ": " + diagnostic->message);
    return result;
  }

  static std::vector<std::string> lines(const std::string &text) {
    std::vector<std::string> result;
    for (size_t begin = 0; begin < text.size();) {
      size_t end = text.find('\n', begin);
      result.push_back(text.substr(begin, end - begin));
      begin = end == std::string::npos ? text.size() : end + 1;
    }
    return result;
  }

  SourceManager sources;
  Diagnostics diagnostics;
  std::unique_ptr<Module> user;
  std::optional<Program> program;
};

/// A model `m` with a train block around it, for what needs one.
inline std::string trained(const std::string &model,
                           const std::string &keys = "optimizer = sgd(0.1)") {
  return "data points {\n  x: float[4]\n  label: class[3]\n  train = csv(\"points.csv\")\n}\n" +
         model +
         "\ntrain m on points {\n  logits = m(x)\n  loss = cross_entropy(logits, label)\n  epochs "
         "= 1\n" +
         keys + "\n}\n";
}

} // namespace nnc::lang::testing
