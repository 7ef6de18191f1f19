"""One form, one id: the request id is minted when the form is opened and travels with it, signed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.core import signing

SALT = "invocations.intent"
MAX_AGE_SECONDS = 24 * 60 * 60


class StaleToken(Exception):
    """The token is missing, forged, somebody else's, another workflow's, or older than a day."""


@dataclass(frozen=True)
class SubmissionToken:
    """That this person means to send one message with this workflow, perhaps again after an earlier one."""

    request_id: uuid.UUID
    user_id: int
    workflow_id: int
    again: uuid.UUID | None = None

    @classmethod
    def new(cls, user_id: int, workflow_id: int, again: uuid.UUID | None = None) -> SubmissionToken:
        return cls(uuid.uuid4(), user_id, workflow_id, again)

    @property
    def token(self) -> str:
        """What stands in the form's hidden field."""
        return signing.dumps(
            [str(self.request_id), self.user_id, self.workflow_id, str(self.again or "")], salt=SALT
        )

    @classmethod
    def read(cls, token: str, user_id: int, workflow_id: int) -> SubmissionToken:
        """The intent in a form that comes back. Raises `StaleIntent`."""
        try:
            request_id, owner, workflow, again = signing.loads(
                token, salt=SALT, max_age=MAX_AGE_SECONDS
            )
            intent = cls(
                uuid.UUID(request_id), owner, workflow, uuid.UUID(again) if again else None
            )
        except (signing.BadSignature, ValueError, TypeError):
            raise StaleToken from None
        if (intent.user_id, intent.workflow_id) != (user_id, workflow_id):
            raise StaleToken
        return intent
