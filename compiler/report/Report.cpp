// Implements the page of a report.
#include "compiler/report/Report.h"

#include "compiler/report/RunCharts.h"
#include "compiler/report/RunsTable.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/MemoryBuffer.h"

using llvm::json::Array;
using llvm::json::Object;

namespace nnc::report {

namespace {

using Rows = std::vector<std::vector<std::string>>;

constexpr llvm::StringRef pageStyle = R"css(
* { box-sizing: border-box }
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --soft: #60646c; --grid: #e3e6ea }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e8eb; --soft: #9aa0a8; --grid: #2b2f35 } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.45 system-ui, sans-serif }
main { max-width: 1320px; margin: 0 auto; padding: 16px }
h1 { font-size: 22px; margin: 8px 0 } h2 { font-size: 18px; margin: 28px 0 8px; border-bottom: 1px solid var(--grid) } h3 { font-size: 15px; margin: 20px 0 6px }
p { margin: 6px 0; color: var(--soft) }
.charts { display: flex; flex-wrap: wrap; gap: 12px 20px; align-items: flex-start }
figure { margin: 0 } .charts > * { max-width: 100%; min-width: 0 } figure svg { max-width: 100%; height: auto; display: block; touch-action: pan-y }
.scroll { overflow-x: auto; max-width: 100% }
table { border-collapse: collapse; font-size: 13px } th, td { text-align: left; padding: 3px 12px 3px 0; white-space: nowrap; border-bottom: 1px solid var(--grid) }
th { color: var(--soft); font-weight: 600 } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.toggle { font-size: 12px; color: var(--soft); margin-left: 4px }
.log { display: none } input:checked ~ .log { display: block } input:checked ~ .linear { display: none }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(128px, 1fr)); gap: 10px; font-size: 12px }
.example { border: 1px solid var(--grid); border-radius: 6px; padding: 8px; overflow-wrap: anywhere } .example img { width: 84px; image-rendering: pixelated; display: block; margin-bottom: 4px }
.example b { font-weight: 600 } details { margin: 10px 0 } summary { cursor: pointer; color: var(--soft) }
pre { font-size: 12px; overflow-x: auto; padding: 10px; border: 1px solid var(--grid); border-radius: 6px }
.swatch { display: inline-block; width: 10px; height: 10px; border-radius: 5px; background: currentColor; margin-right: 6px }
)css";

constexpr llvm::StringRef pageScript = R"js(
document.querySelectorAll('.frames').forEach(function (figure) {
  var frames = figure.querySelectorAll('.frame-of');
  figure.querySelector('input').addEventListener('input', function (event) {
    frames.forEach(function (frame, i) { frame.setAttribute('display', i == event.target.value ? 'inline' : 'none'); });
    figure.querySelector('output').textContent = frames[event.target.value].dataset.name;
  });
});
)js";

bool isNumber(llvm::StringRef cell) {
  double value;
  return !cell.getAsDouble(value);
}

/// A table whose first row is the header. `colours`: the rows have the colours of the runs.
std::string tableHtml(const Rows &rows, llvm::StringRef id, bool colours = false) {
  std::string html = llvm::formatv("<div class=\"scroll\"><table id=\"{0}\">\n", id);
  for (size_t row = 0; row < rows.size(); ++row) {
    html += "<tr>";
    for (size_t column = 0; column < rows[row].size(); ++column) {
      const bool number = rows.size() > 1 && column < rows[1].size() && isNumber(rows[1][column]);
      const char *tag = row == 0 ? "th" : "td";
      html += llvm::formatv(
          "<{0}{1}>{2}{3}</{0}>", tag, number ? " class=\"number\"" : "",
          colours && row > 0 && column == 0
              ? llvm::formatv("<span class=\"swatch c{0}\"></span>", (row - 1) % 10).str()
              : "",
          escaped(rows[row][column]));
    }
    html += "</tr>\n";
  }
  return html + "</table></div>\n";
}

