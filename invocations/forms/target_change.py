"""What set-up pages say when a host, SID or workflow ID changes: what follows of the messages under
way, and which workflows become drafts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing import stage_moves
from invocations.models import Account, ApiKey, WorkflowInstance
from invocations.sending import targets


def note_before(of: Q) -> str:
    """For the form: what a change would do to the messages under way; empty if there are none."""
    waiting, doubtful = targets.messages_under_way(of)
    texts = []
    if waiting:
        one = "%(n)d message has not left yet: if you change this, it follows."
        many = "%(n)d messages have not left yet: if you change this, they follow."
        texts.append(ngettext(one, many, waiting) % {"n": waiting})
        texts.append(_("A change between practice and live holds what has not left."))
    if doubtful:
        one = "%(n)d message may have left: it stays with the setting at which it was posted."
        many = "%(n)d messages may have left: they stay with the setting at which they were posted."
        texts.append(ngettext(one, many, doubtful) % {"n": doubtful})
    return " ".join(texts)


def add_notes(form: Any, names: Iterable[str], of: Q) -> None:
    """Adds to the help texts of the fields what a change does to messages under way."""
    _add_help(form, names, note_before(of))


def add_key_note(form: Any, names: Iterable[str], keys: QuerySet[ApiKey]) -> None:
    """Adds to the help texts that `keys` are bound to host and SID, and to be entered again."""
    if keys.exists():
        note = _("After a change the stored API key cannot be used until it is entered again.")
        _add_help(form, names, note)


def add_stage_note(form: Any, name: str, workflows: QuerySet[WorkflowInstance]) -> None:
    """Adds to the help text of the field `name` what happens to workflows tested or live there."""
    stages = (WorkflowInstance.Stage.TESTED, WorkflowInstance.Stage.LIVE)
    count = workflows.filter(stage__in=stages).count()
    if count:
        one = (
            "%(n)d workflow is tested or live: a change between practice and live makes it a draft."
        )
        many = (
            "%(n)d workflows are tested or live: a change between practice and live makes them "
            "drafts."
        )
        _add_help(form, [name], ngettext(one, many, count) % {"n": count})


def _add_help(form: Any, names: Iterable[str], note: str) -> None:
    for name in names:
        if name in form.base_fields:
            field = form.base_fields[name]
            field.help_text = f"{field.help_text} {note}".strip()


def make_drafts_and_tell(request: HttpRequest, workflows: QuerySet[WorkflowInstance]) -> None:
    """After a change between practice and live was saved."""
    if drafts := stage_moves.back_to_draft_after_change_of_kind(workflows):
        one = "%(n)d workflow is a draft again, for its account changed between practice and live."
        many = (
            "%(n)d workflows are drafts again, for their account changed between practice and live."
        )
        then = _("Test each here, then make it live.")
        messages.warning(request, f"{ngettext(one, many, drafts) % {'n': drafts}} {then}")


def forget_answers(accounts: Iterable[Account]) -> None:
    """What Kaleyra said to the keys was about the host or SID before the change."""
    columns = {"last_accepted_at": None, "last_refused_at": None, "last_checked_at": None}
    ApiKey.objects.filter(account__in=list(accounts)).update(**columns)


def follow_and_tell(request: HttpRequest, accounts: Collection[Account], of: Q) -> None:
    """After the change was saved: moves what has not left, and says how many did and did not."""
    _waiting, doubtful = targets.messages_under_way(of)
    moved = sum(targets.follow(account) for account in accounts)
    if moved:
        one = "%(n)d message that had not left follows the change."
        many = "%(n)d messages that had not left follow the change."
        messages.info(request, ngettext(one, many, moved) % {"n": moved})
    if held := sum(targets.count_of_other_kind(account) for account in accounts):
        one = "%(n)d message stays here, for the account changed between practice and live."
        many = "%(n)d messages stay here, for the account changed between practice and live."
        then = _("Cancel what was meant for the setting before.")
        messages.warning(request, f"{ngettext(one, many, held) % {'n': held}} {then}")
    if doubtful:
        one = "%(n)d message that may have left stays with the setting before."
        many = "%(n)d messages that may have left stay with the setting before."
        text = ngettext(one, many, doubtful) % {"n": doubtful}
        kept = _("Keep its key, and a region with its host, until “Outcome unknown” is empty.")
        messages.warning(request, f"{text} {kept}")
