// Helpers of the front end's unit tests: parse a text and keep everything that the result refers
// to.
#pragma once

#include "lang/syntax/ASTPrinter.h"
#include "lang/syntax/Parser.h"

#include <memory>
#include <string>

namespace nnc::lang {

struct Parsed {
  explicit Parsed(std::string text)
      : file(sources.add("test.nn", std::move(text))), module(parse(file, diagnostics)) {}

  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile &file;
  std::unique_ptr<Module> module;
};

} // namespace nnc::lang
