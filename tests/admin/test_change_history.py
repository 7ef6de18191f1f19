"""The changes of the set-up: each as a sentence with old and new, and no secret in any."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.urls import reverse

from invocations.composing import stage_moves
from invocations.composing.stage_moves import TEST_DELIVERED
from invocations.history.changes import Query, changes_page, last_changes
from invocations.models import Account, Parameter, Pod
from invocations.models.viewer import Viewer
from invocations.sending import pause
from tests.views.pages import opened, words_of

from .conftest import KEY


def said(client, query=""):
    text = words_of(client.get(f"/changes/{query}"))
    return text.partition("By hand on messages")[2]  # what stands behind the filters


def change_page(record):
    return reverse(f"admin:invocations_{record._meta.model_name}_change", args=[record.pk])


def test_it_shows_the_person_and_the_old_and_new_value(ada, rosa, kaleyra):
    fields = {"code": "IN", "title": "India", "api_domain": "api.in.kaleyra.io"}
    ada.post(change_page(kaleyra.pod), fields)
    assert "ada changed the name of India IN pod →became India" in said(rosa)


def test_a_changed_template_is_told_with_the_part_that_changed(ada, draft, workflow_form):
    ada.post(
        reverse("admin:invocations_workflowinstance_change", args=[draft.workflow.pk]),
        workflow_form(title="Renamed", whatsapp__template_text="Good day {{1}}"),
    )
    text = "ada changed the WhatsApp text of Renamed Hello {{1}} →became Good day {{1}}"
    assert text in said(ada, f"?of=workflow-{draft.workflow.pk}")


def test_a_removed_channel_is_told(ada, draft, workflow_form):
    page = reverse("admin:invocations_workflowinstance_change", args=[draft.workflow.pk])
    ada.post(page, workflow_form(route="whatsapp", sms__template_text=""))
    assert "ada removed SMS from" in said(ada)


def test_changed_groups_are_told(ada, kaleyra, workflow_form):
    support = ada.person.groups.model.objects.get(name="Support")
    ada.post(change_page(kaleyra.workflow), workflow_form(groups=[support.pk]))
    text = "ada changed who may send Order shipped everybody who may send →became Support"
    assert text in said(ada)


def test_a_pause_by_the_console_leaves_the_groups_of_a_workflow_as_they_were(ada, kaleyra):
    workflow = kaleyra.workflow
    workflow.groups.set(Group.objects.filter(name__in=["Support", "Admin"]))
    workflow.save()
    pause.pause_workflow(workflow.pk, "no_such_workflow")
    pause.resume_workflow(workflow)
    pause.record_history(type(workflow), workflow.pk, "first_result")
    workflow.refresh_from_db()
    workflow.title = "Renamed"
    workflow.save()
    assert [version.groups.count() for version in workflow.history.all()[:5]] == [2] * 5
    assert said(ada).count("everybody who may send") == 1, "before the groups were chosen"


def test_what_a_person_may_do_is_told_to_those_who_see_people(ada, rosa, priya):
    person = User.objects.get(username="priya")
    reviewer = Group.objects.get(name="Reviewer")
    fields = {"username": "priya", "is_active": "on", "groups": [reviewer.pk]}
    page = reverse("admin:auth_user_change", args=[person.pk])
    assert ada.post(page, fields).status_code == 302
    assert "ada changed what priya may do Bulk sender, Support →became Reviewer" in said(ada)
    assert "priya" not in said(rosa)


def test_a_pause_by_rule_is_the_consoles_and_says_why(ada, kaleyra):
    pause._pause(kaleyra.account, "certificate")
    text = "The console paused Acme India: The host’s certificate is not trusted."
    assert text in said(ada, "?kind=stops")
    assert "The console paused" not in said(ada, "?kind=accounts")


def test_a_stage_is_told_with_the_reason_that_was_given(ada, kaleyra):
    workflow = kaleyra.workflow
    workflow.stage = "draft"
    workflow._history_user = ada.person
    workflow.save()
    workflow.stage, workflow._change_reason = "live", "Tested on my phone"
    workflow.save()
    text = said(ada)
    assert "ada made Order shipped live: “Tested on my phone”" in text
    assert "ada set Order shipped back to draft" in text


def test_a_stage_that_a_delivered_test_changes_is_the_consoles_deed(ada, kaleyra):
    kaleyra.workflow.stage, kaleyra.workflow._change_reason = "tested", TEST_DELIVERED
    kaleyra.workflow.save()
    assert "The console marked Order shipped as tested: its test was delivered" in said(ada)


def test_a_changed_text_takes_a_tested_one_back_and_the_changes_say_why(ada, kaleyra):
    type(kaleyra.workflow).objects.update(stage="tested")
    stage_moves.test_was_invalidated(kaleyra.workflow, None)
    reason = "its texts have changed since the test"
    assert f"The console set Order shipped back to draft: {reason}" in said(ada)


def test_what_the_demo_makes_is_the_set_ups_and_what_a_script_makes_is_not(ada, kaleyra):
    call_command("demo", api_domain="127.0.0.1:8100", stdout=StringIO())
    text = said(ada)
    for thing in ("the region Practice pod", "the account Practice account"):
        assert f"The set-up added {thing}" in text
    assert "The set-up added the workflow Order delayed" in text
    assert "A script added the account Acme India" in text and "set_up" not in text
    kaleyra.account.sends_per_second = 7
    kaleyra.account.save()
    assert "A script changed the messages sent per second of Acme India" in said(ada)


def test_no_key_no_number_and_no_hidden_value_is_in_it(ada, kaleyra):
    channel = kaleyra.workflow.channels.first()
    kaleyra.account.is_paused, kaleyra.account.paused_reason = True, "Call +91 80612 34581"
    kaleyra.account.save()
    kaleyra.key.key = "Aother0canary0canary0canary0z9z9"
    kaleyra.key.save()
    value = Parameter.objects.create(channel=channel, key="1", is_sensitive=True)
    value.sample = "canary-secret"
    value.save()
    value.is_sensitive = False
    value.save()
    html = opened(ada, "/changes/").html
    assert "80612" not in html and "number ending in 4581" in html
    assert KEY not in html and "Aother" not in html and "z9z9" in html and "7Q2x" in html
    assert "the example" in html and "canary-secret" not in html


def test_a_save_that_changes_nothing_is_not_told(ada, kaleyra):
    before = said(ada)
    kaleyra.account.save()
    assert said(ada) == before


def test_each_change_is_on_one_page_alone_and_the_newest_first(ada, kaleyra):
    for number in range(120):
        kaleyra.account.sends_per_second = 11 + number
        kaleyra.account.save()
    seen, address = [], "/changes/?kind=accounts"
    while address:
        answer = ada.get(address)
        seen += [
            detail.new
            for _day, day in answer.context["days"]
            for change in day
            for detail in change.details
        ]
        older = answer.context["older"]
        address = f"/changes/?{older}" if older else ""
    numbers = [int(text) for text in seen if text.isdecimal() and int(text) > 10]
    assert numbers == list(range(130, 10, -1))


def test_a_deleted_record_keeps_its_name(ada, kaleyra):
    pod = Pod.objects.create(code="ZZ", title="Nowhere", api_domain="api.zz.kaleyra.io")
    ada.post(reverse("admin:invocations_pod_delete", args=[pod.pk]), {"post": "yes"})
    page = opened(ada, "/changes/")
    assert "ada deleted the region Nowhere" in said(ada)
    assert f"/invocations/pod/{pod.pk}/change/" not in page.links


@pytest.mark.parametrize(
    ("record", "of"), [("account", "account"), ("key", "apikey"), ("workflow", "workflow")]
)
def test_the_changes_of_a_record_are_those_of_the_list_filtered(ada, kaleyra, record, of):
    row = getattr(kaleyra, record)
    address = reverse(f"admin:invocations_{row._meta.model_name}_history", args=[row.pk])
    answer = ada.get(address)
    assert answer.headers["Location"] == f"/changes/?of={of}-{row.pk}"
    text = said(ada, f"?of={of}-{row.pk}")
    assert "added" in text and "the region" not in text


def test_an_accounts_changes_have_those_of_its_keys_and_workflows(ada, kaleyra):
    text = said(ada, f"?of=account-{kaleyra.account.pk}")
    assert "added the account" in text and "added the API key" in text
    assert "added the workflow" in text and "added SMS to" in text


@pytest.mark.parametrize(
    "query",
    [
        *("?of=apikey-1", "?of=account-x", "?kind=no", "?person=0", "?older=x"),
        *("?since=yesterday", "?older=99999999999999999999.account.1", "?of=account-999"),
    ],
)
def test_a_filter_that_means_nothing_breaks_nothing(ada, kaleyra, query):
    assert ada.get(f"/changes/{query}").status_code == 200


@pytest.mark.parametrize("who", ["ada", "rosa", "sven"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_can_restore_an_old_version(request, kaleyra, who, method):
    pod = kaleyra.pod
    pod.title = "Changed"
    pod.save()
    pod.title = "Changed again"
    pod.save()
    old = pod.history.last()
    address = reverse("admin:invocations_pod_simple_history", args=[pod.pk, old.pk])
    response = getattr(request.getfixturevalue(who), method)(
        address, {"code": "IN", "title": "Old", "api_domain": "api.in.kaleyra.io"}
    )
    assert response.status_code == 404
    assert Pod.objects.get(code="IN").title == "Changed again"


def test_a_part_of_another_page_shows_the_newest_of_one_account(ada, priya, kaleyra):
    other = Account.objects.create(title="Other", pod=kaleyra.pod, sid="HXOTHER01IN")
    viewer = Viewer.of(ada.person)
    assert [str(change.says) for change in last_changes(viewer, 1)] == [
        f'added the account <a href="{change_page(other)}"><em>Other</em></a>'
    ]
    of_one = last_changes(viewer, 20, kaleyra.account)
    assert len(of_one) == 5 and not any("Other" in change.says for change in of_one)
    assert last_changes(Viewer.of(priya.person), 5) == []


def test_the_number_of_queries_does_not_grow_with_the_changes(
    ada, kaleyra, django_assert_max_num_queries
):
    for number in range(40):
        kaleyra.account.sends_per_second = 11 + number
        kaleyra.account.save()
    with django_assert_max_num_queries(25):
        changes_page(Viewer.of(ada.person), Query())
