"""Each deed has a sentence, and the page shows it to those who see the trail."""

import json

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse
from django.utils.html import strip_tags

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.audit.sign_ins import unknown_name
from invocations.history.change import Change
from invocations.history.trail_rows import related_to
from invocations.history.trail_sentences import SENTENCES, trail_change
from invocations.models import Account, TrailRow
from invocations.sending.number_lists import let_account_go_live
from tests.conftest import sign_in_again
from tests.views.pages import words_of

pytestmark = pytest.mark.django_db


def test_every_verb_has_a_sentence():
    assert verbs.all_verbs() - SENTENCES.keys() - set(verbs.SET_UP) == set()


@pytest.mark.parametrize("verb", sorted(SENTENCES))
def test_a_sentence_can_be_made_of_a_row_without_facts(verb):
    row = record(verb, by=None)
    change = trail_change(row, related_to([row]))
    assert isinstance(change, Change) and "{" not in change.says


@pytest.mark.parametrize("facts", ["", "[]", "nonsense"])
def test_a_row_whose_facts_were_destroyed_is_shown(ada, facts):
    row = TrailRow.objects.create(verb="sent", facts=facts, mac="x" * 80)
    assert trail_change(row, related_to([row])).says


def test_who_may_not_see_the_trail_sees_changes_of_the_set_up_alone(ada, rosa, recorded):
    recorded()
    assert "sent a message to" in words_of(ada.get("/changes/"))
    said = words_of(rosa.get("/changes/"))
    assert "sent a message to" not in said and "Signing in" not in said
    assert "sent a message to" not in rosa.get("/changes/download/").content.decode()


def test_the_right_to_see_it_is_enough(rosa, recorded):
    rosa.person.user_permissions.add(Permission.objects.get(codename="view_trailrow"))
    sign_in_again(rosa)
    recorded()
    assert "sent a message to" in words_of(rosa.get("/changes/"))


def test_a_sentence_links_to_what_still_exists(ada, recorded):
    row = recorded()
    address = reverse("invocation", args=[row.request_id])
    assert address in ada.get("/changes/").content.decode()
    row.delete()
    html = ada.get("/changes/").content.decode()
    assert address not in html and "sent <em>a message to" in html


@pytest.mark.parametrize(
    ("kind", "shown"), [("sends", True), ("people", False), ("sign_ins", False)]
)
def test_the_kinds_narrow_the_trail(ada, recorded, kind, shown):
    recorded()
    assert ("sent a message" in words_of(ada.get(f"/changes/?kind={kind}"))) is shown


def test_the_person_narrows_the_trail(ada, priya, recorded):
    recorded(created_by=priya.person)
    assert "sent a message" in words_of(ada.get(f"/changes/?person={priya.person.pk}"))
    assert "sent a message" not in words_of(ada.get(f"/changes/?person={ada.person.pk}"))


def test_a_text_that_is_no_name_is_searched_in_the_rows(ada, recorded):
    row = recorded()
    part = str(row.request_id)[:8]
    said = words_of(ada.post("/changes/", {"name": part}))
    assert "sent a message" in said and "signed in" not in said.partition("Today")[2]


def test_what_was_changed_is_told_once_although_two_tables_have_it(ada, account):
    account.title = "Renamed"
    account.save()
    said = words_of(ada.get("/changes/?kind=accounts"))
    assert said.count("changed the name of") == 1


def test_a_set_up_row_is_told_from_the_trail_and_not_from_the_history(ada, account):
    account.title = "Renamed"
    account.save()
    account.history.all().delete()
    assert "changed the name of Renamed Acme →became Renamed" in words_of(ada.get("/changes/"))


def test_replaced_groups_are_one_sentence(ada, priya):
    priya.person.groups.set([Group.objects.get(name="Reviewer")])
    said = words_of(ada.get("/changes/?kind=people"))
    assert "changed what priya may do Bulk sender, Support →became Reviewer" in said
    assert "became none" not in said.partition("Reviewer")[0]


def test_going_live_is_one_sentence(ada, account):
    Account.objects.update(only_listed=True)
    let_account_go_live(account, ada.person)
    said = words_of(ada.get("/changes/?kind=accounts"))
    assert "let Acme send to every number" in said and "only listed" not in said


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"verb": "sent", "awaits_approval": True}, "asked to send a message"),
        ({"verb": "person_erased", "state": "begun"}, "began to erase a person"),
        ({"verb": "do_not_contact_added", "count": 240}, "put 240 numbers on the do-not-contact"),
    ],
)
def test_a_sentence_says_what_is_true_of_the_deed(db, facts, says):
    row = record(facts["verb"], by=None, facts=facts)
    assert says in strip_tags(trail_change(row, related_to([row])).says)


def test_the_example_of_a_value_is_not_in_the_trail(ada, workflow):
    channel = workflow.channels.first()
    value = channel.parameters.create(key="01", label="Order", sample="canary-a")
    value.sample = "canary-b"
    value.save()
    assert not TrailRow.objects.filter(facts__contains="canary").exists()
    assert "changed the example of the value" in words_of(ada.get("/changes/"))


@pytest.mark.parametrize("fact", ["reason", "title"])
def test_a_number_in_what_people_type_is_masked_whoever_records_it(fact):
    row = record(verbs.SETTLED, by=None, facts={fact: "he called from +91 98765 43210"})
    assert "number ending in 3210" in row.facts and "98765" not in row.facts


def test_a_name_that_nobody_has_is_not_stored(client):
    client.post("/login/", {"username": "my-secret-password", "password": "x"})
    row = TrailRow.objects.get(verb="sign_in_refused")
    assert json.loads(row.facts) == unknown_name("my-secret-password")
    assert "secret" not in row.facts


def test_a_wrong_password_of_a_known_name_names_it(client, priya):
    client.post("/login/", {"username": "priya", "password": "x"})
    row = TrailRow.objects.get(verb="sign_in_refused")
    assert (row.about_id, json.loads(row.facts)["name"]) == (str(priya.person.pk), "priya")


def test_the_file_has_the_head_of_the_trail(ada, recorded):
    from django.utils import timezone

    from invocations.audit.sealing import current_head, seal_all

    recorded()
    seal_all(timezone.now())
    before = current_head()
    assert before in ada.get("/changes/download/").content.decode()
