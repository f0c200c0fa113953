// Pictures by programs of other packages, which need not be installed: graphs by Graphviz, charts that
// are no SVG by librsvg.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <optional>
#include <string>

namespace nnc {

/// The file formats that a picture of a graph can have, by the ending of its name: .svg, .png, .pdf
/// need Graphviz, .dot and .gv are its input.
bool isGraphFile(llvm::StringRef path);
/// Returns the content of a file with this ending, or of `-`. Returns nothing and sets `error` if
/// Graphviz is missing, or fails.
std::optional<std::string> renderGraph(const std::string &dot, llvm::StringRef path,
                                       std::string &error);

/// The same of charts: .svg and `-` as they are, .png and .pdf by the program `rsvg-convert`.
bool isChartFile(llvm::StringRef path);
std::optional<std::string> renderChart(const std::string &svg, llvm::StringRef path,
                                       std::string &error);

} // namespace nnc
