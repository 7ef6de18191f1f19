"""Takes the one-time codes out of messages, an hour after their end. Their other values stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from invocations.composing import template_fields
from invocations.composing.unseen_characters import is_code
from invocations.kaleyra.payload import Send, build_payload, to_text
from invocations.kaleyra.redaction import SHORTEST_SECRET, Secrets, redact
from invocations.models import (
    Attempt,
    Callback,
    Channel,
    CodeRemoval,
    Invocation,
    SearchableValue,
    WorkflowInstance,
)
from invocations.models.bulk_update import update_each
from invocations.models.encryption import Unreadable
from invocations.models.invocations import sends_in
from invocations.models.searchable_values import value_digests
from invocations.privacy.removal import FINAL

CODES_KEPT_FOR = timedelta(hours=1)
"""After the end of a message, so that a failure can still be looked into."""
REMOVED = "[code removed]"
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=UTC)
"""Older than any message."""


def may_have_codes(workflow: WorkflowInstance) -> bool:
    """Whether one of its channels, now or in a version, has a code among its values.

    A channel without a text may have any value.
    """
    now = list(workflow.channels.prefetch_related("parameters"))
    versions = workflow.versions.all()
    then = [each for one in versions for each in template_fields.channels_in(one)]
    return any(_has_codes(channel) for channel in [*now, *then])


def _has_codes(channel: Channel) -> bool:
    if channel.is_otp or not channel.template_text:
        return True
    return any(is_code(channel, key) for key in template_fields.keys_of(channel))


def remove_some(workflow: WorkflowInstance, now: datetime, most: int) -> tuple[Counter[str], bool]:
    """Goes through the next `most` messages of the workflow. Call it in a transaction.

    Returns what was removed, and whether there may be more.
    """
    until = now - CODES_KEPT_FOR
    done, _is_new = CodeRemoval.objects.select_for_update().get_or_create(
        workflow=workflow, defaults={"done_until": _BEFORE_ALL}
    )
    due = Invocation.objects.filter(
        FINAL,
        workflow_instance=workflow,
        final_at__gte=done.done_until,
        final_at__lte=until,
        values_removed_at__isnull=True,
        codes_removed_at__isnull=True,
    )
    found = due.select_related("version").order_by("final_at", "pk")
    rows = list(found.select_for_update(of=("self",))[:most])
    counts = _remove_from(workflow, rows, now)
    done_until = rows[-1].final_at if len(rows) == most else until
    CodeRemoval.objects.filter(pk=workflow.pk).update(done_until=done_until)
    return counts, len(rows) == most


def _remove_from(
    workflow: WorkflowInstance, rows: Sequence[Invocation], now: datetime
) -> Counter[str]:
    keys = _KeysOfCodes(workflow)
    codes: dict[int, set[str]] = {}
    changes: list[tuple[dict[str, Any], dict[str, Any]]] = []
    payload: Any = Invocation._meta.get_field("payload")
    for row in rows:
        try:
            sends = sends_in(row)
        except (Unreadable, ValueError, KeyError):
            continue  # no key opens it, or it is no message: `purge` removes it whole in its time
        values = keys.codes_in(row, sends)
        if values:
            codes[row.pk] = values
            text = to_text(build_payload(str(row.request_id), without(sends, values)))
            changes.append(({"id": row.pk}, {"payload": payload.seal(row, text)}))
    Invocation.objects.filter(pk__in=[row.pk for row in rows]).update(codes_removed_at=now)
    update_each(Invocation, changes)
    for pk, values in codes.items():
        digests = [digest for value in values for digest in value_digests(value)]
        SearchableValue.objects.filter(invocation=pk, digest__in=digests).delete()
    _redact(Attempt.objects.filter(invocation__in=codes), "reply", codes)
    _redact(Callback.objects.filter(invocation__in=codes), "body", codes)
    return Counter(codes=len(codes)) if codes else Counter()


def without(sends: Iterable[Send], codes: set[str]) -> list[Send]:
    """The same keys, and nothing where a value is a code, or holds one that is not short."""
    return [
        Send(
            send.recipient,
            {
                key: "" if _holds(value, codes) else value
                for key, value in send.template_params.items()
            },
        )
        for send in sends
    ]


def _holds(value: str, codes: set[str]) -> bool:
    return value in codes or any(len(one) >= SHORTEST_SECRET and one in value for one in codes)


def _redact(rows: Any, column: str, codes: dict[int, set[str]]) -> None:
    """In texts that may quote a code: what Kaleyra answered and reported."""
    field: Any = rows.model._meta.get_field(column)
    for row in rows.filter(**{f"{column}__isnull": False}):
        long_enough = [one for one in codes[row.invocation_id] if len(one) >= SHORTEST_SECRET]
        secrets: Secrets = dict.fromkeys(sorted(long_enough, key=len, reverse=True), REMOVED)
        try:
            text = getattr(row, column)
        except Unreadable:
            continue
        if (clean := redact(text, secrets)) != text:
            rows.model.objects.filter(pk=row.pk).update(**{column: field.seal(row, clean)})


class _KeysOfCodes:
    """Which values of the messages of one workflow are codes."""

    def __init__(self, workflow: WorkflowInstance) -> None:
        self._now = list(workflow.channels.prefetch_related("parameters"))
        self._sensitive = template_fields.sensitive_keys(self._now)
        self._versions: dict[int | None, tuple[list[Channel], set[str]]] = {
            None: (self._now, self._sensitive)
        }

    def codes_in(self, row: Invocation, sends: Sequence[Send]) -> set[str]:
        channels, sensitive = self._as_sent(row)
        return {
            value
            for index, send in enumerate(sends)
            for key, value in send.template_params.items()
            if value and self._is_code(channels, index, key, sensitive)
        }

    def _as_sent(self, row: Invocation) -> tuple[list[Channel], set[str]]:
        if row.version_id not in self._versions and row.version:
            then = template_fields.sensitive_keys_in(row.version)
            channels = template_fields.channels_in(row.version)
            self._versions[row.version_id] = channels, then | self._sensitive
        return self._versions[row.version_id]

    @staticmethod
    def _is_code(channels: Sequence[Channel], index: int, key: str, sensitive: set[str]) -> bool:
        channel = channels[index] if index < len(channels) else Channel()
        return is_code(channel, key) or (channel.is_otp and key in sensitive)
