"""Author scripts in a CSP ``sandbox``: no cookies, storage or requests.

Inline, since a file would load without the session.
"""

from __future__ import annotations

import secrets
from html import escape
from string import Template

from flask import Response, make_response

_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>$title: interactive part</title>
  <style>$style</style>
</head>
<body>
  <h1 hidden>$title</h1>
  <div id="stage"></div>
  <script nonce="$nonce">$frame</script>
  <script nonce="$nonce">$script</script>
</body>
</html>
""")

_LIGHT = "color-scheme: light; --ink: #251a20; --paper: #fffdfa; --accent: #a8213f; --line: #e6dad2; --soft: #f8f1eb"
_DARK = "color-scheme: dark; --ink: #f5ece7; --paper: #17121a; --accent: #ff9f80; --line: #3a2f3f; --soft: #221b26"
# The five colours that writers may rely on, as in tokens.css.
_STYLE = f"""
:root {{ {_LIGHT} }}
@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{ {_DARK} }} }}
:root[data-theme="dark"] {{ {_DARK} }}
html {{ background: var(--paper); color: var(--ink); font: 1.0625rem/1.6 system-ui, sans-serif; }}
body {{ display: flow-root; margin: 0; padding: 4px; }}
"""
# The page around it learns the height and says the scheme: js/frame.js.
_FRAME = """
new ResizeObserver(() => parent.postMessage({ height: document.body.getBoundingClientRect().height }, "*"))
  .observe(document.body);
addEventListener("message", ({ source, data }) => {
  if (source === parent && typeof data?.theme === "string") document.documentElement.dataset.theme = data.theme;
});
"""


def sandboxed_script(title: str, script: str) -> Response:
    """A page that runs ``script``, with an element ``stage``."""
    nonce = secrets.token_urlsafe(16)
    # Only an end tag, or a comment that hides one, can close the element.
    harmless = script.replace("</", "<\\/").replace("<!--", "<\\!--")
    parts = {"title": escape(title), "nonce": nonce, "style": _STYLE, "frame": _FRAME, "script": harmless}
    response = make_response(_PAGE.substitute(parts))
    policy = f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:"
    response.headers["Content-Security-Policy"] = f"{policy}; sandbox allow-scripts; frame-ancestors 'self'"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
