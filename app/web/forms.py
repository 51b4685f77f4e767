"""What every form of the site does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request
from flask_wtf import FlaskForm

from app.web.request_fields import json_body, texts_of

# What a box that is not ticked may come as, from programs that write it out.
NO = (False, "", "0", "false", "False", "no", "off")


class SiteForm(FlaskForm):
    """A form that takes its fields from a page or from a JSON object alike, and that can be refused field by field."""

    class Meta(FlaskForm.Meta):
        """How the fields reach the form."""

        def wrap_formdata(self, form: FlaskForm, formdata: Any) -> Any:
            """Whatever a JSON body holds, the form sees texts; what is no object holds no fields."""
            if request.method == "POST" and request.is_json:
                return texts_of(json_body())
            return super().wrap_formdata(form, formdata)

    def refuse(self, fields: Mapping[str, str]) -> None:
        """Put the words at their fields; what has no field here stands above the form."""
        for name, words in fields.items():
            if name in self._fields:
                self._fields[name].errors = [words]
            else:
                self.form_errors.append(words)
