"""The admin blueprint, in its own module to avoid import cycles."""

from __future__ import annotations

from flask import Blueprint

admin = Blueprint("admin", __name__, url_prefix="/admin")
