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
</head>
<body>
  <h1 hidden>$title</h1>
  <div id="stage"></div>
  <script nonce="$nonce">$script</script>
</body>
</html>
""")


def sandboxed_script(title: str, script: str) -> Response:
    """A page that runs ``script``, with an element ``stage``."""
    nonce = secrets.token_urlsafe(16)
    # Only an end tag, or a comment that hides one, can close the element.
    harmless = script.replace("</", "<\\/").replace("<!--", "<\\!--")
    response = make_response(_PAGE.substitute(title=escape(title), nonce=nonce, script=harmless))
    policy = f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src data:"
    response.headers["Content-Security-Policy"] = f"{policy}; sandbox allow-scripts; frame-ancestors 'self'"
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response
