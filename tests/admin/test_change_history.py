"""The history of changes to the set-up, which can be read but not restored."""

import pytest
from django.urls import reverse

from invocations.models import Pod


def page(record):
    return reverse(f"admin:invocations_{record._meta.model_name}_history", args=[record.pk])


def page_text(browser, record):
    return " ".join(browser.get(page(record)).content.decode().split())


def test_it_shows_the_person_and_the_old_and_new_value(ada, rosa, kaleyra):
    change = reverse("admin:invocations_pod_change", args=[kaleyra.pod.pk])
    ada.post(change, {"code": "IN", "title": "India", "api_domain": "api.in.kaleyra.io"})
    html = page_text(rosa, kaleyra.pod)
    assert ">ada<" in html
    assert "Title: from “IN pod” to “India”" in html


def test_a_changed_template_is_in_the_workflows_history(ada, draft, workflow_form):
    ada.post(
        reverse("admin:invocations_workflowinstance_change", args=[draft.workflow.pk]),
        workflow_form(title="Renamed", whatsapp__template_text="Good day {{1}}"),
    )
    assert "send1: WhatsApp, Template text: from “Hello {{1}}” to “Good day {{1}}”" in page_text(
        ada, draft.workflow
    )


def test_a_deleted_channel_is_in_the_workflows_history(ada, draft, workflow_form):
    page = reverse("admin:invocations_workflowinstance_change", args=[draft.workflow.pk])
    ada.post(page, workflow_form(route="whatsapp", sms__template_text=""))
    assert "Channel: no longer “send2: SMS”" in page_text(ada, draft.workflow)


def test_changed_groups_are_in_the_workflows_history(ada, kaleyra, workflow_form):
    page = reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk])
    support = ada.person.groups.model.objects.get(name="Support")
    ada.post(page, workflow_form(groups=[support.pk]))
    assert "Groups that may send it: from “[]” to “[Support]”" in page_text(ada, kaleyra.workflow)


def test_it_links_to_no_old_version(ada, kaleyra):
    version = kaleyra.account.history.first()
    assert f"/history/{version.pk}/" not in page_text(ada, kaleyra.account)


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