std::string figure(const std::string &svg) { return "<figure>" + svg + "</figure>\n"; }

/// A chart with a box to tick that makes its vertical axis logarithmic.
std::string toggled(LineChart chart, size_t number) {
  const bool hasPositive = llvm::any_of(chart.lines, [](const Line &line) {
    return llvm::any_of(line.y, [](double value) { return value > 0; });
  });
  if (!hasPositive)
    return figure(draw(chart));
  std::string html = llvm::formatv(
      "<figure><input type=\"checkbox\" id=\"log{0}\"><label class=\"toggle\" for=\"log{0}\">log "
      "scale</label><div class=\"linear\">{1}</div>",
      number, draw(chart));
  chart.logY = true;
  return html + "<div class=\"log\">" + draw(chart) + "</div></figure>\n";
}

std::string curves(const std::vector<NamedLog> &logs) {
  std::string html;
  size_t number = 0;
  for (const auto &[measure, columns] : measuresOf(logs)) {
    // Many lines would hide each other.
    constexpr size_t mostParameters = 8;
    llvm::StringRef kind = measure;
    if (logs.size() == 1 && columns.size() > mostParameters && kind.consume_back(" by parameter")) {
      if (std::optional<HeatMap> norms = normsOf(*logs[0].log, kind))
        html += figure(draw(*norms));
      continue;
    }
    LineChart chart = curvesOf(logs, columns, measure == "lr" ? "learning rate" : measure);
    if (chart.lines.empty())
      continue;
    // The losses of steps scatter; of several runs only those of epochs are compared, where there
    // are some.
    if (logs.size() > 1 && columns.size() > 1 && columns[0] == "loss") {
      LineChart epochs = curvesOf(logs, {columns.begin() + 1, columns.end()}, measure);
      if (llvm::any_of(epochs.lines, [](const Line &line) { return line.x.size() > 1; })) {
        html += toggled(epochs, number++);
        chart = curvesOf(logs, {columns[0]}, "loss of each step");
      }
    }
    html += toggled(chart, number++);
  }
  return html;
}

/// Precision, recall and F1 of each class.
std::string classTable(const HeatMap &confusion) {
  const size_t classes = confusion.rows.size();
  Rows rows{{"class", "examples", "right", "precision", "recall", "F1"}};
  for (size_t i = 0; i < classes; ++i) {
    double examples = 0, predicted = 0;
    const double right = confusion.values[i * classes + i];
    for (size_t j = 0; j < classes; ++j) {
      examples += confusion.values[i * classes + j];
      predicted += confusion.values[j * classes + i];
    }
    auto share = [](double part, double whole) {
      return whole > 0 ? llvm::formatv("{0:F4}", part / whole).str() : std::string("-");
    };
    rows.push_back({confusion.rows[i], formatNumber(examples), formatNumber(right),
                    share(right, predicted), share(right, examples),
                    share(2 * right, examples + predicted)});
  }
  return tableHtml(rows, "classes");
}

