"""An account that can send."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from invocations.models import Account, ApiKey, Channel, Invocation, Pod, WorkflowInstance

KEY = "Acanary0canary0canary0canary07Q2x"


@pytest.fixture
def kaleyra(db):
    """An account in the IN pod with its key and one workflow, WhatsApp first."""
    pod = Pod.objects.get(code="IN")
    account = Account.objects.create(title="Acme India", pod=pod, sid="HXAP1600000097IN")
    key = ApiKey.objects.create(account=account, title="console", key=KEY, is_primary=True)
    workflow = WorkflowInstance.objects.create(
        account=account,
        title="Order shipped",
        workflow_instance_id="00112233-4455-6677-8899-aabbccddeeff",
    )
    Channel.objects.create(
        workflow_instance=workflow, position=1, kind="whatsapp", template_text="Hello {{1}}"
    )
    Channel.objects.create(
        workflow_instance=workflow, position=2, kind="sms", template_text="Hello {#var#}"
    )
    return SimpleNamespace(pod=pod, account=account, key=key, workflow=workflow)


@pytest.fixture
def invocation(kaleyra):
    return Invocation.objects.create(
        workflow_instance=kaleyra.workflow,
        account=kaleyra.account,
        payload="{}",
        recipient_hint="…81",
    )


@pytest.fixture
def draft(kaleyra):
    """The same, and its workflow a draft: a live one changes only with a reason."""
    WorkflowInstance.objects.update(stage="draft")
    kaleyra.workflow.refresh_from_db()
    return kaleyra


@pytest.fixture
def workflow_form(kaleyra):
    """workflow_form(title="Other"): what a browser posts to save the workflow's page."""

    def fields(**changes):
        workflow = kaleyra.workflow
        kinds = workflow.channels.values_list("kind", flat=True)
        data = {
            "title": workflow.title,
            "description": "",
            "account": kaleyra.account.pk,
            "workflow_instance_id": workflow.workflow_instance_id,
            "route": "-".join(kinds),
            "whatsapp-header_text": "",
            "whatsapp-button_url": "",
        }
        for kind in ("whatsapp", "sms"):
            channel = workflow.channels.filter(kind=kind).first()
            data[f"{kind}-template_text"] = channel.template_text if channel else ""
        return data | {name.replace("__", "-"): value for name, value in changes.items()}

    return fields
