"""The dashboard's tiles: counts of messages, each linked to the history's list of the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from invocations.history.deliveries import AWAITING, NO_CONFIRMATION, NO_RESULT, NOT_DELIVERED
from invocations.history.links import history_url
from invocations.history.meanings import Meaning, Text
from invocations.history.statuses import STATUSES
from invocations.models import Channel, Invocation
from invocations.models.reading import Reading
from invocations.monitoring import metrics
from invocations.views.monitoring.outcome_chart import ChannelKinds

Status = Invocation.Status


@dataclass(frozen=True)
class _Tiles:
    """Builds tiles from the counts of all workflows.

    `filters`: the history's filters that all tiles have in common.
    """

    total: Counter[str]
    filters: Mapping[str, str]

    def tile(self, label: Text, tone: str, icon: str, name: str, **filters: str) -> dict[str, Any]:
        """`name`: what is counted (`statistics.CONDITIONS`). `filters`: the tile's own ones."""
        return {
            "label": str(label),
            "tone": tone,
            "icon": icon,
            "shown": f"{self.total[name]:,}",
            "name": name,
            "address": history_url(**filters, **self.filters),
        }

    def by_status(self, status: Invocation.Status) -> dict[str, Any]:
        meaning, name = STATUSES[status], status.value
        return self.tile(meaning.label, meaning.tone, meaning.icon, name, status=name)

    def by_delivery(self, meaning: Meaning, name: str, label: str = "") -> dict[str, Any]:
        return self.tile(label or meaning.label, meaning.tone, meaning.icon, name, delivery=name)

    def by_channel(self, position: int, label: str) -> dict[str, Any]:
        name = f"on_{position}"
        tile = self.tile(label, "delivered", "done_all", name, delivery=str(position))
        return tile | {"note": _share_note(self.total[name], self.total)}


def outcome_tiles(
    by_workflow: Mapping[int, Counter[str]],
    kinds: ChannelKinds,
    filters: Mapping[str, str],
    reading: Reading,
) -> dict[str, list[dict[str, Any]]]:
    """The tiles in two rows: `main`, how messages ended, and `care`, what someone should look into.

    `filters`: those of the history that all tiles have in common. The list that a tile links to
    has exactly the messages that the tile counts.
    """
    total = sum(by_workflow.values(), Counter())
    tiles = _Tiles(total, filters)
    labels = _channel_labels(by_workflow, kinds)
    recorded_note = _("of %(n)s in all") % {"n": f"{total['recorded']:,}"}
    unknown_note = _all_unknown_note(total["unknown"], reading)
    twice_label = _("May have arrived twice")
    twice = tiles.tile(twice_label, "unknown", "filter_2", "doubles", delivery="double")
    failed_label = pgettext("delivery", "Not delivered")
    failed = tiles.by_delivery(NOT_DELIVERED, "failed", failed_label)
    rejected_note = _settled_note(total["said_not_delivered"])
    return {
        "main": [
            tiles.by_status(Status.ACCEPTED) | {"note": recorded_note},
            *(tiles.by_channel(position, label) for position, label in labels.items()),
            twice | {"note": _("Kaleyra may charge for both")},
        ],
        "care": [
            failed | {"note": _("every channel failed")},
            tiles.by_delivery(NO_CONFIRMATION, "open"),
            tiles.by_delivery(NO_RESULT, "no_result"),
            tiles.by_delivery(AWAITING, "awaiting"),
            tiles.by_status(Status.REJECTED) | {"note": rejected_note},
            tiles.by_status(Status.UNKNOWN) | {"note": unknown_note},
            *(tiles.by_status(status) for status in (Status.HELD, Status.EXPIRED)),
        ],
    }


def _channel_labels(
    by_workflow: Mapping[int, Mapping[str, int]], kinds: ChannelKinds
) -> dict[int, str]:
    """The label of the deliveries on channels 1 and 2: by kind, if all workflows agree on it.

    If a kind is first in one workflow and second in another, no list of the history holds the
    deliveries of just that kind, so the labels name the position instead.
    """
    labels = {
        Channel.Kind.WHATSAPP.value: _("Delivered on WhatsApp"),
        Channel.Kind.SMS.value: _("Delivered by SMS"),
    }
    by_position = _kind_by_position(by_workflow, kinds)
    if by_position and set(by_position.values()) == set(labels):
        return {position: labels[by_position[position]] for position in (1, 2)}
    return {1: _("Delivered on the first channel"), 2: _("Delivered on the second channel")}


def _kind_by_position(
    by_workflow: Mapping[int, Mapping[str, int]], kinds: ChannelKinds
) -> dict[int, str]:
    """The kind that all deliveries on channel 1 and 2 have; empty if they differ.

    A position without deliveries gets its usual kind (WhatsApp first, then SMS), or the other one
    if that is taken.
    """
    usual = {1: Channel.Kind.WHATSAPP.value, 2: Channel.Kind.SMS.value}
    used = {
        position: {
            kinds.get((pk, position), "")
            for pk, counts in by_workflow.items()
            if counts.get(f"on_{position}")
        }
        for position in usual
    }
    if any(len(each) > 1 for each in used.values()):
        return {}
    found = {position: next(iter(each)) for position, each in used.items() if each}
    for position, other in ((1, 2), (2, 1)):
        if position not in found:
            is_taken = found.get(other) == usual[position]
            found[position] = usual[other] if is_taken else usual[position]
    return found


def _settled_note(count: int) -> str:
    """How many of the rejected messages a person settled, rather than Kaleyra refused."""
    return _("%(n)s of them recorded as not delivered") % {"n": count} if count else ""


def _all_unknown_note(count: int, reading: Reading) -> str:
    """The number in the menu, which counts all unknown outcomes, if the tile has fewer."""
    in_all = metrics.capped_count(reading.invocations().filter(status=Status.UNKNOWN))
    if in_all <= count:
        return ""
    return _("%(n)s in all, with practice and other days") % {"n": f"{in_all:,}"}


def _share_note(count: int, total: Counter[str]) -> str:
    if not total["accepted"]:
        return ""
    if not any(total[name] for name in ("on_1", "on_2", "failed", "open", "awaiting", "no_result")):
        return _("no results were reported")
    share = round(100 * count / total["accepted"])
    return _("%(share)s %% of the accepted ones") % {"share": share}