std::string worstExamples(const Run &run) {
  const Object *worst = run.evaluation.getObject("worst");
  const Array *examples = worst ? worst->getArray("examples") : nullptr;
  if (!examples || examples->empty())
    return "";
  const bool classified = run.evaluation.getObject("classification");
  const int64_t candidates = worst->getInteger("candidates").value_or(0),
                tried = worst->getInteger("tried").value_or(0);
  std::string html = llvm::formatv(
      "<h3>{0}</h3><p>{1}{2}</p><div class=\"examples\" id=\"worst\">\n",
      tried == 0   ? classified ? "Wrong examples" : "Examples"
      : classified ? "Wrong with the largest loss"
                   : "Examples with the largest loss",
      classified ? llvm::formatv("{0} examples of the {1} split are wrong.", candidates,
                                 run.evaluation.getString("split").value_or(""))
                       .str()
                 : llvm::formatv("Of {0} examples.", candidates).str(),
      tried > 0 && tried < candidates ? llvm::formatv(" {0} of them were tried.", tried).str()
                                      : "");
  for (const llvm::json::Value &value : *examples) {
    const Object *example = value.getAsObject();
    if (!example)
      continue;
    html += "<div class=\"example\">";
    if (const Array *fields = example->getArray("fields"))
      for (const llvm::json::Value &entry : *fields) {
        const Object *field = entry.getAsObject();
        if (!field)
          continue;
        const std::string name = escaped(field->getString("name").value_or(""));
        if (std::optional<llvm::StringRef> png = field->getString("png"))
          html += llvm::formatv("<img alt=\"{0}\" src=\"data:image/png;base64,{1}\">", name,
                                escaped(*png));
        else
          html += llvm::formatv("{0} <b>{1}</b><br>", name,
                                escaped(field->getString("text").value_or("")));
      }
    if (const Object *outputs = example->getObject("outputs"))
      for (const auto &[name, output] : sortedMembers(*outputs))
        html += llvm::formatv("&rarr; {0} <b>{1}</b><br>", escaped(name), escaped(textOf(*output)));
    html += llvm::formatv("example {0}", example->getInteger("example").value_or(0));
    if (std::optional<double> loss = example->getNumber("loss"))
      html += ", loss " + formatNumber(*loss);
    html += "</div>\n";
  }
  return html + "</div>\n";
}

std::string shapeText(const Array *shape) {
  std::string text;
  for (size_t i = 0; shape && i < shape->size(); ++i)
    text += (i ? "x" : "") + std::to_string((*shape)[i].getAsInteger().value_or(0));
  return text;
}

std::string layers(const Object &info) {
  const Array *array = info.getArray("layers");
  if (!array || array->empty())
    return "";
  Rows rows{{"layer", "kind", "line", "input", "output", "parameters", "flop"}};
  for (const llvm::json::Value &value : *array)
    if (const Object *layer = value.getAsObject())
      rows.push_back({layer->getString("path").value_or("").str(),
                      layer->getString("kind").value_or("").str(),
                      std::to_string(layer->getInteger("line").value_or(0)),
                      shapeText(layer->getArray("input")), shapeText(layer->getArray("output")),
                      std::to_string(layer->getInteger("parameters").value_or(0)),
                      std::to_string(layer->getInteger("flop").value_or(0))});
  return llvm::formatv("<details><summary>{0} layers, {1} parameters</summary>", array->size(),
                       info.getInteger("parameters").value_or(0))
             .str() +
         tableHtml(rows, "layers") + "</details>\n";
}

std::string memory(const Object &info) {
  const Object *plan = info.getObject("memory");
  if (!plan)
    return "";
  Rows rows{{"memory of a training step", "bytes"}};
  for (auto [key, name] : {std::pair("parameters", "parameters"),
                           {"optimizer", "optimizer state"},
                           {"averages", "averages"},
                           {"statistics", "running statistics"},
                           {"saved_bytes", "saved for the backward pass"},
                           {"scratch", "scratch"},
                           {"arena", "arena"},
                           {"panels", "packed operands"}})
    if (int64_t bytes = plan->getInteger(key).value_or(0))
      rows.push_back({name, std::to_string(bytes)});
  Rows saved{{"saved for the backward pass", "line", "bytes"}};
  if (const Array *buffers = plan->getArray("saved"))
    for (const llvm::json::Value &value : *buffers)
      if (const Object *buffer = value.getAsObject(); buffer && saved.size() <= 12)
        saved.push_back({buffer->getString("name").value_or("").str(),
                         std::to_string(buffer->getInteger("line").value_or(0)),
                         std::to_string(buffer->getInteger("bytes").value_or(0))});
  return "<details><summary>Memory of a training step</summary>" + tableHtml(rows, "memory") +
         (saved.size() > 1 ? "<br>" + tableHtml(saved, "saved") : "") + "</details>\n";
}

