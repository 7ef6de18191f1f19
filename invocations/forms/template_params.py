"""The template-parameter editor: rows of key and value, or the same as JSON.

Every button of the editor is a submit button that changes what was typed and shows the form again,
so that it works without JavaScript; htmx makes the same buttons swap the editor alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from invocations.composing.error_text import params_text
from invocations.kaleyra import line_breaks, params_json, template_params
from invocations.kaleyra.template_params import ParamsError

Row = tuple[str, str]


@dataclass(frozen=True)
class Editor:
    """What stands in the editor, right or wrong. Nothing typed is lost."""

    rows: tuple[Row, ...] = ()
    json: str = ""
    as_json: bool = False
    fresh_row: int | None = None
    """The row that was just added or moved: it gets the focus."""
    broken: tuple[str, ...] = ()
    """Keys of values that had a line break when they came in as rows (`line_breaks`)."""

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Editor:
        """With rows. A value is in one line, as a browser would make it one without a blank."""
        rows = tuple(line_breaks.params_in_one_line(params).items())
        return cls(rows=rows, broken=tuple(line_breaks.keys_with_line_breaks(params)))

    def params(self) -> dict[str, str]:
        """The parameters typed, each in one line.

        Rows left wholly empty count for nothing. Raises `ParamsError`.
        """
        if self.as_json:
            return line_breaks.params_in_one_line(params_json.from_json(self.json))
        rows = ((key, line_breaks.in_one_line(value)) for key, value in self.rows)
        return template_params.checked((key, value) for key, value in rows if key or value)

    def as_typed(self) -> dict[str, str]:
        """What can be read of it, whatever is wrong with the rest."""
        try:
            return self.params()
        except ParamsError:
            rows = ((key, line_breaks.in_one_line(value)) for key, value in self.rows)
            return {key: value for key, value in rows if key and value}

    def keys_with_line_breaks(self) -> set[str]:
        """The keys whose values had a line break, now or before they were put into rows."""
        try:
            typed = params_json.from_json(self.json) if self.as_json else dict(self.rows)
        except ParamsError:
            typed = {}
        return {*self.broken, *line_breaks.keys_with_line_breaks(typed)} & typed.keys()

    def after(self, action: str) -> Editor:
        """The editor after a button: `add`, `add-#param_url#`, `remove-2`, `up-2`, `down-2`,
        `move-0-2`, `number`, `json`, `rows`.

        Raises `ParamsError` if JSON cannot be made into rows, or rows into JSON.
        """
        verb, _dash, what = action.partition("-")
        known = {str(index): index for index in range(len(self.rows))}
        places = [known[place] for place in what.split("-") if place in known]
        if verb == "add":
            return self._added(what)
        if verb == "remove" and places:
            return self._removed(places[0])
        if verb in {"up", "down"} and places:
            return self._moved(places[0], places[0] + (-1 if verb == "up" else 1))
        if verb == "move" and len(places) == 2:
            return self._moved(*places)
        if verb == "number":
            keys = template_params.renumbered_keys([key for key, _value in self.rows])
            return replace(self, rows=self._with_keys(keys))
        if verb == "json" and not self.as_json:
            return self._as_json()
        if verb == "rows" and self.as_json:
            editor = Editor.of(params_json.from_json(self.json))
            return replace(editor, broken=self.broken + editor.broken)
        return self

    def _as_json(self) -> Editor:
        """A key that is missing or stands there twice has no place in JSON: it would be lost."""
        keys = [key for key, value in self.rows if key or value]
        if "" in keys:
            raise ParamsError("no_key")
        if repeated := [key for key in keys if keys.count(key) > 1]:
            raise ParamsError("repeated_key", key=repeated[0])
        params = {key: value for key, value in self.rows if key}
        return replace(self, rows=(), json=params_json.to_json(params), as_json=True)

    def _with_keys(self, keys: Sequence[str]) -> tuple[Row, ...]:
        return tuple((key, value) for key, (_old, value) in zip(keys, self.rows, strict=True))

    def _added(self, key: str) -> Editor:
        if key and any(key == present for present, _value in self.rows):
            return self
        if not key:
            taken = {present for present, _value in self.rows}
            key = (
                next(number for number in template_params.numbered_keys(99) if number not in taken)
                if len(taken) < 99
                else ""
            )
        return replace(self, rows=(*self.rows, (key, "")), fresh_row=len(self.rows))

    def _removed(self, index: int) -> Editor:
        return replace(self, rows=self.rows[:index] + self.rows[index + 1 :], fresh_row=None)

    def _moved(self, index: int, to: int) -> Editor:
        """Moves a row to another place.

        Where all ordinary keys are numbers these keep their places: the values move through
        them.
        """
        if not 0 <= to < len(self.rows):
            return self
        rows = list(self.rows)
        rows.insert(to, rows.pop(index))
        moved = replace(self, rows=tuple(rows), fresh_row=to)
        ordinary = [key for key, _value in self.rows if key not in template_params.SPECIAL_KEYS]
        if not all(key.isdecimal() for key in ordinary):
            return moved
        numbers = iter(ordinary)
        return replace(
            moved,
            rows=moved._with_keys(
                [key if key in template_params.SPECIAL_KEYS else next(numbers) for key, _ in rows]
            ),
        )


class TemplateParamsWidget(forms.Widget):
    template_name = "widgets/template_params.html"
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Editor:
        keys = [key.strip() for key in data.getlist(f"{name}-key")]
        values = data.getlist(f"{name}-value")
        return Editor(
            tuple(zip(keys, values, strict=False)),
            data.get(f"{name}-json", ""),
            data.get(f"{name}-mode") == "json",
            broken=tuple(data.getlist(f"{name}-broken")),
        )

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-mode" not in data

    def format_value(self, value: Any) -> Any:
        return value or Editor()

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        editor = value or Editor()
        taken = {key for key, _value in editor.rows}
        # A value with a line break has no place in a row, and a browser would join its words.
        rows = tuple((key, line_breaks.in_one_line(value)) for key, value in editor.rows)
        context["editor"] = replace(editor, rows=rows)
        context["broken"] = sorted(editor.keys_with_line_breaks())
        context["special_keys"] = [key for key in template_params.SPECIAL_KEYS if key not in taken]
        return context


class TemplateParamsField(forms.Field):
    """Gives a dict of texts from what stands in the editor, or one sentence on what is wrong with
    it.
    """

    widget = TemplateParamsWidget

    def clean(self, value: Any) -> dict[str, str]:
        editor: Editor = value or Editor()
        try:
            return editor.params()
        except ParamsError as error:
            text = params_text(error, in_rows=not editor.as_json)
            raise forms.ValidationError(text, code=error.code) from None
