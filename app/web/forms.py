"""The base class of all forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from app.web.visit import json_body, texts_of

# How programs write an unticked box.
NO = (False, "", "0", "false", "False", "no", "off")


class SiteForm(FlaskForm):
    class Meta(FlaskForm.Meta):
        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """JSON values as text; other bodies have no fields."""
            if request.method == "POST" and request.is_json:
                return texts_of(json_body())
            return super().wrap_formdata(form, formdata)

    def refuse(self, fields: Mapping[str, str]) -> None:
        """Errors without a field go above the form."""
        for name, words in fields.items():
            if name in self._fields:
                self._fields[name].errors = [words]
            else:
                self.form_errors.append(words)
