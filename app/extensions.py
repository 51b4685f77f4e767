"""The Flask extensions, initialised in :mod:`app.factory`."""

from __future__ import annotations

from flask_login import LoginManager
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect

from app.database.schema import Base

# Pass the metadata, not the base: Flask-SQLAlchemy would rebuild a base with a type map, which SQLAlchemy rejects.
db = SQLAlchemy(metadata=Base.metadata)
migrate = Migrate(render_as_batch=True)
login_manager = LoginManager()
csrf = CSRFProtect()
