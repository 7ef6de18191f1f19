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
from invocations.history.trail_rows import Related
from invocations.models import Settlement, TrailRow


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
    return {"what": what, "rows": deed.fact("rows") or _("many"), "exports": deed.fact("exports")}


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


def number(deed: Deed) -> dict[str, Any]:
    return {"last_four": deed.fact("last_four"), "digest": deed.fact("digest")}


FACTORS = {
    "totp": gettext_lazy("an app that shows codes"),
    "webauthn": gettext_lazy("a passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
}
"""Second factors, by the kinds that the optional extra has."""


def person(deed: Deed) -> dict[str, Any]:
    row = deed.row
    known = deed.related.people.get(row.about_id) if row.about_kind == "user" else None
    name = deed.fact("name") or (known.get_username() if known else "")
    page = f"admin:auth_{row.about_kind}_change"
    thing = deed.linked(name, page, row.about_id) if name else _unknown(deed)
    kind = deed.fact("kind")
    kind = str(FACTORS.get(kind, kind))
    return {"thing": thing, **anything(deed), "kind": kind, "by": deed.fact("by")}


def _unknown(deed: Deed) -> str:
    if not (begins := deed.fact("begins")):
        return deed.fact("address") or _("somebody without an account")
    return _("an unknown name that begins with “%(begins)s”") % {"begins": begins}


def wanted(deed: Deed) -> dict[str, Any]:
    """What somebody wants to send, and another decides about: a file, or a message."""
    kind = deed.row.about_kind
    if kind == "adminchange":
        return {"wanted": _("a change of an admin"), **anything(deed)}
    what = batch(deed)["batch"] if kind == "batch" else message(deed)["message"]
    return {"wanted": what, **anything(deed)}


def session(deed: Deed) -> dict[str, Any]:
    because = {
        "idle": _("nobody used it"),
        "old": _("it was too old"),
        "rights": _("their rights were changed"),
        "password": _("the password was changed"),
        "turned_off": _("they were turned off"),
        "by_hand": _("by hand"),
        "wrong_proofs": _("too many wrong passwords"),
    }.get(deed.fact("because"), deed.fact("because"))
    return {**person(deed), "because": because}


def limit_details(deed: Deed) -> list[Detail]:
    """The facts are the columns with their old and new values."""
    changed = {name: value for name, value in deed.facts.items() if isinstance(value, dict)}
    return [
        Detail(name, name.replace("_", " "), _shown(value.get("old")), _shown(value.get("new")))
        for name, value in changed.items()
    ]


def person_details(deed: Deed) -> list[Detail]:
    changed: dict[str, Any] = deed.facts.get("changed", {})
    return [_person_detail(name, *values[:2]) for name, values in changed.items()]


def _person_detail(name: str, old: Any = "", new: Any = "") -> Detail:
    if name == "groups":
        return Detail(name, "", _shown(old) or _("none"), _shown(new))
    return Detail(name, str(PERSON_FIELDS.get(name, name)), _shown(old), _shown(new))


def _shown(value: Any) -> str:
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


PERSON_FIELDS = {
    "username": gettext_lazy("the user name"),
    "name": gettext_lazy("the name"),
    "first_name": gettext_lazy("the first name"),
    "last_name": gettext_lazy("the last name"),
    "email": gettext_lazy("the email address"),
    "is_active": gettext_lazy("whether they may sign in"),
    "is_staff": gettext_lazy("whether they are staff"),
    "is_superuser": gettext_lazy("whether they are a superuser"),
    "password": gettext_lazy("the password"),
    "groups": gettext_lazy("the groups"),
    "rights": gettext_lazy("the rights"),
}


def sentence_of_op(added: Text, deleted: Text, changed: Text) -> Words:
    """Puts the sentence for the operation of the row in the place of `{says}`."""

    def words(deed: Deed) -> dict[str, Any]:
        text = {"+": added, "-": deleted}.get(deed.fact("op"), changed)
        return {"says": format_html(str(text), **person(deed))}

    return words
