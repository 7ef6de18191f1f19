"""Finds rows whose values need no thought: the gate finds nothing about them."""

from __future__ import annotations

from collections.abc import Sequence

from invocations.batches.columns import REFERENCE, ColumnMap
from invocations.batches.plain_channel import NotPlain, PlainChannel, are_plain, source_of
from invocations.batches.row_sends import candidate_places
from invocations.models import Channel, WorkflowInstance

MOST_REFERENCE = 100
"""Characters of a ticket (`models.Invocation.reference`)."""


class PlainRows:
    """For one workflow and one map of columns."""

    def __init__(
        self,
        workflow: WorkflowInstance,
        channels: Sequence[Channel],
        columns: ColumnMap,
    ) -> None:
        """Raises `NotPlain` if each row has to be left to the gate."""
        is_live = workflow.stage == WorkflowInstance.Stage.LIVE
        if not (workflow.is_active and channels and (is_live or workflow.account.pod.is_practice)):
            raise NotPlain
        self._channels = [
            PlainChannel(channel, columns, places)
            for channel, places in zip(channels, candidate_places(channels, columns), strict=True)
        ]
        self._columns = sorted(set().union(*(channel.columns for channel in self._channels)))
        self._width = max(self._columns, default=-1) + 1
        self._reference = source_of(REFERENCE, columns)

    def sms_parts(self, cells: Sequence[str]) -> int | None:
        """Parts of the row's SMS; None if the row is left to the gate."""
        if len(cells) < self._width:
            return None
        texts = [cells[column] for column in self._columns]
        if self._reference is not None and (reference := self._reference.of(cells)):
            if len(reference) > MOST_REFERENCE:
                return None
            texts.append(reference)
        if texts and not are_plain(texts):
            return None
        parts = 0
        for channel in self._channels:
            of_channel = channel.sms_parts(cells)
            if of_channel is None:
                return None
            parts += of_channel
        return parts

    def params(self, cells: Sequence[str]) -> list[dict[str, str]]:
        """Of each channel, of a row that is not left to the gate."""
        return [channel.params(cells) for channel in self._channels]
