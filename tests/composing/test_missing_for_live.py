"""What going live says is still missing."""

import pytest
from django.contrib.auth.models import Group, User
from django.utils import timezone

from invocations.composing.missing_for_live import missing_for_live, senders_of
from invocations.models import Account, ApiKey, Channel, Parameter, WorkflowInstance

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def ready(workflow, recorded, priya):
    """A workflow that lacks nothing."""
    for channel in workflow.channels.all():
        Parameter.objects.create(channel=channel, key="01", label="First name")
    ApiKey.objects.update(last_accepted_at=NOW)
    WorkflowInstance.objects.update(
        expects_callback=True, stage="tested", tested_version=recorded().version.number
    )
    return WorkflowInstance.objects.get()


def codes(workflow):
    return [each.code for each in missing_for_live(WorkflowInstance.objects.get(pk=workflow.pk))]


def test_nothing_is_missing_from_one_that_is_set_up_and_tested(ready):
    assert codes(ready) == []


def new_group(workflow):
    workflow.groups.add(Group.objects.create(name="Night shift"))


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda _w: ApiKey.objects.all().delete(), ["no_key"]),
        (lambda _w: ApiKey.objects.update(last_accepted_at=None), ["key_not_checked"]),
        (lambda _w: ApiKey.objects.update(last_refused_at=timezone.now()), ["key_refused"]),
        (lambda _w: Account.objects.update(is_paused=True), ["account_paused"]),
        (lambda _w: WorkflowInstance.objects.update(is_paused=True), ["paused"]),
        (lambda _w: WorkflowInstance.objects.update(is_active=False), ["off"]),
        (lambda _w: Channel.objects.all().delete(), ["no_channels", "test_outdated"]),
        (
            lambda _w: Channel.objects.filter(position=2).update(template_text=""),
            ["no_text", "test_outdated"],
        ),
        (
            lambda _w: Parameter.objects.filter(channel__position=1).update(label=""),
            ["no_name", "test_outdated"],
        ),
        (
            lambda _w: Parameter.objects.filter(channel__position=1).update(pattern="(?=a)"),
            ["rule_unreadable", "test_outdated"],
        ),
        (lambda _w: WorkflowInstance.objects.update(tested_version=None), ["not_tested"]),
        (lambda _w: WorkflowInstance.objects.update(expects_callback=False), ["no_results"]),
        (new_group, ["nobody"]),
    ],
)
def test_each_gap_is_named(ready, damage, expected):
    damage(ready)
    assert codes(ready) == expected


def test_who_may_send_it_follows_its_groups(workflow, priya, ada, rosa):
    assert set(senders_of(workflow)) == {priya.person, ada.person}
    workflow.groups.add(Group.objects.get(name="Support"))
    assert set(senders_of(workflow)) == {priya.person}
    User.objects.update(is_active=False)
    assert not senders_of(workflow).exists()
