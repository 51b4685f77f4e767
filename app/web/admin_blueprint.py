"""The one blueprint of the organisers' pages, in a file of its own so that every module of them can import it."""

from __future__ import annotations

from flask import Blueprint

admin = Blueprint("admin", __name__, url_prefix="/admin")
