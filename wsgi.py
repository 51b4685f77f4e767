"""The application for WSGI servers and for ``flask --app wsgi``, built from the environment."""

import os
import sys

from app import create_app
from config import Config, SettingRefused

try:
    app = create_app(Config.from_env(os.environ))
except SettingRefused as refused:
    sys.exit(str(refused))
