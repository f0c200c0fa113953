// The pieces that charts are drawn with: elements of SVG as text.
#pragma once

#include "compiler/report/Chart.h"

namespace nnc::report {

class Scale;

constexpr unsigned colours = 10;    ///< the classes c0 to c9 of the style
constexpr double letterWidth = 6.6; ///< usual, of the font
constexpr double wideLetter = 7.5;  ///< of titles and of words that nothing may cover

/// A coordinate with two digits behind the point at most.
std::string at(double value);
std::string words(double x, double y, llvm::StringRef classes, llvm::StringRef text);
/// The whole chart; `more` are further attributes.
std::string element(double width, double height, llvm::StringRef kind, llvm::StringRef title,
                    const std::string &body, const std::string &more = "");
/// Ticks, their numbers and the labels of both axes.
std::string drawAxes(const Scale &x, const Scale &y, double left, double top, double right,
                     double bottom, llvm::StringRef xLabel, llvm::StringRef yLabel);
std::string drawLine(const Line &line, const Scale &x, const Scale &y);

} // namespace nnc::report
