"""Rows are held against the lists as single messages are, on the fast path, too."""

import pytest

from invocations.batches.columns import ColumnMap
from invocations.batches.mending import mend_cells
from invocations.batches.part_check import PartChecker
from invocations.batches.recipient_file.rows import Row
from invocations.batches.row_check import RowChecker
from invocations.kaleyra.recipients import clean
from invocations.models import Account, Batch
from invocations.sending.number_lists import list_numbers
from tests.batches.built import COLUMNS, checked_batch
from tests.limited import limit, list_number, live_workflow, refusal

pytestmark = pytest.mark.django_db
PLAIN, NOT_PLAIN = "Asha", "Asha \u2603"  # the second is left to the gate
NUMBERS = ["919876543202", "6591234567", "5531987654202", "919876543203"]


def _codes(workflow, number, value, columns=COLUMNS):
    written = f"+{number}" if number.startswith("65") else number  # else of no sure country
    rows = [Row(2, [written, value])]
    found, _digests = PartChecker(RowChecker(workflow, columns)).check(rows)
    return [fault.code for fault in found.faults.get(2, [])]


def _nothing(account):
    pass


def _unwanted(account):
    list_number("919876543202")
    list_number("5531987654202")


def _countries(account):
    limit(countries="IN BR")


def _listed(account):
    Account.objects.update(only_listed=True)
    account.only_listed = True
    list_numbers(account, [clean("919876543203")], None)


@pytest.mark.parametrize("value", [PLAIN, NOT_PLAIN])
@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("prepare", [_nothing, _unwanted, _countries, _listed])
def test_a_row_is_judged_as_a_message_is(prepare, number, value):
    workflow = live_workflow()
    prepare(workflow.account)
    assert _codes(workflow, number, value) == list(filter(None, [refusal(workflow, number)]))


def test_a_listed_number_of_the_second_channel_is_found():
    workflow = live_workflow()
    workflow.channels.create(position=2, kind="whatsapp", template_text="Hi {{1}}")
    list_number("919876543203")
    columns = ColumnMap(("recipient", "01", "recipient2"))
    rows = [Row(2, ["919876543202", "Asha", "919876543203"])]
    found, _digests = PartChecker(RowChecker(workflow, columns)).check(rows)
    assert [(fault.code, fault.column) for fault in found.faults[2]] == [("do_not_contact", 2)]


def test_a_row_that_is_mended_to_a_listed_number_is_at_fault():
    list_number("919876543202")
    batch = checked_batch(live_workflow(), 3)
    assert mend_cells(batch, {(3, 0): "919876543202"})
    assert Batch.objects.get(pk=batch.pk).to_decide == 1


def test_a_part_costs_two_queries_however_many_numbers(django_assert_num_queries):
    workflow = live_workflow()
    list_number()
    checker = RowChecker(workflow, COLUMNS)
    rows = [Row(row, [f"9198765{row + 40000}", "Asha"]) for row in range(2, 500)]
    with django_assert_num_queries(1):
        checker.check_all(rows)
