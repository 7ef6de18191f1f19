"""The names of the admin's pages, in the header and in the title of the window."""

from __future__ import annotations

import re
from html import unescape
from typing import Any, NamedTuple

from django import template
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

PARENT = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
LAST_PARTS = {
    "add": gettext_lazy("Add %(name)s"),
    "delete": gettext_lazy("Delete"),
    "password_change": gettext_lazy("New password"),
}
"""The last part, by the end of the page's URL name. A list and a record have none."""


class Part(NamedTuple):
    """One part of a breadcrumb."""

    title: str
    link: str = ""


@register.simple_tag(takes_context=True)
def page_parts(context: dict[str, Any]) -> list[Part]:
    """The breadcrumb of the page, from the list of its kind to the page itself.

    An admin page names the kind, the record and what is done to it, and never Django's app, unless
    it has set `request.parts` (`admin.returning`). Every other page is named by its own
    `content_title`.
    """
    if own := getattr(context["request"], "parts", None):
        return list(own)
    opts = context.get("opts")
    if not opts:
        return [Part(title) for title in [context.get("content_title")] if title]
    prefix = f"{opts.app_label}_{opts.model_name}_"
    parts = [Part(str(capfirst(opts.verbose_name_plural)), reverse(f"admin:{prefix}changelist"))]
    record = context.get("original") or context.get("object")
    if record and not isinstance(record, str):
        name = record.get_full_name() if isinstance(record, User) else ""
        link = reverse(f"admin:{prefix}change", args=[quote(record.pk)])
        parts.append(Part(name or str(record), link))
    match = context["request"].resolver_match
    page = (match.url_name or "").removeprefix(prefix) if match else ""
    if page in LAST_PARTS:
        parts.append(Part(str(LAST_PARTS[page]) % {"name": opts.verbose_name}))
    return parts


@register.filter
def window_title(parts: list[Part]) -> str:
    """The page first, for a row of narrow tabs: "Delete | ada | People"."""
    return " | ".join(part.title for part in reversed(parts))


@register.filter
def page_first(heading: str) -> str:
    """The heading of a staff page as the title of its window: "Errors | History".

    `heading` is HTML: links to the pages above, then the page's own name.
    """
    parents = PARENT.findall(heading)
    own = PARENT.sub("", heading)
    names = [" ".join(unescape(strip_tags(each)).split()) for each in (own, *reversed(parents))]
    return " | ".join(name for name in names if name)


@register.simple_tag
def add_label(opts: Any) -> str:
    """The text of the button that adds a record: "Add account"."""
    return _("Add %(name)s") % {"name": opts.verbose_name}
