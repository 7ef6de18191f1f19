"""Makes stored digests anew with the lookup key, while the keys that they were made with are there.

Versions before the lookup key made digests with the encryption keys. A migration runs this once,
and `manage.py rotate_keys` for what processes of such a version wrote meanwhile. It can be killed
and begun again. Where no key opens the text, or retention has removed it, the digest stays.

The models are given by `get_model`, because a migration has models of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from invocations.kaleyra.callback_body import read_callback
from invocations.kaleyra.payload import Send, sends_of
from invocations.models import encryption
from invocations.models.bulk_update import update_each
from invocations.models.encryption import Sealed, Unreadable, digest_of, is_digest_of
from invocations.models.immutable import a_run_may_change
from invocations.models.recipients import digits_in, phone_digests, stored_digest
from invocations.models.searchable_values import normalised
from invocations.models.table_walk import Row, TableWalk

# Frozen here: a migration must not change with what another module calls its purposes.
PAYLOAD, RECIPIENT, VALUE, CALLBACK, TOKEN = (
    *("payload", "recipient", "value", "callback", "callback token"),
)
GetModel = Callable[[str, str], Any]
Change = tuple[Mapping[str, Any], Mapping[str, Any]]

MADE_ANEW = {
    "invocations.invocation.payload_digest",
    "invocations.invocation.recipient_digest",
    "invocations.invocation.recipient2_digest",
    "invocations.searchablevalue.digest",
    "invocations.profile.own_number_digest",
    "invocations.callbackaddress.token_digest",
    "invocations.callback.digest",
    "invocations.channelresult.recipient_digest",
}
_WITHOUT_ITS_NUMBER = "Newer than the lookup key, and the number is not kept beside it."
STAYS = {
    "invocations.batch.content_digest": "Made anew when the same file comes again (`upload`).",
    "invocations.donotcontact.digest": _WITHOUT_ITS_NUMBER,
    "invocations.listednumber.digest": _WITHOUT_ITS_NUMBER,
    "invocations.numbersearch.digest": _WITHOUT_ITS_NUMBER,
    "invocations.batchpart.digests": "Of rows still to be sent: gone with the file, within days.",
}
"""Columns of digests that are not made anew, and why."""


class _Step(NamedTuple):
    model: str
    columns: tuple[str, ...]
    change: Callable[[Any, list[Row]], None]
    goes_on: bool = True
    """Whether a later run begins where the last ended. Not where primary keys are in no order."""


class DigestRun:
    """One run over all tables with digests."""

    def __init__(self, get_model: GetModel, using: str = "default") -> None:
        self._get_model = get_model
        self._using = using
        self._runs = self._rows("KeyRun")

    def walks(self) -> Iterator[tuple[str, TableWalk, Callable[[list[Row]], None]]]:
        """The name of each table, its walk, and what is done with a batch."""
        key = encryption.lookup_fingerprint()[:16]
        for step in _STEPS:
            name = f"digests {key} {step.model.lower()}"
            runs = self._runs if step.goes_on else None
            walk = TableWalk(self._rows(step.model).all(), step.columns, runs, name)
            yield step.model, walk, lambda rows, do=step.change: do(self, rows)  # type: ignore[misc]

    def run(self) -> None:
        for _name, walk, change in self.walks():
            for _rows in walk.each(change):
                pass

    def _rows(self, model: str) -> Any:
        return self._get_model("invocations", model)._base_manager.using(self._using)

    def _update(self, model: str, changes: Sequence[Change]) -> None:
        if not changes:
            return
        is_guarded = model == "Invocation"
        guard: Any = a_run_may_change if is_guarded else transaction.atomic
        with guard(using=self._using):
            update_each(self._get_model("invocations", model), changes)

    # --- messages ---------------------------------------------------------------------------------

    def invocations(self, rows: list[Row]) -> None:
        texts: dict[int, list[Send]] = {}
        changes: list[Change] = []
        for pk, request_id, sealed, *stored in rows:
            text = _opened(sealed, f"invocations_invocation.payload:{request_id}")
            if not text:
                continue
            of_payload, *of_numbers = stored
            if of_payload == digest_of(text, PAYLOAD):
                continue  # it is written last of all, so what belongs to the message is new, too
            texts[pk] = sends = sends_of(text)
            numbers = {send.recipient for send in sends}
            # Not where a code was removed from the text since: the digest tells a repetition.
            is_as_recorded = is_digest_of(of_payload, text, PAYLOAD)
            new_of_payload = digest_of(text, PAYLOAD) if is_as_recorded else of_payload
            new = [new_of_payload, *(_of_number(each, numbers) for each in of_numbers)]
            if new != stored:
                names = ("payload_digest", "recipient_digest", "recipient2_digest")
                where = {"id": pk, "payload_digest": of_payload}
                changes.append((where, dict(zip(names, new, strict=True))))
        self._searchable_values(texts)
        self._update("Invocation", changes)

    def _searchable_values(self, sends: Mapping[int, list[Send]]) -> None:
        stored = self._rows("SearchableValue").filter(invocation_id__in=list(sends))
        changes: list[Change] = []
        for pk, invocation_pk, digest in stored.values_list("pk", "invocation_id", "digest"):
            for value in _values_in(sends[invocation_pk]):
                if is_digest_of(digest, value, VALUE):
                    new = digest_of(value, VALUE)
                    if new != digest:
                        changes.append(({"id": pk}, {"digest": new}))
                    break
        self._update("SearchableValue", changes)

    # --- people and addresses ---------------------------------------------------------------------

    def profiles(self, rows: list[Row]) -> None:
        changes: list[Change] = []
        for pk, binding, sealed, stored in rows:
            number = _opened(sealed, f"invocations_profile.own_number:{binding}")
            if number and stored:
                new = _of_number(stored, {number})
                changes.append(({"id": pk}, {"own_number_digest": new}))
        self._update("Profile", changes)

    def addresses(self, rows: list[Row]) -> None:
        changes: list[Change] = []
        for pk, sealed in rows:
            token = _opened(sealed, f"invocations_callbackaddress.token:{pk}")
            if token:
                changes.append(({"id": pk}, {"token_digest": digest_of(token, TOKEN)}))
        self._update("CallbackAddress", changes)

    # --- results ----------------------------------------------------------------------------------

    def callbacks(self, rows: list[Row]) -> None:
        """Body and reason are bound to the digest: they get their new place in the same UPDATE."""
        changes: dict[str, Change] = {}
        numbers: dict[int, dict[int, str]] = {}
        for pk, account_pk, digest, body, reason in rows:
            text = _opened(body, f"invocations_callback.body:{digest}")
            if not text:
                continue
            channels = read_callback(text.encode()).channels
            numbers[pk] = {each.position: each.recipient for each in channels}
            content = _content_of(text, account_pk, digest)
            if content is not None and (new := digest_of(content, CALLBACK)) != digest:
                changes[new] = _rebound(pk, digest, new, text, reason)
        self._channel_results(numbers)
        self._update_callbacks(changes)

    def _update_callbacks(self, changes: Mapping[str, Change]) -> None:
        # Stored anew already, because it was posted again meanwhile.
        twice = set(
            self._rows("Callback").filter(digest__in=list(changes)).values_list("digest", flat=True)
        )
        left = [change for digest, change in changes.items() if digest not in twice]
        groups = _by_columns(left)
        for group in groups:
            try:
                self._update("Callback", group)
            except IntegrityError:  # posted again just now
                for each in group:
                    self._update_if_free(each)

    def _update_if_free(self, change: Change) -> None:
        with suppress(IntegrityError):
            self._update("Callback", [change])

    def _channel_results(self, numbers: Mapping[int, Mapping[int, str]]) -> None:
        stored = self._rows("ChannelResult").filter(callback_id__in=list(numbers))
        changes: list[Change] = []
        columns = ("pk", "callback_id", "position", "recipient_digest")
        for pk, callback_pk, position, digest in stored.values_list(*columns):
            number = numbers[callback_pk].get(position, "")
            new = _of_number(digest, {number})
            if new != digest:
                changes.append(({"id": pk}, {"recipient_digest": new}))
        self._update("ChannelResult", changes)


_STEPS = (
    _Step(
        "Invocation",
        (
            *("request_id", "payload"),
            *("payload_digest", "recipient_digest", "recipient2_digest"),
        ),
        DigestRun.invocations,
    ),
    _Step("Profile", ("binding", "own_number", "own_number_digest"), DigestRun.profiles, False),
    _Step("CallbackAddress", ("token",), DigestRun.addresses, False),
    _Step("Callback", ("account_id", "digest", "body", "set_aside_reason"), DigestRun.callbacks),
)


def _opened(sealed: Sealed | None, place: str) -> str | None:
    """The text of a token; None where there is none, or no key opens it."""
    try:
        return None if sealed is None else encryption.decrypt(sealed.token, place)
    except Unreadable:
        return None


def _of_number(stored: str, numbers: Iterable[str]) -> str:
    """The digest of the one of `numbers` that `stored` is of; `stored` itself if it is of none."""
    if stored:
        if any(stored == stored_digest(digits_in(number)) for number in numbers):
            return stored  # most are
        for number in numbers:
            if stored in phone_digests(digits_in(number)):
                return stored_digest(digits_in(number))
    return stored


def _values_in(sends: Iterable[Send]) -> Iterator[str]:
    """Every value, and every run of values side by side: one value may be split over them."""
    seen = set()
    for send in sends:
        values = [value for value in send.template_params.values() if isinstance(value, str)]
        for start in range(len(values)):
            for end in range(start + 1, len(values) + 1):
                text = normalised("".join(values[start:end]))
                if text not in seen:
                    seen.add(text)
                    yield text


_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1")


def _content_of(text: str, account_pk: int, digest: str) -> str | None:
    """What the digest of a result is of; None if its bytes cannot be made again from its text."""
    for encoding in _ENCODINGS:
        try:
            body = text.encode(encoding)
        except UnicodeEncodeError:
            continue
        content = f"{account_pk} {hashlib.sha256(body).hexdigest()}"
        if is_digest_of(digest, content, CALLBACK):
            return content
    return None


def _rebound(pk: int, old: str, new: str, text: str, reason: Sealed | None) -> Change:
    changes: dict[str, Any] = {
        "digest": new,
        "body": Sealed(encryption.encrypt(text, f"invocations_callback.body:{new}")),
    }
    words = _opened(reason, f"invocations_callback.set_aside_reason:{old}")
    if words is not None:
        place = f"invocations_callback.set_aside_reason:{new}"
        changes["set_aside_reason"] = Sealed(encryption.encrypt(words, place))
    return {"id": pk, "digest": old}, changes


def _by_columns(changes: Iterable[Change]) -> list[list[Change]]:
    """In groups that change the same columns."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        groups.setdefault(tuple(change[1]), []).append(change)
    return list(groups.values())
