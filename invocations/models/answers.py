"""What Kaleyra's API answered last, as a message keeps it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra.sentences import sentence_of
from invocations.models.encryption import EncryptedTextField

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from invocations.models.attempts import Attempt


class LastAnswer(models.Model):
    """Columns of `Invocation`. `sending.store_outcome` writes them."""

    workflow_invocation_id = models.CharField(_("Kaleyra’s ID"), max_length=100, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True, blank=True)
    provider_timestamp = models.CharField(_("Kaleyra's timestamp"), max_length=60, blank=True)
    answered_attempt = models.PositiveIntegerField(null=True, blank=True, editable=False)
    """The number of the attempt whose answer is the last; None if there is none."""
    reply = EncryptedTextField(bound_to="request_id", null=True, blank=True, editable=False)
    """The last answer, in rows of a version that did not store `answered_attempt`."""
    error_kind = models.CharField(_("error"), max_length=200, blank=True, editable=False)
    """The error text without ids and values, the same for all errors of one kind."""

    attempts: RelatedManager[Attempt]
    answering_attempt: Attempt | None = None
    """The attempt of `answered_attempt`, once it was read (`attempts.read_answers` reads many)."""

    class Meta:
        abstract = True

    @property
    def kept_reply(self) -> dict[str, Any]:
        """The last answer as `kaleyra.redaction.kept_answer` kept it, or {}.

        `message`, `errors`, and `text`: the raw body, cut, without the key, numbers and values.
        Raises `Unreadable`.
        """
        number = self.answered_attempt
        text = self.reply if number is None else self._attempt_with_answer(number).reply
        kept: dict[str, Any] = json.loads(text) if text else {}
        return kept

    def _attempt_with_answer(self, number: int) -> Attempt:
        if self.answering_attempt is None or self.answering_attempt.number != number:
            answers = self.attempts.model.objects.only("number", "binding", "reply")
            self.answering_attempt = answers.get(invocation=self.pk, number=number)
        return self.answering_attempt

    @property
    def message(self) -> str | None:
        """Kaleyra's message as people read it; `kept_reply` has it as it came."""
        message: str | None = self.kept_reply.get("message")
        return message if message is None else sentence_of(message)

    @property
    def errors(self) -> list[str]:
        """Kaleyra's errors as people read them, without what the message says already."""
        errors = dict.fromkeys(map(sentence_of, self.kept_reply.get("errors", [])))
        return [error for error in errors if error != self.message]
