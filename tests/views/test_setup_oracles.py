"""The set-up pages of Django's admin tell nothing of what is kept from their reader."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from tests.conftest import sign_in_again
from tests.views.test_kept_for_groups import assert_nothing_of_it, browser_of, kept

__all__ = ["kept"]


@pytest.fixture
def reviewer(kept):
    return browser_of("outsider", "Reviewer")


LISTS = ["account", "pod", "apikey", "workflowinstance"]
LOOKUPS = [
    ("account", "workflow_instances__title__startswith", "Kept"),
    ("account", "invocations__reference", "KEPT-77"),
    ("account", "invocations__recipient_last_four", "4777"),
    ("pod", "accounts__workflow_instances__title__startswith", "Kept"),
    ("apikey", "account__workflow_instances__title__startswith", "Kept"),
    ("workflowinstance", "invocations__reference", "KEPT-77"),
]


@pytest.mark.parametrize(("model", "lookup", "value"), LOOKUPS)
def test_a_list_is_no_oracle_for_rows_that_are_kept(reviewer, model, lookup, value):
    seen = []
    for asked in (value, "nothing-has-this"):
        given = reviewer.get(f"/invocations/{model}/", {lookup: asked})
        lines = given.context["cl"].result_count if given.status_code == 200 else None
        seen.append((given.status_code, lines))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("model", LISTS)
@pytest.mark.parametrize("query", ["_popup=1", "_to_field=id", "q=Kept", "_popup=1&_to_field=id"])
def test_no_list_in_another_dress_names_it(reviewer, model, query):
    given = reviewer.get(f"/invocations/{model}/?{query}")
    if given.status_code == 200:
        text = given.content.decode().replace('value="Kept"', "")
        assert "Kept canary" not in text


@pytest.mark.parametrize("field", ["workflow_instance", "batch", "created_by", "account"])
def test_no_completion_offers_it(reviewer, field):
    for term in ("", "Kept", "ada"):
        query = {"app_label": "invocations", "model_name": "invocation", "field_name": field}
        given = reviewer.get("/autocomplete/", query | {"term": term})
        assert_nothing_of_it(given, field)


def test_a_password_is_no_field_to_choose_people_by(ada):
    for query in ("_popup=1&_to_field=password", "password__startswith=pbkdf2"):
        given = ada.get(f"/auth/user/?{query}")
        assert given.status_code in (302, 400)


def test_what_uses_an_account_is_counted_as_far_as_it_is_read(reviewer, kept):
    given = reviewer.get(f"/invocations/account/{kept.workflow.account_id}/change/")
    assert given.status_code == 200
    assert_nothing_of_it(given, "account")
    assert not any("message" in str(use) or "workflow" in str(use) for use in given.context["uses"])


def test_the_page_of_the_workflow_itself_is_not_there(reviewer, kept):
    pk = kept.workflow.pk
    for address in (f"/invocations/workflowinstance/{pk}/change/", f"/workflows/{pk}/export/"):
        assert reviewer.get(address).status_code == 404
    for page in ("history", "delete"):
        assert reviewer.get(f"/invocations/workflowinstance/{pk}/{page}/").status_code != 200


def test_its_changes_are_in_no_list_of_changes(reviewer, kept):
    kept.workflow.description = "canary note"
    kept.workflow.save()
    for address in ("/changes/", "/changes/download/", f"/changes/?of=workflow-{kept.workflow.pk}"):
        assert_nothing_of_it(reviewer.get(address), address)
    assert_nothing_of_it(reviewer.post("/changes/", {"name": "canary"}), "search")


def test_a_group_that_a_workflow_is_kept_for_is_not_left_by_its_members(reviewer):
    inside = browser_of("inside", "Reviewer", "Ops")
    assert "Kept canary" in inside.get("/history/").content.decode()
    inside.person.groups.remove(Group.objects.get(name="Ops"))
    sign_in_again(inside)
    assert "Kept canary" not in inside.get("/history/").content.decode()
