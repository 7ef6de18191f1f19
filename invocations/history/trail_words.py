"""What stands in the sentences of the trail: names, links, old and new values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.change_values import Detail
from invocations.history.meanings import Text
from invocations.history.trail_rows import LINKED, Related
from invocations.models import LimitSet, Settlement, TrailRow


@dataclass(frozen=True)
class Deed:
    """One row with what its sentence needs."""

    row: TrailRow
    facts: dict[str, Any]
    related: Related

    def fact(self, name: str) -> str:
        value = self.facts.get(name, "")
        return number_format(value) if isinstance(value, int) else str(value)

    def linked(self, text: str, page: str, *arguments: Any) -> SafeString:
        """`text` as a link to a page about the record, if there still is one."""
        if (self.row.about_kind, self.row.about_id) not in self.related.alive:
            return format_html("<em>{}</em>", text)
        try:
            address = reverse(page, args=arguments)
        except NoReverseMatch:
            return format_html("<em>{}</em>", text)
        return format_html('<a href="{}"><em>{}</em></a>', address, text)


Words = Callable[[Deed], dict[str, Any]]
Details = Callable[[Deed], Sequence[Detail]]


def message(deed: Deed) -> dict[str, Any]:
    number = deed.fact("number")
    text = _("a message to %(number)s") % {"number": number} if number else _("a message")
    link = deed.linked(text, "invocation", deed.fact("request_id"))
    verdict = dict(Settlement.Verdict.choices).get(deed.fact("verdict"), "")
    return {"message": link, "workflow": deed.fact("workflow"), "verdict": verdict}


def sent(deed: Deed) -> dict[str, Any]:
    waits = deed.facts.get("awaits_approval")
    text = _("asked to send {message} ({workflow})") if waits else _("sent {message} ({workflow})")
    return {"says": format_html(text, **message(deed))}


def number_of(deed: Deed) -> dict[str, Any]:
    """Of a message, or that of a person or of a result without one."""
    if not deed.facts.get("request_id"):
        return {"says": _("revealed a number")}
    return {"says": format_html(_("revealed the number of {message}"), **message(deed))}


def revealed(deed: Deed) -> list[Detail]:
    last_four = deed.fact("last_four")
    shown = Detail("last_four", _("it ends in"), new=last_four)
    return [shown] if last_four and not deed.facts.get("number") else []


def send_details(deed: Deed) -> list[Detail]:
    at = _moment(deed.fact("not_before"))
    details = [Detail("not_before", _("it leaves"), new=at)] if at else []
    if deed.fact("again"):
        details.append(Detail("again", _("sent again from an earlier message")))
    return details


def times(deed: Deed) -> list[Detail]:
    return [Detail("not_before", "", _moment(deed.fact("was")), _moment(deed.fact("becomes")))]


def _moment(text: str) -> str:
    at = parse_datetime(text) if text else None
    return date_format(localtime(at), "j M Y, H:i") if at else ""


def batch(deed: Deed) -> dict[str, Any]:
    batch = deed.linked(_("a file of recipients"), "batch", deed.fact("uid"))
    return {"batch": batch, "workflow": deed.fact("workflow")}


def batch_details(deed: Deed) -> list[Detail]:
    rows = deed.fact("rows")
    details = [Detail("rows", _("rows"), new=rows)] if deed.facts.get("rows") else []
    left_out = [Detail("left_out", _("left out"), new=deed.fact("left_out"))]
    digest = deed.fact("digest")[:16]
    found = details + (left_out if deed.facts.get("left_out") else [])
    return found + ([Detail("digest", _("digest of the file"), new=digest)] if digest else [])


def export(deed: Deed) -> dict[str, Any]:
    what = {
        "batch": _("the result of a file of recipients"),
        "workflow": _("the workflow %(title)s") % {"title": deed.fact("title")},
        "trail": _("the changes"),
    }.get(deed.fact("what"), _("messages"))
    rows = f" ({deed.fact('rows')})" if deed.facts.get("rows") else ""
    return {"what": what, "rows": rows, "exports": deed.fact("exports")}


def export_details(deed: Deed) -> list[Detail]:
    if "whole_numbers" not in deed.facts:
        return []
    is_whole = deed.facts["whole_numbers"]
    return [Detail("numbers", _("with whole numbers") if is_whole else _("numbers hidden"))]


def account(deed: Deed) -> dict[str, Any]:
    account = deed.fact("account")
    if deed.row.about_kind == "account":
        return {"account": deed.linked(account, "account_hub", deed.row.about_id)}
    return {"account": format_html("<em>{}</em>", account), "title": deed.fact("title")}


def listed(deed: Deed) -> dict[str, Any]:
    return {**account(deed), **anything(deed)}


def listed_details(deed: Deed) -> list[Detail]:
    shown = as_text(deed.facts.get("numbers"))
    return [Detail("numbers", "", new=shown)] if shown else []


def number(deed: Deed) -> dict[str, Any]:
    return {"last_four": deed.fact("last_four"), "digest": deed.fact("digest")}


def unwanted(deed: Deed) -> dict[str, Any]:
    """The number, or how many, and why they stand on the list of do-not-contact, or stood."""
    count = deed.facts.get("count") or 1
    numbers = deed.fact("number") or _("%(count)s numbers") % {"count": number_format(count)}
    reason = deed.fact("reason")
    return {"numbers": numbers, "said": f": {reason}" if reason else ""}


def unwanted_details(deed: Deed) -> list[Detail]:
    cancelled = deed.fact("cancelled")
    label = _("messages cancelled that waited for them")
    return [Detail("cancelled", label, new=cancelled)] if deed.facts.get("cancelled") else []


def wanted(deed: Deed) -> dict[str, Any]:
    """What somebody wants to send, and another decides about: a file, or a message."""
    kind = deed.row.about_kind
    if kind == "adminchange":
        return {"wanted": _("a change of an admin"), **anything(deed)}
    what = batch(deed)["batch"] if kind == "batch" else message(deed)["message"]
    return {"wanted": what, **anything(deed)}


def limit(deed: Deed) -> dict[str, Any]:
    """Whose limit: the console's, an account's, or a workflow's."""
    model = LINKED.get(deed.row.about_kind)
    known = model.objects.filter(pk=deed.row.about_id).first() if model else None
    page = f"admin:invocations_{deed.row.about_kind}_change"
    if known:
        return {"thing": deed.linked(str(known), page, deed.row.about_id)}
    return {"thing": _("something deleted") if model else _("the console")}


