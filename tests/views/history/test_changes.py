"""The list of changes: found by a name, and downloaded."""

import csv
import io

import pytest
from django.contrib.auth.models import User

from invocations.history import change_lines
from invocations.history.change_search import matches_named
from invocations.models import Account, Pod, WorkflowInstance
from invocations.models.viewer import Viewer
from tests.conftest import sign_in_again
from tests.views.pages import words_of


@pytest.fixture
def accounts(db):
    pod = Pod.objects.get(code="EU")
    names = ["Kaveri Foods", "Kaveri Europe"]
    return [
        Account.objects.create(title=name, pod=pod, sid=f"HX{n}EU") for n, name in enumerate(names)
    ]


def find(client, name, query=""):
    return client.post(f"/changes/{query}", {"name": name})


def downloaded(client, query=""):
    text = client.get(f"/changes/download/{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def labels(text, client):
    return [match.label for match in matches_named(text, Viewer.of(client.person))]


# --- found by a name ------------------------------------------------------------------------------


def test_a_name_of_one_record_leads_to_its_changes_and_keeps_the_filters(rosa, accounts):
    answer = find(rosa, "foods", "?kind=accounts")
    assert answer.headers["Location"] == f"/changes/?kind=accounts&of=account-{accounts[0].pk}"
    said = words_of(rosa.get(answer.headers["Location"]))
    assert "added the account Kaveri Foods" in said
    assert "added the account Kaveri Europe" not in said


def test_a_name_of_several_asks_which(rosa, accounts):
    said = words_of(find(rosa, "kaveri"))
    assert "Which “kaveri”?" in said
    assert "Account Kaveri Foods" in said and "Account Kaveri Europe" in said


def test_a_name_of_nothing_says_so_and_stands_in_no_address(rosa, accounts):
    answer = find(rosa, "<b>919876543202")
    assert "Nothing has “<b>919876543202” in its name." in words_of(answer)
    assert "name=919" not in answer.content.decode()


def test_a_name_that_no_column_can_hold_has_no_changes(rosa, accounts):
    assert "has “a\0b” in its name." in words_of(find(rosa, "a\0b"))


def test_a_deleted_or_renamed_record_is_found_by_the_name_that_it_had(rosa, accounts):
    old, gone = accounts
    old.title = "Renamed"
    old.save()
    gone.delete()
    assert labels("foods", rosa) == ["Account Renamed"]
    assert labels("kaveri europe", rosa) == ["Account Kaveri Europe"]


def test_a_person_is_found_as_who_changed_and_for_who_sees_people_as_who_was_changed(ada, rosa):
    User.objects.filter(username="ada").update(first_name="Devika", last_name="Rao")
    assert labels("devika r", rosa) == ["Made by Devika Rao"]
    assert labels("devika r", ada) == ["Made by Devika Rao", "What was changed of Devika Rao"]


# --- downloaded -----------------------------------------------------------------------------------


def test_the_file_has_what_the_filters_leave_in_words(ada, accounts):
    ada.cookies["timezone"] = "Asia/Kolkata"
    account = accounts[0]
    account._change_reason, account.sends_per_second = "", 7
    account.save()
    lines = downloaded(ada, f"?of=account-{account.pk}")
    assert [(line["By"], line["About"], line["What"]) for line in lines] == [
        ("A script", "Keys and accounts", "changed the messages sent per second of Kaveri Foods"),
        ("A script", "Keys and accounts", "added the account Kaveri Foods"),
    ]
    assert lines[0]["Old and new"].endswith(" → 7")
    assert next(iter(lines[0])) == "Time (Asia/Kolkata)"


def test_no_cell_is_a_formula(ada, accounts):
    User.objects.filter(username="ada").update(first_name="=HYPERLINK(1)")
    pause = {"name": "x", "reason": "=1+1 sums"}
    ada.post(f"/accounts/{accounts[0].pk}/pause/", pause)
    lines = downloaded(ada, "?kind=stops")
    assert [(line["By"], line["Reason"]) for line in lines] == [
        ("'=HYPERLINK(1)", "'=1+1 sums"),
    ]


def test_the_file_follows_the_same_rights_as_the_page(ada, rosa, priya, nina, accounts):
    page = f"/auth/user/{priya.person.pk}/change/"
    ada.post(page, {"username": "priya", "is_active": "on"})
    assert any(line["About"] == "People" for line in downloaded(ada))
    assert not any(line["About"] == "People" for line in downloaded(rosa))
    for browser in (priya, nina):
        sign_in_again(browser)
        assert browser.get("/changes/download/").status_code == 403


def test_a_file_that_ends_early_says_so(ada, accounts, monkeypatch):
    whole = downloaded(ada)
    monkeypatch.setattr(change_lines, "MAX_LINES", 1)
    lines = downloaded(ada)
    assert len(lines) == 2 <= len(whole)  # the newest now: that the file before was fetched
    assert next(iter(lines[1].values())).startswith("There are older ones")


def test_the_page_offers_the_file_of_what_it_shows(rosa, workflow):
    html = rosa.get("/changes/?kind=workflows").content.decode()
    assert 'href="/changes/download/?kind=workflows"' in html
    kinds = {line["About"] for line in downloaded(rosa, "?kind=workflows")}
    assert kinds == {"Workflows and texts"} and WorkflowInstance.objects.exists()
