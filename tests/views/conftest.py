"""Workflows with and without template texts, and what the receiver got."""

from __future__ import annotations

import json
import uuid
from types import SimpleNamespace

import pytest
from django.utils import timezone

from invocations.forms.preset import PresetForm
from invocations.kaleyra.payload import Send
from invocations.models import Batch, Channel, Parameter, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.sending.record import record
from tests.stored_results import store_result

NUMBER = "+91 80 6123 4581"
DIGITS = "918061234581"
VALUES = {"01": "Asha", "02": "1 year", "03": "15%"}
"""What the workflow `typed` asks for."""


@pytest.fixture
def make_workflow(account):
    """make_workflow("Hello {{1}}", "Hello {#var#}"): WhatsApp, then SMS, with these templates.

    None leaves a channel out.
    """

    def make(first="", second="", title="Order shipped", words=(), **changes):
        number = WorkflowInstance.objects.count()
        kwargs = {"workflow_instance_id": f"00112233-4455-6677-8899-{number:012}"} | changes
        workflow = WorkflowInstance.objects.create(account=account, title=title, **kwargs)
        for position, kind, text in [(1, "whatsapp", first), (2, "sms", second)]:
            if text is not None:
                fields = text if isinstance(text, dict) else {"template_text": text}
                channel = Channel.objects.create(
                    workflow_instance=workflow, position=position, kind=kind, **fields
                )
                for word in words:
                    if word.get("position", position) == position:
                        Parameter.objects.create(
                            channel=channel,
                            **{name: said for name, said in word.items() if name != "position"},
                        )
        return workflow

    return make


@pytest.fixture
def plain(make_workflow):
    """A workflow without template texts: its values are typed in the free editor."""
    return make_workflow(title="Plain")


@pytest.fixture
def typed(make_workflow):
    """A workflow with template texts, three values each, and labels that an admin wrote."""
    words = [
        {"key": "01", "label": "First name"},
        {"key": "02", "label": "For how long"},
        {"key": "03", "label": "Offer"},
    ]
    return make_workflow(
        "Hello {{1}}, {{2}} at {{3}}", "Dear {#var#}: {#var#}, {#var#}", title="Typed", words=words
    )


@pytest.fixture
def posted(receiver):
    """posted(count): the last of the `count` requests that the receiver got."""

    def last(count=1):
        found = receiver.wait_for(count)
        assert len(found) == count
        return SimpleNamespace(
            body=json.loads(found[-1].body),
            bytes=found[-1].body,
            path=found[-1].path,
            headers=found[-1].headers,
        )

    return last


@pytest.fixture
def world(typed, ada):
    """One record of each kind that an address names (`addresses.address_of`)."""
    sends = [Send(DIGITS, VALUES)] * 2
    row, _ = record(typed, sends, request_id=uuid.uuid4(), created_by=None)

    def preset():
        form = PresetForm(
            typed, Viewer.of(ada.person), {"preset_title": "Everybody's", "preset_shared": "on"}
        )
        return form.save([{}, {}]) if form.is_valid() else None

    orphan = store_result(typed.account, b"{}")
    batch = Batch.objects.create(
        workflow=typed,
        account=typed.account,
        state=Batch.State.RUNNING,
        started_at=timezone.now(),
        delete_at=timezone.now(),
    )
    return SimpleNamespace(
        workflow=typed, row=row, preset=preset, orphan=orphan, person=ada.person, batch=batch
    )
