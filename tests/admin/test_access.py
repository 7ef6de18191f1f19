"""Who may open which page of the set-up."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from invocations.models import Pod

LISTS = [f"invocations_{model}" for model in ["pod", "account", "apikey", "workflowinstance"]]
RECORDS = {"pod": "pod", "account": "account", "apikey": "key", "workflowinstance": "workflow"}


def page(model, action, kaleyra):
    return reverse(
        f"admin:invocations_{model}_{action}", args=[getattr(kaleyra, RECORDS[model]).pk]
    )


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(
    ("who", "seen"), [("ada", 200), ("rosa", 200), ("sven", 200), ("priya", 403), ("nina", 403)]
)
def test_lists_need_the_view_permission(request, who, seen, name):
    assert request.getfixturevalue(who).get(reverse(f"admin:{name}_changelist")).status_code == seen


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize(("action", "shown"), [("change", 200), ("history", 302)])
@pytest.mark.parametrize(
    ("who", "may"), [("ada", True), ("rosa", True), ("priya", False), ("nina", False)]
)
def test_records_and_their_changes_need_the_view_permission(
    request, kaleyra, who, may, action, shown, model
):
    answer = request.getfixturevalue(who).get(page(model, action, kaleyra))
    assert answer.status_code == (shown if may else 403)


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
def test_a_reviewers_page_has_no_inputs_and_no_save_button(rosa, kaleyra, model):
    html = rosa.get(page(model, "change", kaleyra)).content.decode()
    assert 'name="_save"' not in html
    # The page of a workflow shows its fields, and none can be changed.
    assert 'name="title"' not in html or '<fieldset class="split" disabled>' in html
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
def test_only_admins_see_people_and_groups(request, who, seen, model):
    assert (
        request.getfixturevalue(who).get(reverse(f"admin:auth_{model}_changelist")).status_code
        == seen
    )


def test_an_anonymous_user_is_redirected_to_sign_in(client, kaleyra):
    response = client.get(page("account", "change", kaleyra))
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("model", RECORDS)
@pytest.mark.parametrize("action", ["history", "change", "delete"])
def test_a_malformed_id_in_the_url_causes_no_server_error(ada, model, action):
    assert ada.get(
        reverse(f"admin:invocations_{model}_{action}", args=["nothing"])
    ).status_code in {
        302,
        404,
    }
