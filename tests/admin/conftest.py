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
def workflow_form(kaleyra):
    """workflow_form(channels): the fields that a browser posts to save the workflow's page.

    `channels` replaces its channels: (id or empty, position, kind, template text).
    """

    def fields(channels=None, **changes):
        workflow = kaleyra.workflow
        kept = [(c.pk, c.position, c.kind, c.template_text) for c in workflow.channels.all()]
        rows = kept if channels is None else channels
        data = {
            "title": workflow.title,
            "description": "",
            "account": kaleyra.account.pk,
            "workflow_instance_id": workflow.workflow_instance_id,
            "is_active": "on",
            "channels-TOTAL_FORMS": len(rows),
            "channels-INITIAL_FORMS": sum(1 for pk, *_ in rows if pk),
            **changes,
        }
        for number, (pk, position, kind, text) in enumerate(rows):
            row = {
                "id": pk or "",
                "workflow_instance": workflow.pk if pk else "",
                "position": position,
                "kind": kind,
                "template_text": text,
            }
            data |= {f"channels-{number}-{name}": value for name, value in row.items()}
        return data

    return fields
