"""Who reaches which page of the set-up."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from invocations.models import Pod

LISTS = [f"invocations_{model}" for model in ["pod", "account", "apikey", "workflowinstance"]]
RECORDS = {"pod": "pod", "account": "account", "apikey": "key", "workflowinstance": "workflow"}


def page(model, deed, kaleyra):
    return reverse(f"admin:invocations_{model}_{deed}", args=[getattr(kaleyra, RECORDS[model]).pk])


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("rosa", 200), ("sven", 200), ("priya", 403), ("nina", 403)]
)
def test_lists_are_for_those_who_may_view(request, who, seen, name):
    assert request.getfixturevalue(who).get(reverse(f"admin:{name}_changelist")).status_code == seen


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize("deed", ["change", "history"])
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("rosa", 200), ("priya", 403), ("nina", 403)]
)
def test_records_and_their_history_are_for_those_who_may_view(
    request, kaleyra, who, seen, deed, model
):
    assert request.getfixturevalue(who).get(page(model, deed, kaleyra)).status_code == seen


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("rosa", 403), ("priya", 403), ("nina", 403)]
)
def test_only_an_admin_reaches_the_add_page(request, who, seen, name):
    assert request.getfixturevalue(who).get(reverse(f"admin:{name}_add")).status_code == seen


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("rosa", 403), ("priya", 403), ("nina", 403)]
)
def test_only_an_admin_reaches_the_delete_page(request, kaleyra, who, seen, model):
    assert request.getfixturevalue(who).get(page(model, "delete", kaleyra)).status_code == seen


@pytest.mark.parametrize("model", RECORDS)
def test_a_reviewer_finds_no_box_to_fill_in_and_no_button_to_save(rosa, kaleyra, model):
    html = rosa.get(page(model, "change", kaleyra)).content.decode()
    assert 'name="_save"' not in html
    assert 'name="title"' not in html
    assert 'name="new_key"' not in html


def test_a_reviewer_who_posts_changes_nothing(rosa, kaleyra):
    fields = {"code": "IN", "title": "Mine", "api_domain": "evil.example.com"}
    assert rosa.post(page("pod", "change", kaleyra), fields).status_code == 403
    assert Pod.objects.get(pk=kaleyra.pod.pk).api_domain == "api.in.kaleyra.io"
    assert not LogEntry.objects.exists()


def test_a_reviewer_sees_the_channels(rosa, kaleyra):
    assert "Hello {{1}}" in rosa.get(page("workflowinstance", "change", kaleyra)).content.decode()


@pytest.mark.parametrize("model", ["user", "group"])
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("sven", 200), ("rosa", 403), ("priya", 403), ("nina", 403)]
)
def test_people_are_for_admins(request, who, seen, model):
    assert (
        request.getfixturevalue(who).get(reverse(f"admin:auth_{model}_changelist")).status_code
        == seen
    )


def test_a_stranger_is_asked_to_sign_in(client, kaleyra):
    answer = client.get(page("account", "change", kaleyra))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize("deed", ["history", "change", "delete"])
def test_an_address_that_names_nothing_is_no_error_of_ours(ada, model, deed):
    assert ada.get(reverse(f"admin:invocations_{model}_{deed}", args=["nothing"])).status_code in {
        302,
        404,
    }
