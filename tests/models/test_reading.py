"""Which rows a person reads, and that nothing walks past the one place that decides it."""

import re
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from invocations.models import Approval, Batch, Channel
from invocations.models.reading import Reading
from invocations.models.viewer import Viewer
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

UNNARROWED = re.compile(
    r"\b(?:Invocation|Batch|Note|Incident|Approval)\.(?:objects|_base_manager|_default_manager)\b"
    r"|\bWHOLE\."
)
OF_A_ROOM = ("views", "history", "forms")
MAY = {
    # Looks a batch up by the name in an address; `narrow` is given rows that are narrowed already.
    "history/filters.py": 1,
    # Narrowed on the spot, and the notes of messages that were.
    "history/notes.py": 2,
    "forms/history.py": 1,  # `none`
    # Ids and days alone, as bounds of what is narrowed.
    "history/exports.py": 1,
    "history/periods.py": 2,
    # For whoever reads all.
    "views/history/list_filters.py": 1,
    # Rows by keys that were narrowed.
    "history/person.py": 1,
    "views/history/list_rows.py": 1,
    "views/history/selected_rows.py": 1,
    "views/batches/listing.py": 1,
    # Whether there is any, or this person's own.
    "views/monitoring/dashboard.py": 1,
    "views/monitoring/support_home.py": 1,
    "views/send/kept_promise.py": 1,
    "views/send/review.py": 1,
    # Whoever may stop or resume sees the count of all that waits.
    "views/monitoring/pauses.py": 1,
    # Whether a note is this person's own, and its message, which was narrowed, still has values.
    "forms/note.py": 2,
}


def member_of(*groups, name="someone", **kwargs):
    person = User.objects.create_user(name, **kwargs)
    person.groups.set(Group.objects.filter(name__in=groups))
    return person


@pytest.fixture
def workflow(workflow):
    """With the channels that `recorded` sends by."""
    workflow.channels.all().delete()
    for position, (kind, text) in enumerate((("whatsapp", "{{1}}"), ("sms", "{#var#}")), start=1):
        columns = {"position": position, "kind": kind, "template_text": f"Hello {text}"}
        Channel.objects.create(workflow_instance=workflow, **columns)
    return workflow


@pytest.fixture
def message(recorded):
    """By nobody of these, of a workflow that is kept for the group Ops."""
    row = recorded()
    row.workflow_instance.groups.add(Group.objects.create(name="Ops"))
    return row


def test_no_page_takes_rows_past_the_viewer():
    found = {}
    for room in OF_A_ROOM:
        for path in (ROOT / "invocations" / room).rglob("*.py"):
            if hits := len(UNNARROWED.findall(path.read_text(encoding="utf-8"))):
                found[str(path.relative_to(ROOT / "invocations"))] = hits
    assert found == MAY


@pytest.mark.parametrize(
    "role", ["Support", "Senior support", "Bulk sender", "Approver", "Reviewer"]
)
def test_a_kept_workflow_is_read_by_its_groups_alone(message, role):
    assert not Viewer.of(member_of(role)).invocations()
    inside = Viewer.of(member_of(role, "Ops", name="inside"))
    assert list(inside.invocations()) == [message]


@pytest.mark.parametrize("kwargs", [{"is_superuser": True}, {}])
def test_whoever_says_for_whom_a_workflow_is_kept_reads_it(message, kwargs):
    assert list(Viewer.of(member_of("Admin", **kwargs)).invocations()) == [message]


def test_whoever_runs_the_console_reads_everything(message):
    assert Viewer.operator().reading.is_whole


def test_nobody_without_the_history_reads_a_message(message):
    viewer = Viewer.of(member_of("Ops"))
    assert not viewer.invocations() and not viewer.batches()


def test_a_workflow_that_is_kept_for_nobody_costs_no_condition(recorded):
    row = recorded()
    viewer = Viewer.of(member_of("Support"))
    assert viewer.reading == Reading() and "NOT" not in str(viewer.invocations().query)
    assert list(viewer.invocations()) == [row]


def test_the_rights_and_the_kept_workflows_are_one_query(message, django_assert_num_queries):
    user = member_of("Support")
    with django_assert_num_queries(1):
        assert Viewer.of(user).reading.hidden == {message.workflow_instance_id}


def test_with_own_alone_support_reads_what_they_have_sent(recorded, settings):
    settings.SUPPORT_SEES = "own"
    priya, other = member_of("Support", name="priya"), member_of("Support", name="other")
    mine = recorded(created_by=priya)
    theirs, _of_command = recorded(created_by=other), recorded()
    Approval.objects.create(invocation=theirs, asked_by=other, lapses_at=timezone.now())
    viewer = Viewer.of(priya)
    assert list(viewer.invocations()) == [mine]
    assert not viewer.reading.approvals().exists()
    assert viewer.reading.reads(mine)


@pytest.mark.parametrize("role", ["Senior support", "Approver", "Reviewer", "Admin"])
def test_the_right_to_see_others_is_above_the_setting(recorded, settings, role):
    settings.SUPPORT_SEES = "own"
    row = recorded()
    assert list(Viewer.of(member_of(role)).invocations()) == [row]


def test_a_file_written_before_a_workflow_was_kept_is_not_opened_after():
    written = Reading(frozenset({1})).as_json()
    assert Reading(frozenset({1})).may_open(written) and Reading().may_open(written)
    assert not Reading(frozenset({1, 2})).may_open(written)
    assert not Reading(own_of=7).may_open(written)
    assert Reading(own_of=7).may_open(Reading(own_of=7).as_json())


def test_a_sender_may_cancel_their_own_and_seniors_those_of_others(recorded):
    priya = member_of("Support", name="priya")
    mine, other = recorded(created_by=priya), recorded(request_id=uuid.uuid4())
    assert Viewer.of(priya).may_cancel(mine) and not Viewer.of(priya).may_cancel(other)
    senior = Viewer.of(member_of("Senior support", name="senior"))
    assert senior.may_cancel(mine) and senior.may_cancel(other)
    assert not Viewer.of(member_of("Reviewer", name="rosa")).may_cancel(mine)
    other.workflow_instance.groups.add(Group.objects.create(name="Ops"))
    outside = Viewer.of(member_of("Senior support", name="outside"))
    assert not outside.may_cancel(other) and Viewer.of(priya).may_cancel(mine)


def test_a_file_is_sent_by_who_has_the_right_alone(workflow):
    assert not Viewer.of(member_of("Support")).may_send_batches
    bulk = Viewer.of(member_of("Bulk sender", name="bulk"))
    both = Viewer.of(member_of("Bulk sender", "Senior support", name="both"))
    columns = {"workflow": workflow, "account_id": workflow.account_id, "delete_at": timezone.now()}
    mine = Batch.objects.create(**columns, created_by=bulk.user)
    assert bulk.may_send_batches and bulk.may_start(mine) and not both.may_start(mine)
    assert bulk.may_cancel_batch(mine) and not bulk.may_send_batch_again(mine)
    Batch.objects.update(created_by=None)
    mine.refresh_from_db()
    assert not bulk.may_cancel_batch(mine) and not bulk.may_start(mine)
    assert both.may_cancel_batch(mine) and both.may_send_batch_again(mine)
