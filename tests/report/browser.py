"""Opens a page in headless Chromium, runs a script in it, and prints what the script returns as JSON.

Usage: browser.py PAGE.html SCRIPT.js [WIDTH]. The script is the body of a function that returns a value. With WIDTH, the page is
shown in a frame that is so wide, as on a phone.
"""
import html
import json
import pathlib
import re
import subprocess
import sys
import tempfile

page, script = pathlib.Path(sys.argv[1]).read_text(), pathlib.Path(sys.argv[2]).read_text()
answer = """<script>addEventListener('load', function () {
  var result;
  try { result = (function () {%s})(); } catch (error) { result = 'failed: ' + error; }
  var place = window.parent.document.createElement('pre');
  place.id = 'answer-of-the-test';
  place.textContent = JSON.stringify(result);
  window.parent.document.body.appendChild(place);
});</script>"""
page = page.replace("</body>", answer % script + "</body>")
if len(sys.argv) > 3:
    page = f'<!doctype html><body><iframe width="{sys.argv[3]}" height="800" srcdoc="{html.escape(page)}"></iframe></body>'
with tempfile.TemporaryDirectory() as folder:
    file = pathlib.Path(folder, "page.html")
    file.write_text(page)
    dom = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
         f"--user-data-dir={folder}/profile", "--virtual-time-budget=5000", "--dump-dom", file.as_uri()],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=100).stdout
found = re.search(r'<pre id="answer-of-the-test">(.*?)</pre>', dom, re.DOTALL)
print(json.dumps(json.loads(html.unescape(found[1])), indent=1) if found else "the page did not load")
