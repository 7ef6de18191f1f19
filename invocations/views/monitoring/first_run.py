"""The home before the first message: a practice message that is ready, and the steps to live."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Text
from invocations.models import Account, ApiKey, Parameter, WorkflowInstance
from invocations.views.base import StaffRequest
from invocations.views.send.practice_start import practice_start

STEPS: tuple[tuple[str, Text, Text, int], ...] = (
    ("account", _("Account"), _("Its SID and region, from Kaleyra → Settings"), 2),
    (
        "key",
        _("API key"),
        _("From Kaleyra → Developers → API Keys. Stored encrypted, never shown again"),
        2,
    ),
    ("checked", _("Check the key"), _("One press. Nothing is sent"), 1),
    (
        "results",
        _("Results address"),
        _("You copy one address to Kaleyra, so that deliveries are reported here"),
        10,
    ),
    (
        "workflow",
        _("Workflow"),
        _("Its ID from Kaleyra’s Fallback page, and its two template texts"),
        5,
    ),
    (
        "values",
        _("Name the values"),
        _("What staff are asked for: “First name” instead of {{1}}"),
        5,
    ),
    (
        "tried",
        _("Try it on your own phone"),
        _("Then switch it to Live: staff can send it"),
        2,
    ),
)
"""The steps to the first live message: code, title, what is needed, and the usual minutes."""


class Step(NamedTuple):
    """A step with the page on which it is done."""

    title: Text
    says: Text
    minutes: int
    address: str
    is_done: bool


def first_run_context(request: StaffRequest) -> dict[str, Any]:
    steps = live_steps()
    left = [step for step in steps if not step.is_done]
    return {
        "start": practice_start(request),
        "steps": steps,
        "next_step": left[0] if left else None,
        "minutes_left": sum(step.minutes for step in left),
        "is_started": len(left) < len(steps),
        "may_invite": request.viewer.may("auth.add_user"),
    }


def live_steps() -> list[Step]:
    """The steps, each with whether it is done for some live account."""
    accounts = Account.objects.exclude(pk__in=Account.for_practice())
    account = accounts.order_by("pk").first()
    key = ApiKey.objects.filter(account__in=accounts, is_primary=True).order_by("pk").first()
    workflows = WorkflowInstance.objects.filter(account__in=accounts)
    named = Parameter.objects.filter(channel__workflow_instance__in=workflows).exclude(label="")
    workflow = workflows.order_by("pk").first()
    done = {
        "account": account is not None,
        "key": key is not None,
        "checked": key is not None and key.last_accepted_at is not None,
        "results": workflows.filter(expects_callback=True).exists(),
        "workflow": workflow is not None,
        "values": named.exists(),
        "tried": False,
    }
    pages = _pages(account, key, workflow)
    return [
        Step(title, says, minutes, pages[code], done[code]) for code, title, says, minutes in STEPS
    ]


def _pages(
    account: Account | None, key: ApiKey | None, workflow: WorkflowInstance | None
) -> dict[str, str]:
    """Where each step is done; where an earlier one is missing, that one's page."""
    add_account = reverse("admin:invocations_account_add")
    add_workflow = reverse("admin:invocations_workflowinstance_add")
    add_key = add_account
    if account:
        add_key = reverse("admin:invocations_apikey_add", query={"account": account.pk})
    return {
        "account": add_account,
        "key": add_key,
        "checked": reverse("admin:invocations_apikey_change", args=[key.pk]) if key else add_key,
        "results": reverse("callback_setup", args=[account.pk]) if account else add_account,
        "workflow": add_workflow,
        "values": reverse("template_fields", args=[workflow.pk]) if workflow else add_workflow,
        "tried": reverse("send"),
    }
