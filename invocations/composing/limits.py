"""The limits of an account, and the gate's findings about them.

`limits_of` reads everything in one statement: what the console and the account allow, and whether
one of the numbers is not to be contacted. Practice accounts have no limits and are not counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from invocations.composing import limit_text
from invocations.composing.findings import Finding, Severity
from invocations.kaleyra import address
from invocations.kaleyra.recipients import Recipient, mask
from invocations.models import (
    Account,
    DoNotContact,
    LimitCount,
    LimitSet,
    ListedNumber,
    Pod,
    WorkflowInstance,
)
from invocations.models.limits import CAPS
from invocations.models.recipients import phone_digests, stored_digest

_WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}


@dataclass(frozen=True)
class Limits:
    """What holds for one account now. `caps`: by scope (`models.limits.CAPS`)."""

    is_practice: bool = False
    only_listed: bool = False
    needs_approval: bool = False
    """Whether each message of the workflow waits for a second person."""
    caps: Mapping[str, int] = field(default_factory=dict)
    approve_above: int | None = None
    countries: frozenset[str] = frozenset()
    """Empty: all."""
    has_unwanted: bool = False
    """Whether one of the numbers asked about (or any at all) is not to be contacted."""

    @property
    def restricts_numbers(self) -> bool:
        return bool(self.only_listed or self.countries or self.has_unwanted)


class CapKey(NamedTuple):
    """One cap in one window. The order is that in which counts are locked."""

    scope: str
    subject: str
    starts_at: datetime
    most: int


# --- what holds now -------------------------------------------------------------------------------

_ACCOUNT, _POD = Account._meta.db_table, Pod._meta.db_table
_LIMITS, _WORKFLOW = LimitSet._meta.db_table, WorkflowInstance._meta.db_table
_UNWANTED = DoNotContact._meta.db_table
_EFFECTIVE = ", ".join(f"COALESCE(own.{name}, console.{name})" for name in (*CAPS, "approve_above"))
_SQL = f"""
    SELECT pod.api_domain, account.only_listed, own.countries, console.countries,
           EXISTS(SELECT 1 FROM {_WORKFLOW} w
                  WHERE w.id = %s AND w.needs_approval AND w.stage = 'live'),
           EXISTS(SELECT 1 FROM {_UNWANTED} WHERE {{unwanted}}),
           {_EFFECTIVE}
    FROM {_ACCOUNT} account JOIN {_POD} pod ON pod.id = account.pod_id
    LEFT JOIN {_LIMITS} own ON own.account_id = account.id
    LEFT JOIN {_LIMITS} console ON console.account_id IS NULL
    WHERE account.id = %s
