"""Building blocks for the layouts of staff forms, in the console's markup."""

from __future__ import annotations

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout, LayoutObject
from crispy_forms.utils import TEMPLATE_PACK, render_field
from django import forms
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString

Text = str | Promise


def helper_of(layout: Layout) -> FormHelper:
    """For a form whose template has the <form>, its errors and its buttons."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.form_show_errors = False
    helper.layout = layout
    return helper


class Part(LayoutObject):
    """A template of the page, with the page's context."""

    def __init__(self, template: str, **extra: Any) -> None:
        self.fields: list[Any] = []
        self.template, self.extra = template, extra

    def render(
        self, form: forms.Form, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        page = {str(name): value for name, value in context.flatten().items()}
        return render_to_string(self.template, page | self.extra | {"form": form})


class Input(LayoutObject):
    """One field in a template of its own, which gets `extra` beside `field`."""

    def __init__(self, name: str, template: str, **extra: Any) -> None:
        self.fields = [name]
        self.template, self.extra = template, extra

    def render(
        self, form: forms.Form, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        html: SafeString = render_field(
            self.fields[0],
            form,
            context,
            template=self.template,
            template_pack=template_pack,
            extra_context=self.extra,
        )
        return html


class Group(LayoutObject):
    """Fields side by side; with `css_class`, as a block of another kind."""

    template = "layout/group.html"

    def __init__(self, *fields: Any, css_class: str = "fields") -> None:
        self.fields = list(fields)
        self.extra: dict[str, Any] = {"css_class": css_class}

    def render(
        self, form: forms.Form, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        body = self.get_rendered_fields(form, context, template_pack)
        return render_to_string(self.template, self.extra | {"body": body})


class Card(Group):
    """A card with a heading. `aside`: a sentence, or an object of a layout, at its end."""

    template = "layout/card.html"

    def __init__(
        self, *fields: Any, title: Text, id: str, aside: Any = "", folds: tuple[Any, ...] = ()
    ) -> None:
        super().__init__(*fields)
        self.extra = {"title": title, "id": id}
        self.aside, self.folds = aside, folds

    def render(
        self, form: forms.Form, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        is_part = hasattr(self.aside, "render")
        self.extra |= {
            "aside": "" if is_part else self.aside,
            "aside_part": self.aside.render(form, context, template_pack) if is_part else "",
            "folds": [fold.render(form, context, template_pack) for fold in self.folds],
        }
        return super().render(form, context, template_pack)


class Fold(Group):
    """A part that is closed until it is wanted, or matters.

    `quiet`: what stands beside its title, or an object of a layout. `open_if`: a name in the
    page's context that opens it.
    """

    template = "layout/fold.html"

    def __init__(
        self,
        *fields: Any,
        title: Text,
        id: str,
        quiet: Any = "",
        is_open: bool = False,
        open_if: str = "",
        css_class: str = "more",
    ) -> None:
        super().__init__(*fields, css_class=css_class)
        self.extra |= {"title": title, "id": id}
        self.quiet, self.is_open, self.open_if = quiet, is_open, open_if

    def render(
        self, form: forms.Form, context: Context, template_pack: Any = TEMPLATE_PACK, **kwargs: Any
    ) -> SafeString:
        is_part = hasattr(self.quiet, "render")
        quiet = self.quiet.render(form, context, template_pack) if is_part else self.quiet
        is_open = self.is_open or bool(self.open_if and context.get(self.open_if))
        self.extra |= {"quiet": quiet, "is_open": is_open}
        return super().render(form, context, template_pack)
