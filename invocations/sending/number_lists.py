"""Keeps the lists of numbers: those that are not contacted, and the only ones of an account.

Each change writes its row of the trail, in the same transaction, without a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record as trail
from invocations.composing.error_text import number_text
from invocations.kaleyra import recipients
from invocations.kaleyra.recipients import Recipient, RecipientError, mask
from invocations.kaleyra.redaction import mask_numbers
from invocations.kaleyra.spellings import canonical
from invocations.kaleyra.stored_numbers import stored
from invocations.models import Account, DoNotContact, Invocation, ListedNumber
from invocations.models.invocations import sends_in
from invocations.models.recipients import phone_digests, stored_digest
from invocations.sending import unwanted

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_LINES = 50_000
_AT_ONCE = 500
_SEPARATORS = re.compile(r"[;,\t]")


@dataclass(frozen=True)
class ReadLines:
    """Numbers of a text, each once, and the lines that cannot be read: number and why."""

    numbers: list[Recipient] = field(default_factory=list)
    bad: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Added:
    added: int
    known: int
    """That were on the list before."""
    cancelled: int = 0
    """Messages that waited to leave for one of them."""


class TooManyLines(Exception):
    """Nothing was read: the text has more than `MOST_LINES` lines."""


def read_lines(text: str, home: str = "") -> ReadLines:
    """One number a line; what follows a comma, semicolon or tab is passed over, and so are empty
    lines and a heading. `home`: the region whose national form the numbers may have.
    """
    lines = text.lstrip("\ufeff").splitlines()
    if len(lines) > MOST_LINES:
        raise TooManyLines
    found: dict[str, Recipient] = {}
    bad: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        cell = _SEPARATORS.split(line.strip())[0].strip().strip("\"'").strip()
        is_heading = number == 1 and not any(sign.isdigit() for sign in cell)
        if not line.strip() or is_heading:
            continue
        try:
            recipient = recipients.clean(cell, home)
        except RecipientError as error:
            bad.append((number, number_text(error)))
        else:
            found.setdefault(canonical(recipient.digits), recipient)
    return ReadLines(list(found.values()), bad)


# --- do not contact -------------------------------------------------------------------------------


def stop_contact(numbers: Sequence[Recipient], reason: str, by: User | None) -> Added:
    """Nothing is sent to these numbers from now on. What waits for them is ended."""
    reason = mask_numbers(reason)
    with transaction.atomic():
        new = _not_in(DoNotContact.objects.all(), numbers)
        DoNotContact.objects.bulk_create(
            [DoNotContact(reason=reason, **_columns(each, by)) for each in new],
            ignore_conflicts=True,
            batch_size=_AT_ONCE,
        )
        ended = unwanted.end_waiting([each.digits for each in numbers], timezone.now())
        facts: dict[str, Any] = {"count": len(new), "reason": reason, "cancelled": ended}
        if len(new) == 1:
            facts["number"] = mask(new[0].formatted)
        if new:
            trail(verbs.DO_NOT_CONTACT_ADDED, by=by, facts=facts)
    return Added(len(new), len(numbers) - len(new), ended)


def stop_contact_of(invocation: Invocation, reason: str, by: User) -> Added:
    """The numbers of a message. Raises `Unreadable` if it cannot be decrypted."""
    numbers = {send.recipient: stored(send.recipient) for send in sends_in(invocation)}
    return stop_contact(list(numbers.values()), reason, by)


def allow_contact(entry: DoNotContact, reason: str, by: User | None) -> bool:
    """Takes a number off the list. Returns whether it was still there."""
    reason = mask_numbers(reason)
    with transaction.atomic():
        if not DoNotContact.objects.filter(pk=entry.pk).delete()[0]:
            return False
        facts = {"number": entry.hint, "reason": reason, "reason_before": entry.reason}
        trail(verbs.DO_NOT_CONTACT_REMOVED, by=by, about=entry, facts=facts)
    return True


def unwanted_entries(numbers: Iterable[str]) -> QuerySet[DoNotContact]:
    """The entries of these numbers (digits), in any spelling."""
    digests = {digest for digits in numbers for digest in phone_digests(digits)}
    return DoNotContact.objects.filter(digest__in=digests)


# --- the only numbers of an account ---------------------------------------------------------------


def list_numbers(account: Account, numbers: Sequence[Recipient], by: User) -> Added:
    """Adds numbers that the account may send to before it goes live."""
    with transaction.atomic():
        new = _not_in(ListedNumber.objects.filter(account=account), numbers)
        ListedNumber.objects.bulk_create(
            [ListedNumber(account=account, **_columns(each, by)) for each in new],
            ignore_conflicts=True,
            batch_size=_AT_ONCE,
        )
        if new:
            shown = [mask(each.formatted) for each in new[:10]]
            facts = {"account": account.title, "count": len(new), "numbers": shown}
            trail(verbs.LISTED_NUMBER_ADDED, by=by, about=account, facts=facts)
    return Added(len(new), len(numbers) - len(new))


def unlist_number(entry: ListedNumber, by: User) -> bool:
    with transaction.atomic():
        if not ListedNumber.objects.filter(pk=entry.pk).delete()[0]:
            return False
        facts = {"account": entry.account.title, "number": entry.hint}
        trail(verbs.LISTED_NUMBER_REMOVED, by=by, about=entry.account, facts=facts)
    return True


def let_account_go_live(account: Account, by: User) -> bool:
    """From now on it sends to every number. Returns whether it sent to its list alone before."""
    return _set_only_listed(account, by, only_listed=False)


def keep_to_list(account: Account, by: User) -> bool:
    """From now on it sends to the numbers of its list alone. Returns whether that is new."""
    return _set_only_listed(account, by, only_listed=True)


def _set_only_listed(account: Account, by: User, *, only_listed: bool) -> bool:
    with transaction.atomic():
        other = Account.objects.select_for_update().filter(
            pk=account.pk, only_listed=not only_listed
        )
        found = other.first()
        if found is None:
            return False
        found.only_listed = only_listed
        found.save(update_fields=["only_listed"])
        verb = verbs.LIMIT_CHANGED if only_listed else verbs.WENT_LIVE
        facts: dict[str, Any] = {"account": account.title}
        facts |= {"only_listed": {"old": not only_listed, "new": only_listed}}
        trail(verb, by=by, about=account, facts=facts)
    account.only_listed = only_listed
    return True


def _not_in(entries: QuerySet[Any], numbers: Sequence[Recipient]) -> list[Recipient]:
    """Those of `numbers` that have no entry, in any spelling."""
    digests = [phone_digests(number.digits) for number in numbers]
    known: set[str] = set()
    for start in range(0, len(numbers), _AT_ONCE):
        some = set().union(*digests[start : start + _AT_ONCE])
        known |= set(entries.filter(digest__in=some).values_list("digest", flat=True))
    return [number for number, own in zip(numbers, digests, strict=True) if not own & known]


def _columns(number: Recipient, by: User | None) -> dict[str, Any]:
    return {
        "digest": stored_digest(number.digits),
        "hint": mask(number.formatted),
        "last_four": number.digits[-4:],
        "added_by": by,
    }