std::string configuration(const Run &run) {
  Rows rows{{"setting", "value"}};
  for (llvm::StringRef key :
       {"source", "model", "recipe", "seed", "batch", "examples", "float", "target", "nnc"})
    if (const llvm::json::Value *value = run.configuration.get(key))
      rows.push_back({key.str(), textOf(*value)});
  for (llvm::StringRef part : {"defines", "settings", "options"})
    if (const Object *object = run.configuration.getObject(part))
      for (const auto &[name, value] : sortedMembers(*object))
        rows.push_back({(part == "defines" ? "-D " : "") + name, textOf(*value)});
  Rows sessions{{"started", "steps", "seconds", "threads", "processor", "peak MB", "outcome"}};
  if (const Array *array = run.environment.getArray("sessions"))
    for (const llvm::json::Value &value : *array)
      if (const Object *session = value.getAsObject())
        sessions.push_back(
            {session->getString("started").value_or("").str(),
             llvm::formatv("{0} to {1}", session->getInteger("steps_before").value_or(0),
                           session->getInteger("steps").value_or(0)),
             formatNumber(session->getNumber("seconds").value_or(0)),
             std::to_string(session->getInteger("threads").value_or(0)),
             session->getString("processor").value_or("").str(),
             formatNumber(session->getNumber("peak_bytes").value_or(0) / 1e6),
             session->getString("outcome").value_or("").str()});
  std::string html = "<details><summary>Configuration and environment</summary>" +
                     tableHtml(rows, "configuration") + "<br>" + tableHtml(sessions, "sessions") +
                     "</details>\n";
  if (auto program = llvm::MemoryBuffer::getFile(run.file("program.nn")))
    html += "<details><summary>Program</summary><pre>" + escaped((*program)->getBuffer()) +
            "</pre></details>\n";
  return html;
}

/// The regions of a plane, at the end and, with a slider, after some epochs.
std::string sliding(const Regions &regions) {
  if (regions.frames.empty())
    return figure(draw(regions));
  return llvm::formatv("<figure class=\"frames\"><label class=\"toggle\"><input type=\"range\" "
                       "min=\"0\" max=\"{0}\" value=\"{0}\"> <output>end</output></label>{1}"
                       "</figure>\n",
                       regions.frames.size(), draw(regions));
}

/// Time by source line, of what `bench --profile --json` printed.
std::string profile(const Run &run) {
  const Array *lines = run.profile.getArray("profile");
  if (!lines || lines->empty())
    return "";
  Rows rows{{"line", "pass", "us", "share", "GFLOP/s", "of the peak", "source"}};
  for (const llvm::json::Value &value : *lines)
    if (const Object *line = value.getAsObject()) {
      const int64_t number = line->getInteger("line").value_or(0);
      auto share = [&](llvm::StringRef key) {
        return llvm::formatv("{0:F1} %", 100 * line->getNumber(key).value_or(0)).str();
      };
      rows.push_back(
          {number > 0 ? std::to_string(number) : "", line->getString("pass").value_or("").str(),
           llvm::formatv("{0:F1}", line->getNumber("us").value_or(0)).str(), share("share"),
           llvm::formatv("{0:F1}", line->getNumber("gflops").value_or(0)).str(),
           share("share_of_peak"), line->getString("source").value_or("").trim().str()});
    }
  return "<details><summary>Time of a training step by source line</summary>" +
         tableHtml(rows, "profile") + "</details>\n";
}

/// Of so many tensors are there histograms.
constexpr size_t mostTensors = 36;

std::string firstOf(size_t shown, size_t all) {
  return all > shown ? llvm::formatv("<p>The first {0} of {1} tensors.</p>\n", shown, all).str()
                     : "";
}

