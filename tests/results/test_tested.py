"""A draft becomes tested when a message to practice or to the team is reported delivered."""

import pytest

from invocations.composing import stage_moves, template_fields
from invocations.models import Account, Channel, Pod, Profile, WorkflowInstance

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(workflow):
    WorkflowInstance.objects.update(stage="draft")
    workflow.refresh_from_db()
    return workflow


@pytest.fixture
def deliver_result(accepted, report, django_capture_on_commit_callbacks):
    """deliver_result("DELIVERED"): a message whose result says this of its first channel."""

    def delivered(code="DELIVERED", before=lambda: None, **changes):
        message = accepted(**changes)
        before()
        with django_capture_on_commit_callbacks(execute=True):
            report(message.workflow_invocation_id, code)
        return message

    return delivered


def stored():
    return WorkflowInstance.objects.get()


def test_it_names_who_sent_it_when_and_the_version(draft, deliver_result, ada):
    message = deliver_result(created_by=ada.person)
    workflow = stored()
    assert (workflow.stage, workflow.tested_by) == ("tested", ada.person)
    assert workflow.tested_version == message.version.number
    assert workflow.tested_at <= workflow.stage_since
    entry = workflow.history.first()
    assert (entry.stage, entry.history_change_reason) == ("tested", "test_delivered")


def test_one_that_was_not_delivered_leaves_it_a_draft(draft, deliver_result):
    deliver_result("FAILED")
    assert stored().stage == "draft"


def test_a_result_of_other_texts_leaves_it_a_draft(draft, deliver_result):
    def change():
        Channel.objects.filter(position=2).update(template_text="Good day {#var#}")

    deliver_result(before=change)
    assert stored().stage == "draft"


def test_a_live_one_stays_live(workflow, deliver_result):
    deliver_result()
    assert (stored().stage, stored().tested_version) == ("live", None)


@pytest.fixture
def sent_while_live(workflow, recorded):
    """A message at Kaleyra, not at a practice pod; its workflow is a draft since."""
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    workflow.account.refresh_from_db()
    message = recorded()
    WorkflowInstance.objects.update(stage="draft")
    return message


def test_a_message_to_a_customer_is_no_test(sent_while_live):
    assert not stage_moves.mark_tested(sent_while_live.pk)


def test_a_message_to_the_team_is_a_test(sent_while_live, ada):
    Profile.objects.create(user=ada.person, own_number="+91 98765 43202")
    assert stage_moves.mark_tested(sent_while_live.pk) and stored().stage == "tested"


def test_a_delivery_on_practice_is_no_test_of_an_account_that_is_live_now(draft, recorded):
    message = recorded()
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    assert not stage_moves.mark_tested(message.pk) and stored().stage == "draft"


# --- the moves of a person ------------------------------------------------------------------------


def test_going_live_keeps_who_and_why(draft, ada):
    assert stage_moves.make_live(draft, ada.person, "Approved by legal")
    entry = stored().history.first()
    assert (draft.stage, entry.stage, entry.history_user) == ("live", "live", ada.person)
    assert entry.history_change_reason == "Approved by legal"


def test_a_move_is_made_once(draft, ada):
    assert stage_moves.make_live(draft, ada.person)
    assert not stage_moves.make_live(draft, ada.person)
    assert stage_moves.make_draft(draft, ada.person)
    assert not stage_moves.make_draft(draft, ada.person)


def test_the_groups_stay_in_the_history(draft, ada):
    draft.groups.set(ada.person.groups.all())
    stage_moves.make_live(draft, ada.person)
    assert [each.group.name for each in stored().history.first().groups.all()] == ["Admin"]


def test_a_change_takes_tested_back_to_draft_and_leaves_live_alone(draft, ada):
    assert not stage_moves.test_was_invalidated(draft, ada.person)
    WorkflowInstance.objects.update(stage="tested")
    assert stage_moves.test_was_invalidated(draft, ada.person) and stored().stage == "draft"


def test_is_current_compares_texts_and_values(draft, recorded):
    version = recorded().version
    assert template_fields.is_current(version, draft)
    draft.channels.get(position=1).parameters.create(key="01", label="First name")
    assert not template_fields.is_current(version, draft)
