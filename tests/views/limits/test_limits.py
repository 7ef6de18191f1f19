"""The pages of limits: what is saved, what the trail says, and what an account's hub says."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from invocations.models import (
    Account,
    DoNotContact,
    LimitSet,
    ListedNumber,
    Pod,
    TrailRow,
    WorkflowInstance,
)
from invocations.privacy import number_searches
from tests.limited import NUMBER, OTHER, list_number, live_workflow, refusal, send
from tests.many import real_account

pytestmark = pytest.mark.django_db


def _facts():
    """Of the deeds about limits: that a record was saved is told by rows of its own."""
    told = [
        "number_searched",
        "limit_changed",
        "listed_number_added",
        "listed_number_removed",
        "went_live",
    ]
    rows = TrailRow.objects.filter(verb__in=told).order_by("id")
    return [(row.verb, json.loads(row.facts)) for row in rows]


def test_limits_are_saved_with_old_and_new_in_the_trail(ada):
    workflow = live_workflow()
    answer = ada.post(
        "/limits/", {"account_day": "5", "countries": "in, sg", "workflows": [workflow.pk]}
    )
    assert answer.status_code == 302
    limits = LimitSet.objects.get(account=None)
    assert (limits.account_day, limits.countries, limits.person_day) == (5, "IN SG", None)
    assert WorkflowInstance.objects.get().needs_approval
    assert _facts() == [
        (
            "limit_changed",
            {"account_day": {"old": None, "new": 5}, "countries": {"old": "", "new": "IN SG"}},
        ),
        ("limit_changed", {"needs_approval": {"old": False, "new": True}}),
    ]
    assert 'value="5"' in ada.get("/limits/").content.decode()
    ada.post("/limits/", {"account_day": "5", "countries": "IN SG", "workflows": [workflow.pk]})
    assert len(_facts()) == 2


def test_an_account_has_limits_of_its_own(ada):
    account = real_account()
    ada.post(
        reverse("account_limits", args=[account.pk]), {"number_day": "3", "approve_above": "0"}
    )
    limits = LimitSet.objects.get(account=account)
    assert (limits.number_day, limits.approve_above) == (3, 0)


@pytest.mark.parametrize("wrong", [{"countries": "XX"}, {"account_day": "0"}, {"person_day": "x"}])
def test_a_wrong_limit_is_not_saved(ada, wrong):
    assert ada.post("/limits/", wrong).status_code == 200
    assert not LimitSet.objects.exists()


def test_numbers_are_put_on_the_list_by_hand_and_by_file_and_bad_lines_are_named(ada):
    posted = {"action": "add", "reason": "complaint", "numbers": f"+{NUMBER}\n12"}
    page = ada.post("/do-not-contact/", posted).content.decode()
    assert "Line 2:" in page and not DoNotContact.objects.exists()
    assert "Leave out the lines that cannot be read" in page
    ada.post("/do-not-contact/", posted | {"skip_bad": "on"})
    file = SimpleUploadedFile("list.csv", f"phone;name\n+{OTHER};Asha\n".encode())
    ada.post("/do-not-contact/", {"action": "add", "reason": "complaint", "file": file})
    assert {each.last_four for each in DoNotContact.objects.all()} == {"3202", "3203"}
    page = ada.get("/do-not-contact/").content.decode()
    assert "complaint" in page and NUMBER not in page


@pytest.mark.parametrize(
    ("typed", "is_found"), [(f"+{NUMBER}", True), ("3202", True), ("9999", False)]
)
def test_a_number_is_found_and_a_whole_one_is_noted_in_the_trail(ada, typed, is_found):
    list_number(reason="a complaint")
    page = ada.post("/do-not-contact/", {"action": "find", "number": typed}).content.decode()
    assert ("a complaint" in page) is is_found
    searched = [facts["last_four"] for verb, facts in _facts() if verb == "number_searched"]
    assert searched == (["3202"] if len(typed) > 4 else [])


def test_whoever_looks_for_many_numbers_on_the_list_has_to_wait(ada, monkeypatch):
    monkeypatch.setattr(number_searches, "MOST_NUMBERS", 1)
    answers = [
        ada.post("/do-not-contact/", {"action": "find", "number": f"+{number}"}).status_code
        for number in (NUMBER, OTHER)
    ]
    assert answers == [200, 429]


def test_a_number_is_taken_off_with_a_reason(ada):
    list_number()
    there = reverse("allow_again", args=[DoNotContact.objects.get().pk])
    assert ada.post(there, {"reason": ""}).status_code == 200
    ada.post(there, {"reason": "wants it again"})
    assert not DoNotContact.objects.exists()


def test_a_messages_number_is_put_on_the_list_from_its_page(ada, priya):
    message = send(live_workflow())
    page = reverse("invocation", args=[message.request_id])
    there = reverse("stop_contact_from", args=[message.request_id])
    assert there in ada.get(page).content.decode() and there not in priya.get(page).content.decode()
    ada.post(there, {"reason": "asked on the phone"})
    message.refresh_from_db()
    assert message.status == "cancelled" and refusal(message.workflow_instance) == "do_not_contact"
    assert "do-not-contact list" in ada.get(page).content.decode()


def test_an_account_made_in_the_browser_begins_with_listed_numbers_until_it_goes_live(ada):
    pod = Pod.objects.get(code="IN")
    ada.post(
        reverse("admin:invocations_account_add"),
        {"title": "Kaveri", "pod": pod.pk, "sid": "HX0000000001IN", "home_country": ""},
    )
    account = Account.objects.get(title="Kaveri")
    hub = reverse("account_hub", args=[account.pk])
    assert account.only_listed
    assert "So far it sends to listed numbers only" in ada.get(hub).content.decode()
    ada.post(reverse("listed_numbers", args=[account.pk]), {"numbers": f"+{NUMBER}"})
    assert ListedNumber.objects.get().last_four == "3202"
    there = reverse("account_live", args=[account.pk])
    assert "Go live: send to every number" in ada.get(there).content.decode()
    ada.post(there, {"action": "live"})
    account.refresh_from_db()
    assert not account.only_listed
    assert "So far it sends" not in ada.get(hub).content.decode()
    assert [verb for verb, _ in _facts()] == ["listed_number_added", "went_live"]


def test_a_listed_number_is_taken_off(ada):
    account = real_account()
    ada.post(reverse("listed_numbers", args=[account.pk]), {"numbers": f"+{NUMBER}"})
    ada.post(reverse("unlist", args=[account.pk, ListedNumber.objects.get().pk]))
    assert not ListedNumber.objects.exists()