/// All that belongs to one run.
std::optional<std::string> details(const Run &run, std::string &error) {
  std::string html;
  std::string charts;
  std::optional<HeatMap> confusion = confusionOf(run);
  if (confusion)
    charts += figure(draw(*confusion)) + "<div>" + classTable(*confusion) + "</div>\n";
  if (std::optional<LineChart> calibration = calibrationOf(run))
    charts += figure(draw(*calibration));
  if (std::optional<Regions> regions = regionsOf(run))
    charts += sliding(*regions);
  if (std::optional<LineChart> curve = curveOf(run))
    charts += figure(draw(*curve));
  if (std::optional<LineChart> curve = curveOfEpochs(run))
    charts += figure(draw(*curve));
  if (std::optional<Regions> landscape = landscapeOf(run))
    charts += figure(draw(*landscape));
  if (!charts.empty())
    html += "<div class=\"charts\">" + charts + "</div>\n";
  html += worstExamples(run);
  if (const std::vector<std::string> maps = mapsOf(run); !maps.empty()) {
    html += "<h3>Outputs of examples</h3><div class=\"charts\" id=\"maps\">";
    for (const std::string &map : maps)
      html += figure(map);
    html += "</div>\n";
  }
  if (llvm::sys::fs::exists(run.file("last.safetensors"))) {
    std::optional<WeightFile> weights = WeightFile::read(run.file("last.safetensors"), error);
    if (!weights)
      return std::nullopt;
    constexpr int64_t mostUnits = 64;
    html += "<h3>Weights</h3><div class=\"charts\">";
    if (std::optional<Tiles> tiles = firstWeightsOf(run, *weights, mostUnits))
      html += figure(draw(*tiles));
    for (const Scatter &scatter : embeddingsOf(run, *weights))
      html += figure(draw(scatter));
    for (const Histogram &histogram : histogramsOf(*weights, mostTensors))
      html += figure(draw(histogram));
    html += "</div>\n" + firstOf(mostTensors, weights->names().size());
  }
  if (std::vector<Histogram> gradients = gradientsOf(run.log); !gradients.empty()) {
    html += "<h3>Gradients in the last step</h3><div class=\"charts\" id=\"gradients\">";
    for (const Histogram &histogram : llvm::ArrayRef(gradients).take_front(mostTensors))
      html += figure(draw(histogram));
    html += "</div>\n" + firstOf(mostTensors, gradients.size());
  }
  if (const Object *info = run.configuration.getObject("info"))
    html += layers(*info) + memory(*info);
  html += profile(run);
  return html + configuration(run);
}

} // namespace

std::optional<std::string> formatReport(const std::vector<Run> &runs, std::string &error) {
  std::vector<NamedLog> logs;
  for (const Run &run : runs)
    if (!run.log.series.empty())
      logs.push_back({run.name, &run.log});
  const std::string title =
      runs.size() == 1
          ? llvm::formatv("{0} ({1}), {2}", runs[0].configuration.getString("model").value_or(""),
                          runs[0].configuration.getString("source").value_or(""), runs[0].name)
                .str()
          : llvm::formatv("{0} runs", runs.size()).str();
  std::string html = llvm::formatv(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
      "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0}</title>\n"
      "<style>{1}{2}</style>\n</head>\n<body>\n<main>\n<h1>{0}</h1>\n",
      escaped(title), chartStyle(), pageStyle);
  html += tableHtml(tableOf(runs), "runs", /*colours=*/runs.size() > 1);
  if (!logs.empty())
    html += "<h2>Curves</h2>\n<div class=\"charts\" id=\"curves\">\n" + curves(logs) + "</div>\n";
  for (const Run &run : runs) {
    std::optional<std::string> part = details(run, error);
    if (!part)
      return std::nullopt;
    html += llvm::formatv("<h2>{0}</h2>\n", escaped(run.name)).str() + *part;
  }
  html += llvm::formatv("</main>\n<script>{0}</script>\n</body>\n</html>\n",
                        chartScript().str() + pageScript.str());
  return html;
}

} // namespace nnc::report
