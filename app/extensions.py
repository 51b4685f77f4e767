"""The Flask extensions, unbound: each is tied to the app in :mod:`app.factory`."""

from __future__ import annotations

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from app.database.schema import Base

# The metadata alone, not the base: Flask-SQLAlchemy would rebuild a base that maps types, and SQLAlchemy refuses that.
db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(render_as_batch=True)
login_manager = LoginManager()
csrf = CSRFProtect()
