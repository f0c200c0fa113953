// Implements the text of a picture in the language of Graphviz.
#include "compiler/graph/Grouping.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/Path.h"

namespace nnc::graph {

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : "\u00d7") + std::to_string(size);
  return text;
}

std::string typeText(const std::vector<int64_t> &shape, llvm::StringRef element) {
  if (shape.empty())
    return element.empty() ? "number" : element.str();
  return shapeText(shape) + (element.empty() ? "" : " " + element.str());
}

namespace {

/// Text of HTML, as labels have it.
std::string html(llvm::StringRef text) {
  std::string result;
  llvm::raw_string_ostream stream(result);
  llvm::printHTMLEscaped(text, stream);
  return result;
}

/// A text between quotes.
std::string quoted(llvm::StringRef text) {
  std::string result = "\"";
  for (char letter : text)
    if (letter == '"' || letter == '\\')
      result += std::string("\\") + letter;
    else if (letter != '\n')
      result += letter;
  return result + "\"";
}

class Writer {
public:
  Writer(const Grouping &grouping, const lang::SourceFile &source, const DotOptions &options)
      : grouping(grouping), source(source), options(options) {}

  std::string write() {
    text = "digraph network {\n"
           "  graph [rankdir=TB, fontname=\"Helvetica,Arial,sans-serif\", fontsize=12, "
           "nodesep=0.25, ranksep=0.35, labeljust=l, style=\"rounded\", color=\"#b8bec6\"];\n"
           "  node [shape=box, style=\"rounded,filled\", fontname=\"Helvetica,Arial,sans-serif\", "
           "fontsize=11, color=\"#8b929b\", fillcolor=\"#f4f5f7\", height=0.3, "
           "margin=\"0.12,0.05\"];\n"
           "  edge [fontname=\"Helvetica,Arial,sans-serif\", fontsize=9, fontcolor=\"#5b626b\", "
           "color=\"#6b727b\", arrowsize=0.6];\n";
    text += "  label=" + quoted(grouping.frames[0].title) + "; labelloc=t;\n";
    frame(0, 1);
    for (const Arrow &arrow : grouping.arrows)
      this->arrow(arrow);
    return text + "}\n";
  }

private:
  void frame(size_t number, size_t depth) {
    const std::string indent(2 * depth, ' ');
    for (size_t box = 0; box < grouping.boxes.size(); ++box)
      if (!grouping.boxes[box].isGone && grouping.boxes[box].frame == number)
        this->box(box, indent);
    for (size_t inner = 1; inner < grouping.frames.size(); ++inner) {
      const Frame &one = grouping.frames[inner];
      if (one.isGone || one.parent != number || !hasBoxes(inner))
        continue;
      text += indent + "subgraph cluster_" + std::to_string(inner) + " {\n" + indent +
              "  label=" + quoted(one.title) + ";" + place(one.line) + "\n";
      frame(inner, depth + 1);
      text += indent + "}\n";
    }
  }

  bool hasBoxes(size_t number) const {
    return llvm::any_of(grouping.boxes, [&](const Box &box) {
      size_t frame = box.frame;
      while (frame != number && frame != 0)
        frame = grouping.frames[frame].parent;
      return !box.isGone && frame == number;
    });
  }

  /// The attributes that lead to a line of the source.
  std::string place(int64_t line) const {
    if (line < 1 || line > int64_t(source.lineCount()))
      return "";
    std::string result =
        " tooltip=" +
        quoted(llvm::formatv("line {0}: {1}", line,
                             llvm::StringRef(source.lineText(uint32_t(line))).trim())
                   .str()) +
        ";";
    if (options.link.empty())
      return result;
    std::string link = options.link;
    auto replace = [&](llvm::StringRef what, const std::string &by) {
      for (size_t at = link.find(what); at != std::string::npos;
           at = link.find(what, at + by.size()))
        link.replace(at, what.size(), by);
    };
    replace("{file}", source.name());
    replace("{line}", std::to_string(line));
    return result + " URL=" + quoted(link) + ";";
  }

  void box(size_t number, const std::string &indent) {
    const Box &box = grouping.boxes[number];
    std::string label =
        (box.isLayer || box.hasParameters ? "<b>" + html(box.title) + "</b>" : html(box.title));
    for (const std::string &detail : box.details)
      if (!detail.empty())
        label += "<br/><font point-size=\"9\">" + html(detail) + "</font>";
    if (!box.saves.empty()) {
      std::vector<std::string> shapes = box.saves;
      if (shapes.size() > 3) {
        shapes.resize(2);
        shapes.push_back(llvm::formatv("{0} more", box.saves.size() - 2));
      }
      label +=
          "<br/><font point-size=\"9\" color=\"#b4540f\">saved: " + html(llvm::join(shapes, ", ")) +
          "</font>";
    }
    llvm::StringRef colour = box.kind == Item::Input    ? "#ffffff"
                             : box.kind == Item::Output ? "#fff3d6"
                             : box.part == Part::Update ? "#e2f3e4"
                             : box.part == Part::Backward
                                 ? (box.hasParameters ? "#f7dfe0" : "#fbf0f0")
                             : box.hasParameters ? "#dce8f8"
                                                 : "#f4f5f7";
    text += indent + "box_" + std::to_string(number) + " [label=<" + label + ">, fillcolor=\"" +
            colour.str() + "\"" +
            (box.kind == Item::Input || box.kind == Item::Output ? ", shape=ellipse, style=filled"
             : box.isFolded ? ", style=\"rounded,filled,dashed\""
                            : "");
    std::string attributes = place(box.line);
    if (!attributes.empty())
      text += "," + attributes.substr(0, attributes.size() - 1);
    text += "];\n";
  }

  void arrow(const Arrow &arrow) {
    // Of many values the first ones.
    std::vector<std::string> shapes = arrow.shapes;
    if (shapes.size() > 3) {
      shapes.resize(2);
      shapes.push_back(llvm::formatv("and {0} more", arrow.shapes.size() - 2));
    }
    const bool crosses = grouping.boxes[arrow.from].part != grouping.boxes[arrow.to].part;
    std::string label = llvm::join(shapes, "\\n");
    text += "  box_" + std::to_string(arrow.from) + " -> box_" + std::to_string(arrow.to) +
            " [label=\"" + label + "\"";
    if (arrow.isSaved)
      text += ", style=dashed, color=\"#d2691e\", fontcolor=\"#b4540f\", class=\"saved\"";
    if (crosses && grouping.boxes[arrow.to].part != Part::Update)
      text += ", constraint=false";
    text += "];\n";
  }

  const Grouping &grouping;
  const lang::SourceFile &source;
  const DotOptions &options;
  std::string text;
};

} // namespace

std::string formatDot(const Drawing &drawing, const lang::SourceFile &source,
                      const DotOptions &options) {
  constexpr size_t mostBoxes = 120;
  Grouping grouping = group(drawing, options.expand);
  if (drawing.areKernels && !options.expand && grouping.visibleBoxes() > mostBoxes) {
    Drawing merged = drawing;
    merged.mergesLayers = true;
    merged.title += ", those of a layer together";
    grouping = group(merged, options.expand);
  }
  return Writer(grouping, source, options).write();
}

} // namespace nnc::graph
