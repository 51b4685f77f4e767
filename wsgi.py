"""The application for WSGI servers and for ``flask --app wsgi``, built from the environment."""

import os

from app import create_app
from config import Config

app = create_app(Config.from_env(os.environ))
