"""The steps to the first live message: what is done, what comes next, what went wrong."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.composing.missing_for_live import missing_for_live
from invocations.models import Account, ApiKey, Channel, Parameter, Pod, WorkflowInstance
from invocations.models.reading import WHOLE
from invocations.monitoring.account_state import state_of
from invocations.monitoring.setup_facts import (
    KeyFacts,
    ResultsFacts,
    SetupFacts,
    TryFacts,
    WorkflowFacts,
    facts_of,
)
from invocations.monitoring.setup_steps import Progress, State, steps_from, steps_of
from invocations.results import endpoints
from tests.many import messages

NOW = timezone.now()
EMPTY = SetupFacts(1, "HXAP1600000097IN", "India (IN pod)", "api.in.kaleyra.io")
KEY = KeyFacts(uuid.uuid4(), "7Q2x", NOW, "Devika Rao")
CHECKED = replace(KEY, accepted_at=NOW, checked_at=NOW)
WORKFLOW = WorkflowFacts(5, 1, "Order delayed", has_texts=True, values=3, named=3)
TRIABLE = replace(EMPTY, key=CHECKED, results=ResultsFacts(True), workflow=WORKFLOW)
TRY = TryFacts(uuid.uuid4(), NOW, "accepted")


def states(facts):
    return " ".join(step.state for step in steps_from(facts))


def step(facts, name):
    return next(each for each in steps_from(facts) if each.name == name)


def live(facts, **changes):
    return replace(facts, workflow=replace(facts.workflow, **changes))


def test_without_an_account_only_the_first_step_has_a_deed():
    steps = steps_from(None)
    assert states(None) == "now todo todo todo todo todo todo"
    assert [bool(each.url) for each in steps] == [True] + [False] * 6
    assert Progress(steps).minutes_left == 27


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (EMPTY, "done now todo todo todo todo todo"),
        (replace(EMPTY, key=KEY), "done done now todo todo todo todo"),
        (replace(EMPTY, key=CHECKED), "done done done now todo todo todo"),
        (TRIABLE, "done done done now done done todo"),
        (replace(TRIABLE, results=ResultsFacts(True, NOW)), "done done done done done done now"),
        (live(TRIABLE, named=2), "done done done now done todo todo"),
        (live(TRIABLE, has_texts=False), "done done done now todo todo todo"),
        (live(TRIABLE, stage="live"), "done done done now done done done"),
    ],
)
def test_the_first_step_that_is_not_done_is_the_next_one(facts, expected):
    assert states(facts) == expected


def test_progress_counts_steps_and_minutes():
    progress = Progress(steps_from(replace(live(TRIABLE, named=2), results=ResultsFacts())))
    assert (progress.done, progress.total, progress.minutes_left) == (4, 7, 17)
    assert progress.current.name == "results"


@pytest.mark.parametrize(
    ("key", "name", "words"),
    [
        (replace(KEY, is_refused=True, refused_at=NOW), "check", "Kaleyra refused it today"),
        (replace(KEY, checked_at=NOW), "check", "No usable answer came"),
        (replace(KEY, problem="unreadable_key"), "key", "cannot be decrypted"),
    ],
)
def test_a_key_that_fails_is_wrong_and_nothing_else_is_next(key, name, words):
    facts = replace(TRIABLE, key=key)
    wrong = step(facts, name)
    assert wrong.state is State.WRONG and words in wrong.fact and wrong.url
    assert "now" not in states(facts)


def test_the_key_step_never_has_more_than_the_last_four_characters():
    assert step(TRIABLE, "key").fact.startswith("Ends in 7Q2x, stored today, ")


def test_a_check_is_told_apart_from_a_message_that_was_accepted():
    assert "nothing was sent" in step(TRIABLE, "check").fact
    old = replace(CHECKED, checked_at=NOW - timedelta(days=3))
    assert "It last accepted it today" in step(replace(TRIABLE, key=old), "check").fact


def test_a_try_waits_for_the_steps_that_it_needs():
    assert step(replace(live(TRIABLE, named=2), results=ResultsFacts()), "live").after == (
        "after 4 and 6"
    )
    assert step(EMPTY, "live").after == "after 2 to 6"


@pytest.mark.parametrize(
    ("changes", "deed", "state"),
    [
        ({}, "Try it", "todo"),
        ({"last_try": TRY}, "See the message", "todo"),
        ({"last_try": replace(TRY, has_result=True)}, "Try it", "todo"),
        ({"stage": "tested"}, "Go live", "todo"),
        ({"last_try": replace(TRY, status="rejected")}, "See why", "wrong"),
        ({"stage": "live"}, "Open", "done"),
    ],
)
def test_the_last_step_leads_from_a_try_to_live(changes, deed, state):
    last = step(live(TRIABLE, **changes), "live")
    assert (last.deed_title, last.state) == (deed, state)


def test_a_try_that_is_not_settled_names_its_status():
    last = step(live(TRIABLE, last_try=replace(TRY, status="unknown")), "live")
    assert "The message is: Outcome unknown." in last.fact


def test_a_practice_account_is_done_with_an_accepted_try():
    practice = replace(live(TRIABLE, stage="live"), is_practice=True)
    assert step(practice, "live").title == "Try it" and states(practice).endswith("now")
    assert states(live(practice, last_try=TRY)) == " ".join(["done"] * 7)


@pytest.mark.parametrize(
    ("results", "state", "words"),
    [
        (ResultsFacts(), "now", "Copy one address"),
        (ResultsFacts(True), "now", "Enter it at Kaleyra"),
        (ResultsFacts(True, None, True, NOW), "done", "No result has come yet"),
        (ResultsFacts(True, NOW, True, NOW), "done", "Results arrive"),
        (ResultsFacts(True, None, False, NOW), "wrong", "turned its callback profile off"),
        (ResultsFacts(True, NOW, False, NOW - timedelta(hours=1)), "done", "Results arrive"),
        (ResultsFacts(True, NOW - timedelta(hours=1), False, NOW), "wrong", "no results come"),
    ],
)
def test_the_step_of_the_results_says_what_is_known(results, state, words):
    found = step(replace(EMPTY, key=CHECKED, results=results), "results")
    assert found.state == state and words in found.fact


# --- from the database ----------------------------------------------------------------------------


@pytest.fixture
def india(db):
    return Account.objects.create(
        title="Acme India", pod=Pod.objects.get(code="IN"), sid="HXAP1600000097IN"
    )


@pytest.fixture
def draft(india):
    workflow = WorkflowInstance.objects.create(
        account=india, title="Order delayed", workflow_instance_id="wf-1", stage="draft"
    )
    Channel.objects.create(
        workflow_instance=workflow, position=1, kind="whatsapp", template_text="Hello {{1}} {{2}}"
    )
    return workflow


def test_a_new_account_needs_its_key(india):
    assert Progress(steps_of(india)).current.name == "key"


def test_facts_name_who_stored_the_present_key(india, ada):
    key = ApiKey(account=india, title="console", key="A" * 29 + "7Q2x", is_primary=True)
    key._history_user = ada.person
    key.save()
    first = facts_of(india, WHOLE).key
    assert (first.stored_by, first.last_four) == ("ada", "7Q2x")
    key.key, key._history_user = "A" * 29 + "m3Wp", None
    key.save()
    assert (facts_of(india, WHOLE).key.stored_by, facts_of(india, WHOLE).key.last_four) == (
        "",
        "m3Wp",
    )


def test_a_value_is_named_by_a_label(draft, india):
    assert (facts_of(india, WHOLE).workflow.values, facts_of(india, WHOLE).workflow.named) == (2, 0)
    Parameter.objects.create(channel=draft.channels.get(), key="01", label="First name")
    assert facts_of(india, WHOLE).workflow.named == 1


def test_a_placeholder_that_is_a_word_is_no_name_for_staff(draft, india):
    draft.channels.update(template_text="Hello {{first_name}}")
    assert not facts_of(india, WHOLE).workflow.is_named
    assert "no_name" in {each.code for each in missing_for_live(draft)}


def test_the_workflow_nearest_to_live_is_shown(draft, india):
    WorkflowInstance.objects.create(
        account=india, title="Off", workflow_instance_id="wf-2", is_active=False
    )
    empty = WorkflowInstance.objects.create(
        account=india, title="Empty", workflow_instance_id="wf-3", stage="draft"
    )
    assert facts_of(india, WHOLE).workflow.title == "Order delayed"
    empty.stage = "tested"
    empty.save()
    assert facts_of(india, WHOLE).workflow.title == "Empty"


def test_the_last_try_is_the_last_message(draft, india):
    messages(draft, [{"status": "rejected"}])
    (row,) = messages(draft, [{"status": "accepted", "delivery": "completed"}])
    tried = facts_of(india, WHOLE).workflow.last_try
    assert (tried.request_id, tried.has_result) == (row.request_id, True)


def test_a_cancelled_message_is_no_try(draft, india):
    (row,) = messages(draft, [{"status": "accepted", "delivery": "completed"}])
    messages(draft, [{"status": "cancelled"}])
    assert facts_of(india, WHOLE).workflow.last_try.request_id == row.request_id


def test_an_address_alone_is_no_result(india):
    endpoints.ensure_address(india, by=None)
    assert facts_of(india, WHOLE).results == ResultsFacts(has_address=True)


# --- the badge of an account ----------------------------------------------------------------------


def test_an_account_without_a_key_is_being_set_up(india):
    assert str(state_of(india).label) == "Being set up: no API key"
    Account.objects.update(is_paused=True, paused_because="no_key")
    assert state_of(Account.objects.get()).code == "no_key"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({}, "ready"),
        ({"is_paused": True}, "paused"),
        ({"is_paused": True, "paused_because": "redirect"}, "paused"),
        ({"is_paused": True, "paused_because": "credentials"}, "key_refused"),
    ],
)
def test_the_state_of_an_account_with_a_key_and_a_live_workflow(workflow, columns, code):
    Account.objects.update(**columns)
    assert state_of(Account.objects.get()).code == code


def test_an_account_whose_workflows_are_drafts_is_being_set_up_but_for_practice(workflow):
    WorkflowInstance.objects.update(stage="draft")
    assert state_of(Account.objects.get()).code == "ready"
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    assert state_of(Account.objects.get()).code == "being_set_up"


def test_a_key_that_was_refused_last_shows_in_the_state(workflow):
    ApiKey.objects.update(last_accepted_at=NOW - timedelta(hours=1), last_refused_at=NOW)
    assert state_of(Account.objects.get()).code == "key_refused"
    ApiKey.objects.update(last_accepted_at=NOW + timedelta(hours=1))
    assert state_of(Account.objects.get()).code == "ready"
