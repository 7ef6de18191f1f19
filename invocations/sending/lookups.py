"""Rows that storing a round of results needs, read once for the whole round."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Count

from invocations.composing import template_fields
from invocations.kaleyra import redaction
from invocations.kaleyra.redaction import Secrets
from invocations.models import Attempt, WorkflowInstance, WorkflowVersion
from invocations.models.invocations import sends_in
from invocations.sending.claim import Claim


class Lookups:
    """Workflows, their versions and the numbers of tries, for the messages of `claims`."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        invocations = [claim.invocation for claim in claims]
        self._repeated = [claim.invocation.pk for claim in claims if claim.number > 1]
        self._tries: dict[int, int] | None = None
        workflows = WorkflowInstance.objects.prefetch_related("channels__parameters")
        self._workflows = workflows.in_bulk(
            {invocation.workflow_instance_id for invocation in invocations}
        )
        self._versions = WorkflowVersion.objects.in_bulk(
            {invocation.version_id for invocation in invocations if invocation.version_id}
        )
        self._sensitive_keys: dict[tuple[int, int | None], set[str]] = {}
        self._result_due_in: dict[int, timedelta] = {}

    def result_due_in(self, workflow: WorkflowInstance) -> timedelta:
        """How long after acceptance the result of `workflow` is expected at the latest."""
        if workflow.pk not in self._result_due_in:
            self._result_due_in[workflow.pk] = self._workflows[workflow.pk].result_due_in
        return self._result_due_in[workflow.pk]

    def tries_of(self, claim: Claim) -> int:
        """The number of attempts so far, this one included, without those handed back unposted."""
        if claim.number == 1:
            return 1
        if self._tries is None:
            posted = (
                Attempt.objects.filter(invocation_id__in=self._repeated)
                .exclude(reason="handed_back")
                .values("invocation_id")
            )
            self._tries = dict(
                posted.annotate(n=Count("pk")).order_by().values_list("invocation_id", "n")
            )
        return max(1, self._tries.get(claim.invocation.pk, 1))

    def secrets_of(self, claim: Claim) -> Secrets:
        """What is redacted from a stored answer: API key, numbers and sensitive values."""
        key = claim.api_key.key if claim.api_key else None
        sends = sends_in(claim.invocation)
        return redaction.secrets_of(key, sends, self._sensitive_keys_of(claim))

    def _sensitive_keys_of(self, claim: Claim) -> set[str]:
        """The keys that are sensitive now, or were when the message was recorded."""
        workflow_id, version_id = claim.invocation.workflow_instance_id, claim.invocation.version_id
        if (workflow_id, version_id) not in self._sensitive_keys:
            channels = self._workflows[workflow_id].channels.all()
            keys = template_fields.sensitive_keys(channels)
            if version_id:
                keys = keys | template_fields.sensitive_keys_in(self._versions[version_id])
            self._sensitive_keys[workflow_id, version_id] = keys
        return self._sensitive_keys[workflow_id, version_id]
