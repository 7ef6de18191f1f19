"""The steps that set up an account itself: SID, API key, its check, and the results address."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from invocations.history.reasons import REASONS
from invocations.history.wording import past_day_and_time
from invocations.models import permissions
from invocations.monitoring.setup_facts import KeyFacts, ResultsFacts, SetupFacts
from invocations.monitoring.setup_step import State, Step, after_text


def account_step(facts: SetupFacts | None) -> Step:
    step = Step(
        "account",
        _("Account"),
        _("Its SID and region, from Kaleyra → Developers → API Keys"),
        State.TODO,
        minutes=2,
        deed_title=_("Start"),
        url=reverse("admin:invocations_account_add"),
        permission=permissions.ADD_ACCOUNT,
    )
    if facts is None:
        return step
    fact = format_html(
        _("SID {sid}, region {region}, {host}"),
        sid=format_html("<code>{}</code>", facts.sid),
        region=facts.region,
        host=format_html("<code>{}</code>", facts.host),
    )
    return replace(
        step,
        fact=fact,
        state=State.DONE,
        deed_title=_("Change"),
        url=reverse("admin:invocations_account_change", args=[facts.account_id]),
        permission=permissions.CHANGE_ACCOUNT,
    )


def key_step(facts: SetupFacts | None) -> Step:
    step = Step(
        "key",
        _("API key"),
        _("From Kaleyra → Developers → API Keys. Stored encrypted, never shown again"),
        State.TODO,
        minutes=2,
        permission=permissions.ADD_KEY,
    )
    if facts is None:
        return step
    step = replace(
        step,
        deed_title=_("Add the key"),
        url=reverse("admin:invocations_apikey_add", query={"account": facts.account_id}),
    )
    key = facts.key
    if key is None:
        return step
    if key.problem:
        return replace(
            step,
            fact=key.moved or str(REASONS[key.problem]),
            state=State.WRONG,
            deed_title=_("Enter it again"),
            url=reverse("admin:invocations_apikey_change", args=[key.id]),
            permission=permissions.CHANGE_KEY,
        )
    query = {"account": facts.account_id, "make_primary": "1"}
    return replace(
        step,
        fact=_key_fact(key),
        state=State.DONE,
        deed_title=_("Replace"),
        url=reverse("admin:invocations_apikey_add", query=query),
    )


def _key_fact(key: KeyFacts) -> str:
    names = {"four": key.last_four, "when": past_day_and_time(key.stored_at), "who": key.stored_by}
    if key.stored_by:
        text = _("Ends in %(four)s, stored %(when)s by %(who)s. It cannot be shown again.")
    else:
        text = _("Ends in %(four)s, stored %(when)s. It cannot be shown again.")
    return text % names


def check_step(facts: SetupFacts | None) -> Step:
    step = Step("check", _("Check the key"), _("One press. Nothing is sent"), State.TODO, minutes=1)
    if facts is None:
        return step
    key = facts.key
    if key is None or key.problem:
        return replace(step, after=after_text([2]))
    step = replace(
        step,
        deed_title=_("Check the key"),
        url=reverse("check_key", args=[key.id]),
        permission=permissions.CHANGE_KEY,
        posts=True,
    )
    again = replace(step, deed_title=_("Check again"))
    if key.is_refused:
        return replace(again, fact=_refused_fact(key), state=State.WRONG)
    if key.accepted_at:
        return replace(again, fact=_accepted_fact(facts, key, key.accepted_at), state=State.DONE)
    if key.checked_at:
        text = _("No usable answer came, %(when)s. Compare the host above with Kaleyra’s.")
        fact = text % {"when": past_day_and_time(key.checked_at)}
        return replace(again, fact=fact, state=State.WRONG)
    return step


def _accepted_fact(facts: SetupFacts, key: KeyFacts, accepted_at: datetime) -> str:
    known = (
        _("The practice pod takes this key.")
        if facts.is_practice
        else _("Kaleyra knows this key together with the SID.")
    )
    was_check = key.checked_at and abs(accepted_at - key.checked_at) < timedelta(minutes=1)
    last = (
        _("Checked %(when)s; nothing was sent.")
        if was_check
        else _("It last accepted it %(when)s.")
    )
    return f"{known} {last % {'when': past_day_and_time(accepted_at)}}"


def _refused_fact(key: KeyFacts) -> str:
    text = _(
        "Kaleyra refused it %(when)s. Compare SID and region with Kaleyra’s page, "
        "or replace the key: it may be off, or bound to other IP addresses."
    )
    return text % {"when": past_day_and_time(key.refused_at) if key.refused_at else ""}


# --- results --------------------------------------------------------------------------------------


def results_step(facts: SetupFacts | None) -> Step:
    step = Step(
        "results",
        _("Results address"),
        _("You copy one address to Kaleyra, so that deliveries are reported here"),
        State.TODO,
        minutes=10,
        permission=permissions.CHANGE_ACCOUNT,
    )
    if facts is None:
        return step
    step = replace(step, url=reverse("callback_setup", args=[facts.account_id]))
    if not facts.results.has_address:
        fact = _(
            "Copy one address and one header to Kaleyra, so that deliveries are reported here. "
            "Without it you only see “Accepted”."
        )
        if facts.is_practice:
            fact = _("Made with one press. The practice pod then reports deliveries there.")
        return replace(step, fact=fact, deed_title=_("Set it up"))
    state, fact = _results_state(facts.results, facts.is_practice)
    deed = _("Open") if state is State.DONE else _("Continue")
    return replace(step, state=state, fact=fact, deed_title=deed)


def _results_state(results: ResultsFacts, is_practice: bool) -> tuple[State, str]:
    """Of an account that has an address."""
    seen_at, last_at = results.profile_seen_at, results.last_at
    came_since = last_at and (seen_at is None or last_at > seen_at)
    if results.is_profile_on is False and not came_since:
        text = _("Kaleyra has turned its callback profile off: no results come. Turn it on there.")
        return State.WRONG, text
    if last_at:
        text = _("Results arrive. The last one came %(when)s.")
        return State.DONE, text % {"when": past_day_and_time(last_at)}
    if is_practice:
        return State.DONE, _("The address is made. The practice pod uses it by itself.")
    if results.is_profile_on and seen_at:
        text = _("Kaleyra posts to it, seen %(when)s. No result has come yet.")
        return State.DONE, text % {"when": past_day_and_time(seen_at)}
    return State.TODO, _("The address is made. Enter it at Kaleyra, then check that it is there.")
