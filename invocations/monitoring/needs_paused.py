"""What keeps messages from leaving: the stop, pauses, the background sender, a missing key."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.history.links import history_url
from invocations.models import Account, Invocation, KillSwitch, WorkflowInstance, permissions
from invocations.monitoring import metrics, pauses, remedies
from invocations.monitoring.need import Need, Rank, Wait
from invocations.monitoring.need_groups import counted_by, earliest, reasons_text
from invocations.monitoring.pause_overview import Pause, PauseOverview, Waiting
from invocations.sending.awaiting import NOT_AWAITING
from invocations.sending.departure import last_sweep
from invocations.sending.outcomes import RELEASED_WITH_ACCOUNT

Status = Invocation.Status


def stop_need(switch: KillSwitch) -> Need:
    """The kill switch is on. Every queued message waits for it, whatever else is paused."""
    queued = _all_queued()
    remedy = remedies.kill_switch_remedy()
    return Need(
        cause="stop",
        rank=Rank.NOTHING_LEAVES,
        tone="rejected",
        icon="front_hand",
        title=_("All sending is stopped"),
        says=f"“{switch.reason}” {_('Messages leave when sending is resumed.')}",
        permission=remedy.permission,
        button=str(remedy.label),
        address=remedy.address,
        n=queued.n if queued else 0,
        waits=_waits(None, queued),
        is_capped=queued is not None and queued.n >= pauses.MAX_WAITING_COUNTED,
        expires_at=queued.first_expires if queued else None,
        since=switch.changed_at,
    )


def _all_queued() -> Waiting | None:
    rows = counted_by(Invocation.objects.filter(status=Status.QUEUED), "account")
    if not rows:
        return None
    return Waiting(
        n=sum(row["n"] for row in rows),
        oldest=min(row["oldest"] for row in rows),
        address=history_url(status=Status.QUEUED.value),
        first_expires=earliest(*(row["first_expires"] for row in rows)),
    )


def sender_need(now: datetime) -> Need | None:
    """Messages are due, and no background sender runs."""
    if not metrics.dispatcher_is_missing(now):
        return None
    swept_at = last_sweep()
    title = _("Queued messages are not leaving: the background sender is not running")
    return Need(
        cause="sender",
        rank=Rank.NOTHING_LEAVES,
        tone="held",
        icon="motion_photos_paused",
        title=title,
        says=_("Start it on the server. Nothing that waits leaves before."),
        command="manage.py dispatch",
        permission=permissions.CHANGE_ACCOUNT,
        button=_("See what waits"),
        address=history_url(status=Status.QUEUED.value),
        since=swept_at,
        oldest=None if swept_at else metrics.oldest_due_at(now),
    )


def pause_needs(paused: PauseOverview, *, is_stopped: bool) -> Iterator[Need]:
    """Paused accounts and workflows with what waits for them.

    What a paused account stops is not counted again for its paused workflows, nor what all sending
    being stopped stops.
    """
    account_ids = paused.account_ids
    for pause in paused.pauses:
        account = pause.account
        if account is None or pause.mend is None:
            continue
        is_counted = pause.kind == "account" or account.pk not in account_ids
        yield _pause_need(pause, account, is_counted=is_counted, is_stopped=is_stopped)


def _pause_need(pause: Pause, account: Account, *, is_counted: bool, is_stopped: bool) -> Need:
    queued = pause.queued if is_counted and not is_stopped else None
    held = pause.held if is_counted else None
    counted = [each for each in (held, queued) if each]
    n = sum(each.n for each in counted)
    # A person's pause is ended by resuming it; of another the cause is fixed first.
    is_by_person = not pause.because and not pause.key_trouble
    mend = pause.mend or remedies.kill_switch_remedy()
    return Need(
        cause=f"{pause.kind}:{pause.of.pk}",
        rank=Rank.PAUSED,
        tone="held",
        icon="key_off" if pause.key_trouble or pause.because == "credentials" else "pause_circle",
        title=pause.title,
        says=f"{pause.why} {_next(pause)}".strip(),
        permission=pause.permission if is_by_person else mend.permission,
        button="" if is_by_person else str(mend.label),
        address="" if is_by_person else mend.address,
        resume=pause.resume,
        n=n,
        waits=_waits(held, queued),
        is_capped=n >= pauses.MAX_WAITING_COUNTED,
        expires_at=earliest(*(each.first_expires for each in counted)),
        since=pause.since,
        is_practice=account.pod.is_practice,
    )


def _next(pause: Pause) -> str:
    if pause.because or pause.key_trouble:
        return _("Fix this first. Otherwise the next refusal pauses it again.")
    return _("Messages leave when it is resumed.")


def held_needs(paused: PauseOverview) -> Iterator[Need]:
    """Messages that are on hold although their account is not paused.

    Those that leave by themselves, because their account was resumed, need nobody.
    """
    rows = counted_by(Invocation.objects.filter(NOT_AWAITING, status=Status.HELD), "account")
    account_ids = paused.account_ids
    stuck = [
        row
        for row in rows
        if row["account"] not in account_ids and set(row["reasons"]) - set(RELEASED_WITH_ACCOUNT)
    ]
    related = Account.objects.select_related("pod")
    accounts = related.in_bulk({row["account"] for row in stuck}) if stuck else {}
    for row in stuck:
        yield _held_need(row, accounts[row["account"]])


def _held_need(row: dict[str, Any], account: Account) -> Need:
    title = ngettext(
        "%(n)s message of %(name)s is on hold", "%(n)s messages of %(name)s are on hold", row["n"]
    )
    mend = _(
        "Whoever runs the console puts the key back that is missing in FIELD_ENCRYPTION_KEYS. "
        "Or cancel them."
    )
    return Need(
        cause=f"held:{account.pk}",
        rank=Rank.PAUSED,
        tone="held",
        icon="pause",
        title=title % {"n": row["n"], "name": account.title},
        says=f"{reasons_text(row['reasons'])} {mend}".strip(),
        permission=permissions.CHANGE_ACCOUNT,
        button=_("Show them"),
        address=history_url(status=Status.HELD.value, account=account.pk),
        n=row["n"],
        expires_at=row["first_expires"],
        oldest=row["oldest"],
        is_practice=account.pod.is_practice,
    )


def set_up_needs(paused: PauseOverview) -> Iterator[Need]:
    """Accounts that cannot send because they have no API key, and no workflow to send."""
    keyless = Account.objects.exclude(api_keys__is_primary=True).exclude(pk__in=paused.account_ids)
    for account in keyless.select_related("pod").prefetch_related("api_keys"):
        remedy = remedies.remedy_for(account, "no_key")
        yield Need(
            cause=f"account:{account.pk}",
            rank=Rank.SET_UP,
            tone="held",
            icon="key_off",
            title=_("%(account)s has no API key") % {"account": account.title},
            says=_("Nothing can be sent with it until a key is stored."),
            permission=remedy.permission,
            button=str(remedy.label),
            address=remedy.address,
            is_practice=account.pod.is_practice,
        )
    if not WorkflowInstance.objects.filter(is_active=True, channels__isnull=False).exists():
        yield Need(
            cause="no_workflow",
            rank=Rank.SET_UP,
            tone="neutral",
            icon="account_tree",
            title=_("There is no workflow to send"),
            says=_("Staff see an empty send page until one is set up."),
            permission=permissions.ADD_WORKFLOW,
            button=_("Add a workflow"),
            address=reverse("admin:invocations_workflowinstance_add"),
        )


def _waits(held: Waiting | None, queued: Waiting | None) -> tuple[Wait, ...]:
    words = ((held, _("%(n)s on hold")), (queued, _("%(n)s queued")))
    return tuple(Wait(text % {"n": f"{each.n:,}"}, each.address) for each, text in words if each)
