"""Erases one person: everything that was sent to a phone, and the number wherever it stands.

An `Erasure` is worked off in short steps, by the command or by the dispatcher's sweep. Its cursor
says which step is next, so a killed process loses nothing: the next one goes on. The last step
forgets the number; what stays is the receipt.
"""

from __future__ import annotations

import json
import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.batches.finding import UnfedRow, unfed_rows
from invocations.history.exports import delete_old_exports
from invocations.models import (
    BrowserSession,
    ChannelResult,
    Erasure,
    Export,
    Invocation,
    KeptForm,
    LimitCount,
    ListedNumber,
    NumberSearch,
    Profile,
)
from invocations.models.encryption import Unreadable
from invocations.models.reading import WHOLE
from invocations.models.recipients import sent_to_digests
from invocations.models.step_size import StepSize
from invocations.privacy.erase_batches import delete_unstarted_files, empty_some
from invocations.privacy.erase_texts import erase_some, tables
from invocations.privacy.phone import Phone
from invocations.privacy.removal import FINAL, remove_person
from invocations.results.removed import forget_recipients

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MESSAGES_AT_ONCE = 300
FEWEST_ROWS, FIRST_ROWS, MOST_ROWS = 50, 300, 2_000
"""Looked through in one step."""
A_LITTLE_SECONDS = 0.3
State = Erasure.State
Cursor = list[str]
"""The name of a step, and how far it is: "" at its beginning."""


# --- what there is --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """What there is of one phone. Nothing is erased while something of it may still leave."""

    messages: int
    open: int
    """Messages that are not final."""
    unfed: list[UnfedRow]

    @property
    def may_be_erased(self) -> bool:
        return not self.open and not self.unfed


class StillOpen(Exception):
    """Nothing was erased: messages to this phone may still leave. `found` has how many."""

    def __init__(self, found: Found) -> None:
        super().__init__("messages may still leave")
        self.found = found


def find(digits: str) -> Found:
    """What a dry run lists."""
    phone = Phone(digits)
    first, second = sent_to_digests(phone.digests)
    ids = {pk for way in (first, second) for pk in _ids(way)}
    still_open = {pk for way in (first, second) for pk in _ids(way & ~Q(FINAL))}
    return Found(len(ids), len(still_open), unfed_rows(phone.digests, WHOLE.batches(None)))


def _ids(way: Q) -> list[int]:
    return list(Invocation.objects.filter(way).order_by().values_list("pk", flat=True))


# --- start ----------------------------------------------------------------------------------------


def start(digits: str, by: User | None) -> Erasure:
    """Begins it, or goes on with one of the same number. Raises `StillOpen`."""
    for under_way in Erasure.objects.filter(state=State.UNDER_WAY):
        with suppress(Unreadable):
            if under_way.number == digits:
                return under_way
    found = find(digits)
    if not found.may_be_erased:
        raise StillOpen(found)
    with transaction.atomic():
        erasure = Erasure(number=digits, asked_by=by)
        erasure.save(force_insert=True)
        record(verbs.PERSON_ERASED, by=by, about=erasure, facts={"state": "begun"})
    return erasure


# --- steps ----------------------------------------------------------------------------------------


def work_off(erasure: Erasure, on_step: Callable[[Erasure], None] = lambda _: None) -> None:
    """All that is left of it, or all that can be done now (`go_on`)."""
    for _step in _go_on_for(erasure.pk):
        erasure.refresh_from_db()
        on_step(erasure)
    erasure.refresh_from_db()


def _go_on_for(pk: uuid.UUID, seconds: float = math.inf) -> Iterator[None]:
    """Yields after each step, until it is done or the time has passed."""
    size, more = StepSize(FIRST_ROWS, fewest=FEWEST_ROWS, most=MOST_ROWS), True
    ends = time.monotonic() + seconds
    while more:
        started = time.monotonic()
        more = go_on(pk, size.rows) and started < ends
        size.took(time.monotonic() - started)
        yield


def erase_a_little(now: datetime) -> int:
    """Some steps of the oldest erasure that does not wait, for the sweep, which also sends.

    Returns how many.
    """
    waiting = Erasure.objects.filter(state=State.UNDER_WAY).order_by("asked_at")
    for erasure in waiting:
        if not waits(erasure):
            return sum(1 for _step in _go_on_for(erasure.pk, A_LITTLE_SECONDS))
    return 0


def go_on(pk: uuid.UUID, rows: int = FEWEST_ROWS) -> bool:
    """The next step, in a transaction of its own, with at most `rows`.

    False once it is done; and while it waits for a message that was sent to the phone meanwhile
    and is not final.
    """
    with transaction.atomic():
        under_way = Erasure.objects.filter(pk=pk, state=State.UNDER_WAY)
        erasure = under_way.select_for_update().first()
        if erasure is None:
            return False
        if waits(erasure):
            return False
        name, after = erasure.cursor or _BEGINNING
        phone = Phone(str(erasure.number))
        after, counts = _steps(rows)[name](phone, after)
        erasure.counts = dict(Counter(erasure.counts) + counts)
        following = [name, after] if after else _next_step(name, phone)
        if following == _BEGINNING:
            erasure.counts = erasure.removed  # what was left is looked for anew
        if following:
            erasure.cursor = following
            erasure.save(update_fields=["cursor", "counts"])
            return True
        _end(erasure)
    return False


