"""The yardstick: the barest Flask page that asks the database the same question and sends as many bytes.

`python -m bench.yardstick PORT SIZE TEAM PUZZLE` serves it on the same server, with the same driver and the same
statement, by Flask and Flask-SQLAlchemy as they come. No login, no locks, no rules, no headers, no log: what remains
above it is what the hunt costs.
"""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from app.runtime import monkeypatch

if TYPE_CHECKING:
    from flask import Flask

PAGE = "<!doctype html><html lang=en><title>{{ title }}</title><h1>{{ name }}</h1>%s</html>"


def bare_app(size: int, team: int, puzzle: str) -> Flask:
    """One page, one query, ``size`` bytes."""
    from flask import Flask, render_template
    from flask_sqlalchemy import SQLAlchemy
    from jinja2 import DictLoader
    from sqlalchemy import text

    from app.database.page_query import Question, statement

    # The program hands the driver its own style; this page asks the same by the toolkit, as such pages do.
    asked = text(re.sub(r"%\((\w+)\)s", r":\1", statement(False, Question(has_puzzle=True))))
    values = {"team": team, "puzzle": puzzle, "once": "", "session": ""}
    app = Flask("yardstick")
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("://", "+psycopg2://", 1)
    db = SQLAlchemy(app)
    app.jinja_loader = DictLoader({"page.html": PAGE % ("x" * (size - 80))})

    @app.get("/")
    def page() -> str:
        row = db.session.execute(asked, values).one()
        return render_template("page.html", title="Yardstick", name=row[5])

    return app


def main() -> None:
    """Serve until killed."""
    import eventlet
    import eventlet.wsgi

    port, size, team, puzzle = sys.argv[1:]
    app = bare_app(int(size), int(team), puzzle)
    door = eventlet.listen(("127.0.0.1", int(port)), backlog=128, reuse_port=True)
    eventlet.wsgi.server(door, app, debug=False, log_output=False, keepalive=65, socket_timeout=30)


if __name__ == "__main__":
    # Before Flask and the driver are imported, as in the program itself.
    monkeypatch.patch()
    main()
