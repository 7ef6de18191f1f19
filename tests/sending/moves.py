"""Changes of the set-up under messages, and what the pods received."""

from django.db import connection

from invocations.models import (
    Account,
    ApiKey,
    Invocation,
    WorkflowInstance,
    immutable,
)
from invocations.sending.claim import claim_invocations


def move_account(account, other_pod, workflow):
    Account.objects.filter(pk=account.pk).update(pod=other_pod)


def edit_sid(account, other_pod, workflow):
    Account.objects.filter(pk=account.pk).update(sid="HXPRACTICE77IN")


def edit_workflow_id(account, other_pod, workflow):
    WorkflowInstance.objects.filter(pk=workflow.pk).update(workflow_instance_id="edited")


def enter_keys_again():
    """As an admin does after a change of host or SID."""
    for key in ApiKey.objects.select_related("account__pod"):
        key.key = key.key
        key.save()


def move_and_edit_all(account, other_pod, workflow):
    move_account(account, other_pod, workflow)
    edit_sid(account, other_pod, workflow)
    edit_workflow_id(account, other_pod, workflow)


def paths(pod):
    return [received.path for received in pod.received]


def targets_claim(row):
    [claim] = claim_invocations(row.account, Invocation.objects.filter(pk=row.pk), 1)
    return claim


def forget_targets():
    """What the triggers refuse: they are put back by the next `migrate`."""
    with connection.cursor() as cursor:
        for trigger, table in [
            ("invocation_target_is_immutable", "invocations_invocation"),
            ("attempt_target_is_immutable", "invocations_attempt"),
        ]:
            on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {trigger}{on_table}")
            cursor.execute(f"UPDATE {table} SET target_id = NULL")
    immutable.create_triggers("default")