def _end(erasure: Erasure) -> None:
    now = timezone.now()
    Erasure.objects.filter(pk=erasure.pk).update(
        state=State.DONE, done_at=now, number=None, cursor=[], counts=erasure.counts
    )
    facts = {"state": "done", "removed": erasure.removed, "left": erasure.texts_left}
    record(verbs.PERSON_ERASED, by=erasure.asked_by, about=erasure, facts=facts)


_MESSAGES = "messages"
_BEGINNING = [_MESSAGES, ""]
_Step = Callable[[Phone, str], tuple[str, Counter[str]]]


def _steps(rows: int = FEWEST_ROWS) -> dict[str, _Step]:
    found: dict[str, _Step] = {
        _MESSAGES: _messages,
        "unstarted": lambda phone, after: ("", delete_unstarted_files(phone)),
        "parts": empty_some,
        "belongings": _belongings,
        "results": partial(_results, most=rows * 10),
        "files": _files,
        "sessions": _sessions,
    }
    for table in tables():
        found[table.name] = partial(erase_some, table, most=rows)
    return found


def _next_step(name: str, phone: Phone) -> Cursor | None:
    """None after the last one, if nothing was sent to the phone meanwhile."""
    names = list(_steps())
    following = names[names.index(name) + 1 :]
    if following:
        return [following[0], ""]
    first, second = sent_to_digests(phone.digests)
    is_sent_to = any(Invocation.objects.filter(way).exists() for way in (first, second))
    return _BEGINNING if is_sent_to else None


def waits(erasure: Erasure) -> bool:
    """Whether it begins anew for messages that were sent meanwhile, and none of them is final."""
    if erasure.state != State.UNDER_WAY or erasure.cursor != _BEGINNING:
        return False
    sent = [Invocation.objects.filter(w) for w in sent_to_digests(Phone(erasure.number).digests)]
    return any(rows.exists() for rows in sent) and not any(r.filter(FINAL).exists() for r in sent)


def _messages(phone: Phone, after: str) -> tuple[str, Counter[str]]:
    """The erased ones have no digest any more, so each step finds others."""
    found: set[int] = set()
    for way in sent_to_digests(phone.digests):
        due = Invocation.objects.filter(way, FINAL).order_by("pk")
        found |= set(due.values_list("pk", flat=True)[:MESSAGES_AT_ONCE])
    counts = remove_person(found, timezone.now())
    return ("more" if len(found) >= MESSAGES_AT_ONCE else ""), counts


def _belongings(phone: Phone, after: str) -> tuple[str, Counter[str]]:
    """What belongs to people here: exports, forms that were kept, their own number, searches,
    counts and lists. Do not contact stays, so that nobody writes to the person again.
    """
    counts: Counter[str] = Counter()
    counts["exports"] = Export.objects.all().delete()[0]  # each may have a line about the person
    own = Profile.objects.filter(own_number_digest__in=phone.digests)
    for profile in own:
        profile.own_number = ""
        profile.save()
        counts["own_numbers"] += 1
    NumberSearch.objects.filter(digest__in=phone.digests).delete()
    listed = ListedNumber.objects.filter(digest__in=phone.digests)
    counts["listed_numbers"] = listed.delete()[0]
    LimitCount.objects.filter(scope__startswith="number", subject__in=phone.digests).delete()
    for form in KeptForm.objects.all():
        try:
            if phone.is_in(form.body):
                counts["kept_forms"] += form.delete()[0]
        except Unreadable:
            continue
    return "", +counts


def _results(phone: Phone, after: str, most: int) -> tuple[str, Counter[str]]:
    """Those of no message to the phone. No index finds them, so it goes on by primary key."""
    begin = int(after or 0)
    end = begin + most
    found = ChannelResult.objects.filter(pk__gt=begin, pk__lte=end)
    forgotten = forget_recipients(found.filter(recipient_digest__in=phone.digests))
    last = ChannelResult.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    return str(end) if end < last else "", +Counter(results=forgotten)


def _files(phone: Phone, after: str) -> tuple[str, Counter[str]]:
    """Of exports, whose rows are deleted by now."""
    delete_old_exports(timezone.now())
    return "", Counter()


def _sessions(phone: Phone, after: str) -> tuple[str, Counter[str]]:
    """Ends those that hold the number."""
    ended = 0
    for session in BrowserSession.objects.order_by("pk").iterator(500):
        if phone.is_in(json.dumps(session.get_decoded(), default=str)):
            session.delete()
            ended += 1
    return "", Counter(sessions=ended) if ended else Counter()
