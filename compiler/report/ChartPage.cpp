// The surroundings of charts: colours, and the script of the numbers under the pointer.
#include "compiler/report/Chart.h"

namespace nnc::report {

llvm::StringRef chartStyle() {
  // Without variables, which only browsers know.
  return R"css(
.chart text { font-family: system-ui, sans-serif; font-size: 12px; fill: #60646c }
.chart text.title { font-weight: 600; fill: #1c2024 } .chart text.on { fill: #fff }
.chart .middle { text-anchor: middle } .chart .end { text-anchor: end }
.chart .paper { fill: #fff } .chart .grid, .chart .frame { stroke: #e3e6ea; fill: none } .chart .axis { stroke: #60646c; fill: none }
.points { color: #60646c }
.c0 { color: #3b78c9 } .c1 { color: #e07b1f } .c2 { color: #3a9d4e } .c3 { color: #d2453f } .c4 { color: #8e63c5 }
.c5 { color: #9b6a53 } .c6 { color: #d667b0 } .c7 { color: #7f868f } .c8 { color: #a8a12c } .c9 { color: #22a6b8 }
.chart .line { stroke: currentColor; fill: none; stroke-width: 1.7; stroke-linejoin: round } .chart .dashed { stroke-dasharray: 5 4 }
.chart .band { fill: currentColor; opacity: .16 } .chart .dot, .chart .cell { fill: currentColor }
.chart .region { stroke: currentColor; fill: none } .chart .bar { fill: #3b78c9 }
.chart .points { stroke: currentColor; stroke-width: 5; stroke-linecap: round; fill: none } .chart .around { stroke: #fff; stroke-width: 6.4 }
.chart image { image-rendering: pixelated }
.chart .guide { stroke: #60646c; stroke-dasharray: 2 3 } .chart .tip { fill: #fff; stroke: #e3e6ea }
@media (prefers-color-scheme: dark) {
  .chart text { fill: #9aa0a8 } .chart text.title { fill: #e6e8eb }
  .chart .paper { fill: #16181b } .chart .grid, .chart .frame { stroke: #2b2f35 } .chart .axis { stroke: #9aa0a8 }
  .points:not([class*=' c']) { color: #9aa0a8 } .chart .around { stroke: #16181b } .chart .guide { stroke: #9aa0a8 } .chart .tip { fill: #16181b; stroke: #2b2f35 }
}
)css";
}

llvm::StringRef chartScript() {
  return R"js(
document.querySelectorAll('svg[data-hover]').forEach(function (chart) {
  var data = JSON.parse(chart.dataset.hover), group = null;
  function make(name, attributes, text) {
    var made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (var key in attributes) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    group.appendChild(made);
    return made;
  }
  function nearest(line, x) {
    var best = -1;
    for (var i = 0; i < line.x.length; i++)
      if (line.y[i] !== null && (best < 0 || Math.abs(line.x[i] - x) < Math.abs(line.x[best] - x))) best = i;
    return best;
  }
  function share(value, low, high, isLog) {
    return isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  }
  function clear() { if (group) { group.remove(); group = null; } }
  chart.addEventListener('pointerleave', clear);
  chart.addEventListener('pointermove', function (event) {
    clear();
    var point = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    var part = (point.x - data.l) / data.w;
    if (part < 0 || part > 1) return;
    var x = data.logx ? data.x0 * Math.pow(data.x1 / data.x0, part) : data.x0 + part * (data.x1 - data.x0);
    var found = data.lines.map(function (line) { return nearest(line, x); }), at = null;
    data.lines.forEach(function (line, i) {
      if (found[i] >= 0 && (at === null || Math.abs(line.x[found[i]] - x) < Math.abs(at - x))) at = line.x[found[i]];
    });
    if (at === null) return;
    group = document.createElementNS('http://www.w3.org/2000/svg', 'g');
    group.setAttribute('class', 'hover');
    chart.appendChild(group);
    var px = data.l + data.w * share(at, data.x0, data.x1, data.logx), rows = [data.xn + ' ' + Math.round(at * 100) / 100];
    make('path', { 'class': 'guide', d: 'M' + px + ' ' + data.t + 'v' + data.h });
    var tip = make('rect', { 'class': 'tip', rx: 4 });
    data.lines.forEach(function (line, i) {
      var k = found[i];
      if (k < 0 || Math.abs(line.x[k] - at) > (data.x1 - data.x0) / 20) return;
      rows.push(line.n + ' ' + line.y[k]);
      var py = data.t + data.h * (1 - share(line.y[k], data.y0, data.y1, data.logy));
      if (py >= data.t - 1 && py <= data.t + data.h + 1)
        make('circle', { 'class': 'dot c' + line.c, cx: data.l + data.w * share(line.x[k], data.x0, data.x1, data.logx), cy: py, r: 3.5 });
    });
    var width = 14 + 6.8 * Math.max.apply(null, rows.map(function (row) { return row.length; }));
    var left = px + 10 + width > data.l + data.w ? Math.max(2, px - 10 - width) : px + 10;
    rows.forEach(function (row, i) { make('text', { x: left + 7, y: data.t + 18 + 16 * i }, row); });
    tip.setAttribute('x', left); tip.setAttribute('y', data.t + 3);
    tip.setAttribute('width', width); tip.setAttribute('height', 8 + 16 * rows.length);
  });
});
)js";
}

std::string standalone(const std::string &svg) {
  const size_t begin = svg.find('>') + 1;
  const size_t end = svg.rfind("</svg>");
  // Numbers under the pointer are there for charts of lines alone.
  const std::string script = llvm::StringRef(svg).contains(" data-hover=")
                                 ? "<script><![CDATA[" + chartScript().str() + "]]></script>\n"
                                 : "";
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.substr(0, begin) + "\n<style>" +
         chartStyle().str() + "</style>\n<rect width=\"100%\" height=\"100%\" class=\"paper\"/>" +
         svg.substr(begin, end - begin) + script + "</svg>\n";
}

} // namespace nnc::report
