"""A file needs one column for each value that the send form asks once."""

from __future__ import annotations

import pytest

from invocations.batches.columns import propose
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_check import RowChecker
from invocations.batches.row_sends import SendsOfRows
from invocations.batches.wanted import wanted_columns, wanted_of
from invocations.models import Channel, WorkflowInstance


@pytest.fixture
def channels(workflow: WorkflowInstance) -> list[Channel]:
    """The same two values on both channels, under each other's keys; the order in a header, too."""
    first, second = workflow.channels.all()
    Channel.objects.filter(pk=first.pk).update(
        template_text="Hello {{1}}, about {{2}}", header_text="Order {{1}}"
    )
    Channel.objects.filter(pk=second.pk).update(template_text="{#var#} is late, {#var#}")
    for channel, labels in [
        (first, {"01": "First name", "02": "Order", "#param_header#": "Order"}),
        (second, {"01": "Order", "02": "First name"}),
    ]:
        for key, label in labels.items():
            channel.parameters.create(key=key, label=label, sample=f"a {label}")
    return list(workflow.channels.all())


def test_values_with_the_same_label_need_one_column(channels: list[Channel]) -> None:
    columns = [(one.place, one.heading, one.example) for one in wanted_columns(channels)]
    assert columns == [("1:01", "First name", "a First name"), ("1:02", "Order", "a Order")]


def test_one_column_fills_all_places_that_share_its_value(channels: list[Channel]) -> None:
    row = Row(2, ["919876512340", "KF-1", "Asha"])
    columns = propose(["Phone", "Order", "First name"], [row], wanted_of(channels))
    sends = SendsOfRows(channels, columns).of(row).sends
    assert columns.is_complete
    assert [send.template_params for send in sends] == [
        {"01": "Asha", "02": "KF-1", "#param_header#": "KF-1"},
        {"01": "KF-1", "02": "Asha"},
    ]


def test_a_place_that_shares_a_value_may_have_a_column_of_its_own(channels: list[Channel]) -> None:
    row = Row(2, ["919876512340", "KF-1", "Asha", "KF-1 of today"])
    headings = ["Phone", "Order", "First name", "#param_header#"]
    columns = propose(headings, [row], wanted_of(channels))
    sends = SendsOfRows(channels, columns).of(row).sends
    assert sends[0].template_params["#param_header#"] == "KF-1 of today"
    assert sends[0].template_params["02"] == "KF-1"


def test_rows_of_values_that_are_shared_need_no_thought(channels: list[Channel]) -> None:
    row = Row(2, ["919876512340", "Bus", "Asha"])
    columns = propose(["Phone", "Order", "First name"], [row], wanted_of(channels))
    workflow = channels[0].workflow_instance
    checker = RowChecker(workflow, columns)
    plain = checker.plain_sends(row)
    assert plain is not None
    assert plain.sends == checker.sends(row).sends
