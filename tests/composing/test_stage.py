"""The gate: a workflow that is not live goes to practice and to the team alone."""

import uuid

import pytest
from cryptography.fernet import Fernet
from django.contrib.auth.models import User

from invocations.composing.check import check, of_message
from invocations.composing.findings import blockers
from invocations.kaleyra.payload import Send
from invocations.models import Account, Invocation, Pod, Profile, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.sending.record import NotSendable, record

pytestmark = pytest.mark.django_db
OWN, CUSTOMER = "919876543202", "919876543210"


def to(*numbers):
    return [Send(number, {"01": "Asha"}) for number in (numbers * 2)[:2]]


def codes(workflow, *numbers):
    return [finding.code for finding in blockers(of_message(workflow, to(*numbers)))]


@pytest.fixture
def draft(workflow):
    """At Kaleyra, so that it would reach customers."""
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    WorkflowInstance.objects.update(stage="draft")
    return WorkflowInstance.objects.get()


@pytest.fixture
def meera(db):
    """Keeps her own number."""
    user = User.objects.create_user("meera", is_staff=True)
    Profile.objects.create(user=user, own_number="+91 98765 43202")
    return user


@pytest.mark.parametrize("stage", ["draft", "tested"])
def test_one_that_is_not_live_does_not_go_to_a_customer(draft, meera, stage):
    draft.stage = stage
    assert codes(draft, CUSTOMER) == ["not_live"]
    assert (
        "your team’s own numbers only" in check(draft, to(CUSTOMER), by=Viewer.operator())[0].text
    )


def test_it_goes_to_a_number_of_the_team(draft, meera):
    assert codes(draft, OWN) == []


def test_both_channels_have_to_go_to_the_team(draft, meera):
    assert codes(draft, OWN, CUSTOMER) == ["not_live"]


def test_a_live_one_goes_to_everybody(draft):
    draft.stage = "live"
    assert codes(draft, CUSTOMER) == []


def test_practice_takes_every_number(workflow):
    workflow.stage = "draft"
    assert codes(workflow, CUSTOMER) == []


def test_a_number_that_cannot_be_read_is_the_only_finding(draft):
    assert codes(draft, "12ab") == ["recipient", "recipient"]


def test_the_number_of_somebody_who_left_is_not_the_teams(draft, meera):
    User.objects.update(is_active=False)
    assert codes(draft, OWN) == ["not_live"]


def test_any_spelling_of_an_own_number_is_the_teams(draft, meera):
    Profile.objects.get().delete()
    Profile.objects.create(user=meera, own_number="+55 31 8765-4202")
    assert codes(draft, "5531987654202") == []


def test_a_number_that_was_changed_is_not_the_teams_any_more(draft, meera):
    Profile.objects.update_or_create(user=meera, defaults={"own_number": "+91 98765 43210"})
    assert (codes(draft, OWN), codes(draft, CUSTOMER)) == (["not_live"], [])
    Profile.objects.update_or_create(user=meera, defaults={"own_number": ""})
    assert codes(draft, CUSTOMER) == ["not_live"]


def test_it_is_still_found_after_an_encryption_key_was_added(draft, meera, settings):
    settings.FIELD_ENCRYPTION_KEYS = [
        Fernet.generate_key().decode(),
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert codes(draft, OWN) == []


def test_recording_reads_the_stage_anew(draft):
    draft.stage = "live"  # as it was loaded, before an admin made it a draft
    with pytest.raises(NotSendable, match="not_live"):
        record(draft, to(CUSTOMER), request_id=uuid.uuid4(), created_by=None)
    assert not Invocation.objects.exists()


def test_what_was_queued_before_stays_queued(workflow, recorded):
    row = recorded()
    WorkflowInstance.objects.update(stage="draft")
    row.refresh_from_db()
    assert row.status == "queued"