def limit_details(deed: Deed) -> list[Detail]:
    """The facts are the columns with their old and new values."""
    changed = {name: value for name, value in deed.facts.items() if isinstance(value, dict)}
    return [
        Detail(name, _limit_name(name), _limit(value.get("old")), _limit(value.get("new")))
        for name, value in changed.items()
        if name != "removed"
    ]


def _limit_name(column: str) -> str:
    fields = {field.name: field for field in LimitSet._meta.fields}
    if column in fields:
        return str(fields[column].verbose_name)
    return str(LIMITS.get(column, column.replace("_", " ")))


def _limit(value: Any) -> str:
    return as_text(value) or _("none")


def removed_details(deed: Deed) -> list[Detail]:
    """How many of what, as `facts["removed"]` counts them."""
    counts: dict[str, Any] = deed.facts.get("removed") or {}
    return [
        Detail(name, name.replace("_", " "), new=as_text(count)) for name, count in counts.items()
    ]


def begun(text: Text, done: Text) -> Words:
    """Puts the sentence for a deed that began, or is done, in the place of `{says}`."""

    def words(deed: Deed) -> dict[str, Any]:
        return {"says": str(text if deed.fact("state") == "begun" else done)}

    return words


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int):
        return number_format(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def anything(deed: Deed) -> dict[str, Any]:
    """Of the deeds that other rooms record: the facts with these names, if there are any."""
    names = ("name", "title", "last_four", "number", "reason", "rows", "count", "what")
    said = ", ".join(deed.fact(name) for name in names if deed.facts.get(name))
    return {"said": f": {said}" if said else ""}


LIMITS = {
    "only_listed": gettext_lazy("sends to its listed numbers alone"),
    "needs_approval": gettext_lazy("every message needs approval"),
}
