"""What stands in the sentences of the trail about people: who, which fields, and why."""

from __future__ import annotations

from typing import Any

from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.history.change_values import Detail
from invocations.history.meanings import Text
from invocations.history.trail_words import Deed, Words, anything, as_text

FACTORS = {
    "totp": gettext_lazy("an app that shows codes"),
    "webauthn": gettext_lazy("a passkey"),
    "recovery_codes": gettext_lazy("recovery codes"),
}
BECAUSE = {
    "second factor": gettext_lazy("wrong second factor"),
    "single sign-on": gettext_lazy("the provider’s answer"),
}
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
    "user_permissions": gettext_lazy("the rights"),
    "permissions": gettext_lazy("the rights"),
}


def person(deed: Deed) -> dict[str, Any]:
    row = deed.row
    known = deed.related.people.get(row.about_id) if row.about_kind == "user" else None
    name = deed.fact("name") or (known.get_username() if known else "")
    page = f"admin:auth_{row.about_kind}_change"
    thing = deed.linked(name, page, row.about_id) if name else _unknown(deed)
    kind = str(FACTORS.get(deed.fact("kind"), deed.fact("kind")))
    way = deed.fact("because")
    because = f" ({BECAUSE.get(way, way)})" if way else ""
    return {
        **anything(deed),
        **{"thing": thing, "kind": kind, "by": deed.fact("by"), "because": because},
    }


def _unknown(deed: Deed) -> str:
    if not (begins := deed.fact("begins")):
        return deed.fact("address") or _("somebody without an account")
    return _("an unknown name that begins with “%(begins)s”") % {"begins": begins}


def session(deed: Deed) -> dict[str, Any]:
    because = {
        "idle": _("nobody used it"),
        "old": _("it was too old"),
        "rights": _("their rights were changed"),
        "password": _("the password was changed"),
        "turned_off": _("they were turned off"),
        "by_hand": _("by hand"),
        "wrong_proofs": _("too many wrong passwords"),
        "second_factor": _("their second factors were removed"),
    }.get(deed.fact("because"), deed.fact("because"))
    return {**person(deed), "because": because}


def asked_details(deed: Deed) -> list[Detail]:
    """Which fields an admin wants to change, or changed."""
    fields = ", ".join(str(PERSON_FIELDS.get(name, name)) for name in deed.facts.get("fields", []))
    asked_by = deed.fact("asked_by")
    details = [Detail("fields", "", new=fields)] if fields else []
    return details + ([Detail("asked_by", _("asked by"), new=asked_by)] if asked_by else [])


def provider_details(deed: Deed) -> list[Detail]:
    before, after = deed.facts.get("groups") or ([], [])
    return [Detail("groups", "", as_text(before) or _("none"), as_text(after))]


def person_details(deed: Deed) -> list[Detail]:
    changed: dict[str, Any] = deed.facts.get("changed", {})
    return [_person_detail(name, *values[:2]) for name, values in changed.items()]


def _person_detail(name: str, old: Any = "", new: Any = "") -> Detail:
    if name == "groups":
        return Detail(name, "", as_text(old) or _("none"), as_text(new))
    return Detail(name, str(PERSON_FIELDS.get(name, name)), as_text(old), as_text(new))


def sentence_of_op(added: Text, deleted: Text, changed: Text) -> Words:
    """Puts the sentence for the operation of the row in the place of `{says}`."""

    def words(deed: Deed) -> dict[str, Any]:
        text = {"+": added, "-": deleted}.get(deed.fact("op"), changed)
        return {"says": format_html(str(text), **person(deed))}

    return words
