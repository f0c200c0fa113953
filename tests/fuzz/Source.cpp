// Feeds the front end with programs that are slightly or entirely wrong; it answers with a program
// or with an error.
// RUN: rm -rf %t && mkdir %t
// RUN: fuzz-source %{fuzz} %t %{examples} %{source}/lang/std %{source}/tests/lang
#include "lang/syntax/ASTPrinter.h"
#include "lang/support/Diagnostics.h"
#include "lang/syntax/Parser.h"
#include "lang/StandardLibrary.h"
#include "lang/elaborate/Elaborate.h"
#include "tests/fuzz/Support.h"
#include "tests/fuzz/TextMutator.h"

using namespace nnc;

namespace {

/// The standard library, parsed once.
const std::vector<const lang::Module *> &standardModules() {
  static lang::SourceManager sources;
  static lang::Diagnostics diagnostics;
  static std::vector<std::unique_ptr<lang::Module>> owned;
  static const std::vector<const lang::Module *> modules = [] {
    std::vector<const lang::Module *> result;
    for (const lang::StandardSource &source : lang::standardSources()) {
      owned.push_back(lang::parse(sources.add(std::string(source.name), std::string(source.text)),
                                  diagnostics));
      result.push_back(owned.back().get());
    }
    return result;
  }();
  return modules;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  lang::SourceManager sources;
  lang::Diagnostics diagnostics;
  const lang::SourceFile &file =
      sources.add("input.nn", std::string(reinterpret_cast<const char *>(data), size));
  std::unique_ptr<lang::Module> module = lang::parse(file, diagnostics);
  (void)lang::printAst(*module);
  if (!diagnostics.hasErrors()) {
    std::optional<lang::Program> program =
        lang::elaborate(*module, standardModules(), diagnostics, {});
    fuzz::require(program.has_value() != diagnostics.hasErrors(), "a program with errors");
  }
  fuzz::require(diagnostics.hasErrors() ==
                    (diagnostics.render(false).find("error[") != std::string::npos),
                "an error is not shown");
  return 0;
}

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t maximum,
                                          unsigned seed) {
  static const std::vector<std::string> vocabulary = nnc::fuzz::splitWords(R"(
    0 1 -1 2 1099511627776 9223372036854775807 1e308 0.0 10% 3.5 "text"
    model layer fn data train predict config init optimizer schedule for if else in param state
    float int bool class where true and or not |> -> <- .. ... @ ( ) [ ] { } _ x n
    sum max mean argmax dense conv relu dropout batch_norm reshape transpose split concat stack
    windows pad freeze weights iota one_hot require)");
  return nnc::fuzz::mutateText(data, size, maximum, seed, vocabulary);
}
