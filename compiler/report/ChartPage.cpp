// The surroundings of charts: colours, and the script of the numbers under the pointer.
#include "compiler/report/Chart.h"

namespace nnc::report {

llvm::StringRef chartStyle() {
  return R"css(
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2024; --soft: #60646c; --grid: #e3e6ea; }
@media (prefers-color-scheme: dark) { :root { --paper: #16181b; --ink: #e6e8eb; --soft: #9aa0a8; --grid: #2b2f35; } }
.c0 { --c: #3b78c9 } .c1 { --c: #e07b1f } .c2 { --c: #3a9d4e } .c3 { --c: #d2453f } .c4 { --c: #8e63c5 }
.c5 { --c: #9b6a53 } .c6 { --c: #d667b0 } .c7 { --c: #7f868f } .c8 { --c: #a8a12c } .c9 { --c: #22a6b8 }
.chart text { font: 12px system-ui, sans-serif; fill: var(--soft); }
.chart text.title { font-weight: 600; fill: var(--ink); }
.chart .middle { text-anchor: middle } .chart .end { text-anchor: end } .chart text.on { fill: #fff }
.chart .grid { stroke: var(--grid); fill: none } .chart .axis { stroke: var(--soft); fill: none }
.chart .frame { stroke: var(--grid); fill: none }
.chart .line { stroke: var(--c); fill: none; stroke-width: 1.7; stroke-linejoin: round } .chart .dashed { stroke-dasharray: 5 4 }
.chart .band { fill: var(--c); opacity: .16 } .chart .dot, .chart .cell { fill: var(--c) }
.chart .region { fill: var(--c); opacity: .35 } .chart .bar { fill: #3b78c9 }
.chart .point { fill: var(--c, var(--soft)); stroke: var(--paper); stroke-width: .7 }
.chart image { image-rendering: pixelated }
.chart .guide { stroke: var(--soft); stroke-dasharray: 2 3 } .chart .tip { fill: var(--paper); stroke: var(--grid) }
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
  // Behind the style, which names the colour of the paper.
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + svg.substr(0, begin) + "\n<style>" +
         chartStyle().str() +
         "svg { background: var(--paper) }\n</style>\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"var(--paper)\"/>" +
         svg.substr(begin, end - begin) + "<script><![CDATA[" + chartScript().str() +
         "]]></script>\n</svg>\n";
}

} // namespace nnc::report
