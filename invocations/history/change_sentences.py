"""One stored change of the set-up as a sentence: what was done to what, old and new, and why.

`change_of` finds the function for the table; each returns None where there is nothing to say, for
example where a form was saved without any change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invocations.composing.stage_moves import KIND_CHANGED, TEST_DELIVERED, TEXTS_CHANGED
from invocations.history.change import SET_UP, Change, Kind
from invocations.history.change_names import Names
from invocations.history.change_rows import Row
from invocations.history.change_values import Detail, details_of, shortened
from invocations.history.people_changes import person_change
from invocations.history.reasons import REASONS
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import Account, ApiKey, Channel, Pod, WorkflowInstance


def change_of(row: Row, names: Names) -> Change | None:
    return SENTENCES[row.source](row, names)


def _said(row: Row, kind: Kind, sentence: str, **things: Any) -> Change:
    """A change by the person of the version. `sentence` has the names of `things` in braces."""
    reason = row.record.history_change_reason or ""
    by = row.record.history_user
    is_set_up = by is None and reason == SET_UP
    is_console = by is None and bool(reason) and not is_set_up
    says = format_html(sentence, **things)
    return Change(row.at, by, kind, says, is_console=is_console, is_set_up=is_set_up)


def _edited(row: Row, kind: Kind, details: list[Detail], thing: SafeString) -> Change | None:
    """Names the field if it is the only one, else each in its detail."""
    if not details:
        return None
    if len(details) > 1:
        return replace(_said(row, kind, _("changed {thing}"), thing=thing), details=details)
    change = _said(row, kind, _("changed {field} of {thing}"), field=details[0].label, thing=thing)
    return replace(change, details=[replace(details[0], label="")])


def _made_or_deleted(row: Row, kind: Kind, made: str, deleted: str, **things: Any) -> Change | None:
    """For the first version and the last one; None for all between."""
    if row.record.history_type == "~":
        return None
    return _said(row, kind, made if row.record.history_type == "+" else deleted, **things)


def _pod(row: Row, names: Names) -> Change | None:
    thing = names.shown(Pod, row.record.id)
    made = _made_or_deleted(
        row,
        Kind.ACCOUNTS,
        _("added the region {thing}"),
        _("deleted the region {thing}"),
        thing=thing,
    )
    return made or _edited(row, Kind.ACCOUNTS, _details(row, names), thing)


def _account(row: Row, names: Names) -> Change | None:
    thing = names.shown(Account, row.record.id)
    made = _made_or_deleted(
        row,
        Kind.ACCOUNTS,
        _("added the account {thing}"),
        _("deleted the account {thing}"),
        thing=thing,
    )
    details = _details(row, names)
    pause = _pause(row, details, thing, row.record.paused_reason)
    return made or pause or _edited(row, Kind.ACCOUNTS, details, thing)


def _pause(row: Row, details: list[Detail], thing: SafeString, reason: str) -> Change | None:
    """The pause of an account or a workflow, or its end; other fields as details."""
    if not any(detail.field == "is_paused" for detail in details):
        return None
    is_paused = row.record.is_paused
    change = _said(
        row, Kind.STOPS, _("paused {thing}") if is_paused else _("resumed {thing}"), thing=thing
    )
    others = [each for each in details if each.field not in {"is_paused", "paused_reason"}]
    by_rule = REASONS.get(row.record.history_change_reason or "", "") if is_paused else ""
    note = str(by_rule) or (mask_numbers(reason) if is_paused else "")
    return replace(change, details=others, note=note, is_quoted=not by_rule)


def _key(row: Row, names: Names) -> Change | None:
    """Of a key only its last four characters are ever known here."""
    key, account = row.record, names.shown(Account, row.record.account_id)
    title = names.shown(ApiKey, None, key.title)
    made = _made_or_deleted(
        row,
        Kind.ACCOUNTS,
        _("added the API key {title} to {account}"),
        _("deleted the API key {title} of {account}"),
        title=title,
        account=account,
    )
    if made:
        return replace(made, details=[Detail("last_four", _("it ends in"), new=key.last_four)])
    details = _details(row, names)
    changed = {detail.field for detail in details}
    if "last_four" in changed:
        change = _said(
            row,
            Kind.ACCOUNTS,
            _("replaced the API key {title} of {account}"),
            title=title,
            account=account,
        )
        return replace(change, details=details)
    if "is_primary" in changed:
        if not key.is_primary:  # the version of the key that took its place says it
            return None
        sentence = _("made {account} send with the API key {title}")
        return _said(row, Kind.ACCOUNTS, sentence, title=title, account=account)
    thing = format_html(_("the API key {title} of {account}"), title=title, account=account)
    return _edited(row, Kind.ACCOUNTS, details, thing)


STAGES = {
    "draft": gettext_lazy("set {thing} back to draft"),
    "tested": gettext_lazy("marked {thing} as tested"),
    "live": gettext_lazy("made {thing} live"),
}
STAGE_REASONS = {
    TEST_DELIVERED: gettext_lazy("its test was delivered"),
    TEXTS_CHANGED: gettext_lazy("its texts have changed since the test"),
    KIND_CHANGED: gettext_lazy("its account has changed between practice and live"),
}
"""Of moves that the console makes itself."""


def _workflow(row: Row, names: Names) -> Change | None:
    workflow = row.record
    thing = names.shown(WorkflowInstance, workflow.id)
    made = _made_or_deleted(
        row,
        Kind.WORKFLOWS,
        _("added the workflow {thing}"),
        _("deleted the workflow {thing}"),
        thing=thing,
    )
    if made:
        return made
    details = [*_details(row, names), *_groups(row, names)]
    special = _pause(row, details, thing, "") or _workflow_deed(row, details, thing)
    return special or _edited(row, Kind.WORKFLOWS, details, thing)


def _workflow_deed(row: Row, details: list[Detail], thing: SafeString) -> Change | None:
    """What has a word of its own: the stage, the place on the send page, the first result."""
    workflow = row.record
    sentences = {
        "stage": STAGES.get(workflow.stage, _("changed the stage of {thing}")),
        "groups": _("changed who may send {thing}"),
        "is_active": _("put {thing} on the send page")
        if workflow.is_active
        else _("took {thing} off the send page"),
    }
    if workflow.history_change_reason == "first_result":
        sentences["expects_callback"] = _("received the first result of {thing}")
    field = next((each.field for each in details if each.field in sentences), "")
    if not field:
        return None
    change = _said(row, Kind.WORKFLOWS, str(sentences[field]), thing=thing)
    reason = workflow.history_change_reason or ""
    by_rule = STAGE_REASONS.get(reason, "")
    return replace(
        change,
        details=[
            replace(each, label="") if each.field == "groups" else each
            for each in details
            if each.field != field or field == "groups"
        ],
        note=(str(by_rule) or mask_numbers(reason)) if field == "stage" else "",
        is_quoted=not by_rule,
        is_console=change.is_console and (field != "stage" or bool(by_rule)),
    )


def _groups(row: Row, names: Names) -> list[Detail]:
    if row.before is None:
        return []
    groups: Sequence[list[str]] = row.groups or [
        names.groups.get(version.history_id, []) for version in (row.before, row.record)
    ]
    old, new = (", ".join(each) or _("everybody who may send") for each in groups)
    return [Detail("groups", _("who may send it"), old, new)] if old != new else []


def _channel(row: Row, names: Names) -> Change | None:
    channel = row.record
    thing = names.shown(WorkflowInstance, channel.workflow_instance_id)
    kind = dict(Channel.Kind.choices).get(channel.kind, channel.kind)
    made = _made_or_deleted(
        row,
        Kind.WORKFLOWS,
        _("added {channel} to {thing}"),
        _("removed {channel} from {thing}"),
        channel=kind,
        thing=thing,
    )
    if made and channel.history_type == "+" and channel.template_text:
        text = shortened(mask_numbers(channel.template_text))
        return replace(made, details=[Detail("template_text", _("text"), new=text)])
    words = {
        "template_text": _("the %(channel)s text") % {"channel": kind},
        "header_text": _("the %(channel)s header") % {"channel": kind},
        "button_url": _("the %(channel)s link") % {"channel": kind},
    }
    details = [
        replace(each, label=words.get(each.field, each.label)) for each in _details(row, names)
    ]
    return made or _edited(row, Kind.WORKFLOWS, details, thing)


def _parameter(row: Row, names: Names) -> Change | None:
    value = row.record
    workflow, kind = names.workflow_of_channel.get(value.channel_id, (0, ""))
    things = {
        "value": format_html("“{}”", value.label or value.key),
        "channel": dict(Channel.Kind.choices).get(kind, kind),
        "thing": names.shown(WorkflowInstance, workflow),
    }
    made = _made_or_deleted(
        row,
        Kind.WORKFLOWS,
        _("described the value {value} of {thing} ({channel})"),
        _("removed what was said of the value {value} of {thing} ({channel})"),
        **things,
    )
    thing = format_html(_("the value {value} of {thing} ({channel})"), **things)
    return made or _edited(row, Kind.WORKFLOWS, _details(row, names), thing)


def _kill_switch(row: Row, names: Names) -> Change | None:
    """A stop of all sending, or its end."""
    switch = row.record
    says = _("stopped all sending") if switch.is_on else _("resumed all sending")
    by = switch.changed_by or switch.history_user
    return Change(row.at, by, Kind.STOPS, escape(says), note=mask_numbers(switch.reason))


def _person(row: Row, names: Names) -> Change:
    says, details = person_change(row.record, names)
    return Change(row.at, row.record.user, Kind.PEOPLE, says, details)


def _settlement(row: Row, names: Names) -> Change:
    """Of the number only what the lists show too."""
    settled = row.record
    says = format_html(
        _("recorded that {verdict}: a <a href='{link}'>message to {number}</a>"),
        verdict=settled.get_verdict_display(),
        link=reverse("invocation", args=[settled.invocation.request_id]),
        number=settled.invocation.recipient_hint,
    )
    return Change(row.at, settled.settled_by, Kind.MESSAGES, says)


def _details(row: Row, names: Names) -> list[Detail]:
    return details_of(row.record, row.before, names.of) if row.before is not None else []


SENTENCES: dict[str, Callable[[Row, Names], Change | None]] = {
    "account": _account,
    "apikey": _key,
    "channel": _channel,
    "killswitch": _kill_switch,
    "parameter": _parameter,
    "person": _person,
    "pod": _pod,
    "settlement": _settlement,
    "workflow": _workflow,
}
