"""The history of the set-up: who changed what. It is read, never put back."""

import pytest
from django.urls import reverse

from invocations.models import Pod


def page(record):
    return reverse(f"admin:invocations_{record._meta.model_name}_history", args=[record.pk])


def read(browser, record):
    return " ".join(browser.get(page(record)).content.decode().split())


def test_it_says_who_changed_what_from_what(ada, rosa, kaleyra):
    change = reverse("admin:invocations_pod_change", args=[kaleyra.pod.pk])
    ada.post(change, {"code": "IN", "title": "India", "api_domain": "api.in.kaleyra.io"})
    html = read(rosa, kaleyra.pod)
    assert ">ada<" in html
    assert "Title: from “IN pod” to “India”" in html


def test_a_changed_template_stands_in_the_workflows_history(ada, kaleyra, workflow_form):
    first, second = kaleyra.workflow.channels.all()
    rows = [(first.pk, 1, "whatsapp", "Good day {{1}}"), (second.pk, 2, "sms", "Hello {#var#}")]
    ada.post(
        reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk]),
        workflow_form(rows),
    )
    assert "send1: WhatsApp, Template text: from “Hello {{1}}” to “Good day {{1}}”" in read(
        ada, kaleyra.workflow
    )


def test_a_channel_that_went_stands_in_the_workflows_history(ada, kaleyra, workflow_form):
    page = reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk])
    ada.post(page, workflow_form(**{"channels-1-DELETE": "on"}))
    assert "Channel: no longer “send2: SMS”" in read(ada, kaleyra.workflow)


def test_changed_groups_stand_in_the_workflows_history(ada, kaleyra, workflow_form):
    page = reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk])
    support = ada.person.groups.model.objects.get(name="Support")
    ada.post(page, workflow_form(groups=[support.pk]))
    assert "Groups that may send it: from “[]” to “[Support]”" in read(ada, kaleyra.workflow)


def test_it_links_to_no_old_version(ada, kaleyra):
    version = kaleyra.account.history.first()
    assert f"/history/{version.pk}/" not in read(ada, kaleyra.account)


@pytest.mark.parametrize("who", ["ada", "rosa", "sven"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_can_put_an_old_version_back(request, kaleyra, who, method):
    pod = kaleyra.pod
    pod.title = "Changed"
    pod.save()
    pod.title = "Changed again"
    pod.save()
    old = pod.history.last()
    address = reverse("admin:invocations_pod_simple_history", args=[pod.pk, old.pk])
    answer = getattr(request.getfixturevalue(who), method)(
        address, {"code": "IN", "title": "Old", "api_domain": "api.in.kaleyra.io"}
    )
    assert answer.status_code == 404
    assert Pod.objects.get(code="IN").title == "Changed again"
