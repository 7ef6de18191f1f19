"""Counts messages that wait for the same cause, and puts their reasons into words."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db.models import Count, Max, Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.reasons import REASONS
from invocations.models import Invocation, WorkflowInstance
from invocations.monitoring.pauses import MAX_WAITING_COUNTED
from invocations.sending import ask_again

MAX_REASONS = 2
"""Reasons that one row names."""


def counted_by(rows: QuerySet[Invocation], column: str) -> list[dict[str, Any]]:
    """The oldest `MAX_WAITING_COUNTED` of `rows`, grouped by `column`.

    Each group has `n`, `oldest` (recorded when), `first_expires` and `newest_due` (when the last
    result was due; both may be None), `checkable` (how many can be checked) and `reasons` (how many
    have each reason).
    """
    oldest = rows.order_by("id").values("pk")[:MAX_WAITING_COUNTED]
    counted = Invocation.objects.filter(pk__in=oldest).values(column, "reason")
    counts = {
        "n": Count("pk"),
        "oldest": Min("created_at"),
        "first_expires": Min("not_after"),
        "newest_due": Max("result_due_at"),
        "checkable": Count("pk", filter=ask_again.checkable(timezone.now())),
    }
    groups: dict[int, dict[str, Any]] = {}
    for row in counted.annotate(**counts).order_by():
        empty = {"n": 0, "checkable": 0, "oldest": row["oldest"], "reasons": Counter()}
        none = {column: row[column], "first_expires": None, "newest_due": None}
        group = groups.setdefault(row[column], none | empty)
        group["n"] += row["n"]
        group["oldest"] = min(group["oldest"], row["oldest"])
        group["first_expires"] = earliest(group["first_expires"], row["first_expires"])
        dues = [each for each in (group["newest_due"], row["newest_due"]) if each]
        group["newest_due"] = max(dues, default=None)
        group["checkable"] += row["checkable"]
        group["reasons"][row["reason"]] += row["n"]
    return list(groups.values())


def earliest(*moments: Any) -> Any:
    """The first of those that are not None, or None."""
    return min((each for each in moments if each is not None), default=None)


def with_workflows(
    rows: list[dict[str, Any]],
) -> list[tuple[dict[str, Any], WorkflowInstance]]:
    """Each group of `counted_by(…, "workflow_instance")` with its workflow, account and pod."""
    ids = {row["workflow_instance"] for row in rows}
    related = WorkflowInstance.objects.select_related("account__pod")
    workflows = related.in_bulk(ids) if ids else {}
    return [(row, workflows[row["workflow_instance"]]) for row in rows]


def reasons_text(reasons: Counter[str]) -> str:
    """The reasons, the most frequent first; if there are several, each with its count."""
    texts = [(str(REASONS[code]), n) for code, n in reasons.most_common() if code in REASONS]
    if len(texts) < 2:
        return "".join(text for text, _n in texts)
    words = [_("%(n)s × %(why)s") % {"n": n, "why": text} for text, n in texts[:MAX_REASONS]]
    others = sum(n for _text, n in texts[MAX_REASONS:])
    if others:
        words.append(_("%(n)s × other reasons.") % {"n": others})
    return " ".join(words)
