from __future__ import annotations

import pytest

from invocations.models import Account, ApiKey, Channel, Invocation, Pod, WorkflowInstance

KEY = "Asecret0secret0secret0secret00Q2x"


@pytest.fixture
def pod(db):
    return Pod.objects.get(code="IN")


@pytest.fixture
def account(pod):
    return Account.objects.create(title="Acme", pod=pod, sid="HXAP1600000097IN")


@pytest.fixture
def api_key(account):
    return ApiKey.objects.create(account=account, title="console", key=KEY, is_primary=True)


@pytest.fixture
def workflow(account):
    workflow = WorkflowInstance.objects.create(
        account=account, title="Order", workflow_instance_id="w-1"
    )
    Channel.objects.create(workflow_instance=workflow, position=1, kind="whatsapp")
    return workflow


@pytest.fixture
def invocation(workflow):
    return Invocation.objects.create(
        workflow_instance=workflow, account=workflow.account, payload="{}", recipient_hint="…81"
    )
