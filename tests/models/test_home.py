"""What the database refuses of favourites and of requests to the admins."""

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from invocations.models import AdminRequest, Favourite
from tests.many import messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(workflow):
    person = User.objects.create_user("priya")

    def asked(kind, **columns):
        given = {"kind": kind, "person": person, "asked_at": timezone.now()} | columns
        with transaction.atomic():
            return AdminRequest.objects.create(**given)

    return asked


@pytest.fixture
def things(workflow):
    return {
        "account": {"account": workflow.account},
        "workflow": {"workflow": workflow},
        "message": {"invocation": messages(workflow, [{}])[0]},
        "stop": {},
        "new_workflow": {},
    }


@pytest.mark.parametrize("kind", AdminRequest.Kind.values)
def test_a_person_has_one_open_request_for_each_thing(asked, things, kind):
    first = asked(kind, **things[kind])
    with pytest.raises(IntegrityError):
        asked(kind, **things[kind])
    AdminRequest.objects.filter(pk=first.pk).update(done_at=timezone.now())
    asked(kind, **things[kind])


@pytest.mark.parametrize(
    ("kind", "about"),
    [("account", "stop"), ("stop", "account"), ("message", "workflow"), ("else", "stop")],
)
def test_a_request_is_about_what_its_kind_says(asked, things, kind, about):
    with pytest.raises(IntegrityError):
        asked(kind, **things[about])


def test_a_workflow_is_a_favourite_once(workflow):
    person = User.objects.create_user("priya")
    Favourite.objects.create(person=person, workflow=workflow)
    with pytest.raises(IntegrityError):
        Favourite.objects.create(person=person, workflow=workflow)