"""  # noqa: S608  # names of tables and columns alone


def limits_of(
    account_id: int, *, workflow_id: int | None = None, numbers: Collection[str] | None = None
) -> Limits:
    """The limits as the database has them.

    `numbers`: digits of those that `has_unwanted` asks about; None: all that are on the list.
    """
    known = sorted({digest for digits in numbers or () for digest in phone_digests(digits)})
    places = ", ".join(["%s"] * len(known)) or "NULL"
    unwanted = "1 = 1" if numbers is None else f"digest IN ({places})"
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(unwanted=unwanted), [workflow_id, *known, account_id])
        row = cursor.fetchone()
    if row is None or address.is_loopback(row[0]):
        return Limits(is_practice=True)
    caps = dict(zip((*CAPS, "approve_above"), row[6:], strict=True))
    approve_above = caps.pop("approve_above")
    return Limits(
        only_listed=bool(row[1]),
        needs_approval=bool(row[4]),
        caps={scope: most for scope, most in caps.items() if most},
        approve_above=approve_above,
        countries=frozenset((row[2] or row[3] or "").split()),
        has_unwanted=bool(row[5]),
    )


# --- numbers --------------------------------------------------------------------------------------


def of_numbers(limits: Limits, account_id: int, numbers: Sequence[Recipient]) -> Iterator[Finding]:
    """The blockers about these numbers, each once: not to be contacted, not of an allowed country,
    or not of the list that the account keeps to.
    """
    if not limits.restricts_numbers or not numbers:
        return
    refused = refused_numbers(limits, account_id, numbers)
    for number in dict.fromkeys(numbers):
        if code := refused.get(number.digits):
            yield blocker(code, limit_text.of_number(code, number.region, mask(number.formatted)))


def refused_numbers(
    limits: Limits, account_id: int, numbers: Iterable[Recipient]
) -> dict[str, str]:
    """By digits: the code of the finding. At most two queries, whatever the count."""
    by_digits = {number.digits: number for number in numbers}
    digests = {digits: phone_digests(digits) for digits in by_digits}
    asked = [digest for known in digests.values() for digest in known]
    unwanted: set[str] = set()
    listed: set[str] | None = None
    if limits.has_unwanted:
        found = DoNotContact.objects.filter(digest__in=asked)
        unwanted = set(found.values_list("digest", flat=True))
    if limits.only_listed:
        of_account = ListedNumber.objects.filter(account_id=account_id, digest__in=asked)
        listed = set(of_account.values_list("digest", flat=True))
    refused = {}
    for digits, number in by_digits.items():
        if digests[digits] & unwanted:
            refused[digits] = limit_text.DO_NOT_CONTACT
        elif listed is not None and not digests[digits] & listed:
            refused[digits] = limit_text.NOT_LISTED
        elif limits.countries and number.region not in limits.countries:
            refused[digits] = limit_text.COUNTRY
    return refused


# --- caps -----------------------------------------------------------------------------------------


def window_start(scope: str, now: datetime) -> datetime:
    """When the window of `now` began: its minute or hour, or midnight of the console's zone."""
    local = timezone.localtime(now, timezone.get_default_timezone())
    local = local.replace(second=0, microsecond=0)
    if scope.endswith("_minute"):
        return local
    if scope.endswith("_hour"):
        return local.replace(minute=0)
    # Where clocks go back at midnight, a day has two of them: it begins with the first.
    return local.replace(minute=0, hour=0, fold=0)


def window_end(key: CapKey) -> datetime:
    return key.starts_at + _WINDOWS[key.scope.rpartition("_")[2]]


def cap_keys(
    limits: Limits,
    *,
    account_id: int,
    person_id: int | None,
    numbers: Iterable[str] = (),
    now: datetime,
) -> list[CapKey]:
    """What a message counts against. `numbers`: digits; both spellings of a phone are one."""
    subjects: dict[str, list[str]] = {
        "person": [str(person_id)] if person_id else [],
        "account": [str(account_id)],
        "number": [],
    }
    if any(scope.startswith("number") for scope in limits.caps):
        subjects["number"] = list(dict.fromkeys(stored_digest(digits) for digits in numbers))
    return sorted(
        CapKey(scope, subject, window_start(scope, now), most)
        for scope, most in limits.caps.items()
        for subject in subjects[scope.partition("_")[0]]
    )


def counts_of(keys: Sequence[CapKey]) -> dict[CapKey, int]:
    """How many messages are counted against each, in one query."""
    if not keys:
        return {}
    found = LimitCount.objects.filter(
        scope__in={key.scope for key in keys},
        subject__in={key.subject for key in keys},
        starts_at__in={key.starts_at for key in keys},
    )
    columns = found.values_list("scope", "subject", "starts_at", "count")
    counts = {tuple(row[:3]): row[3] for row in columns}
    return {key: counts.get(tuple(key[:3]), 0) for key in keys}


def of_caps(keys: Sequence[CapKey]) -> Iterator[Finding]:
    """The blockers about caps that are full now."""
    for key, count in counts_of(keys).items():
        if count >= key.most:
            yield full(key)


def full(key: CapKey) -> Finding:
    return blocker(f"cap_{key.scope}", limit_text.of_cap(key.scope, key.most, window_end(key)))


def approval_caution() -> Finding:
    """That the message does not leave at once. It asks for nothing."""
    return Finding("needs_approval", Severity.CAUTION, str(limit_text.NEEDS_APPROVAL))


def blocker(code: str, text: str) -> Finding:
    return Finding(code, Severity.BLOCKER, text)
