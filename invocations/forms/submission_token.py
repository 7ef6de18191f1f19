"""A signed token in the send form that holds the request id of its message.

The request id is made when the form is opened, so that posting the form twice sends one message.
"""

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
    """One message that a person is about to send with a workflow.

    `again` is the request id of the earlier message that this one repeats, if any.
    """

    request_id: uuid.UUID
    user_id: int
    workflow_id: int
    again: uuid.UUID | None = None

    @classmethod
    def new(cls, user_id: int, workflow_id: int, again: uuid.UUID | None = None) -> SubmissionToken:
        return cls(uuid.uuid4(), user_id, workflow_id, again)

    @property
    def token(self) -> str:
        """The signed text for the form's hidden field."""
        return signing.dumps(
            [str(self.request_id), self.user_id, self.workflow_id, str(self.again or "")], salt=SALT
        )

    @classmethod
    def read(cls, token: str, user_id: int, workflow_id: int) -> SubmissionToken:
        """Verifies a posted token. Raises `StaleToken`."""
        found = cls.genuine(token)
        if (found.user_id, found.workflow_id) != (user_id, workflow_id):
            raise StaleToken
        return found

    @classmethod
    def genuine(cls, token: str) -> SubmissionToken:
        """A token of anybody's, of any workflow. Raises `StaleToken` if it is forged or too old."""
        try:
            request_id, owner, workflow, again = signing.loads(
                token, salt=SALT, max_age=MAX_AGE_SECONDS
            )
            return cls(uuid.UUID(request_id), owner, workflow, uuid.UUID(again) if again else None)
        except (signing.BadSignature, ValueError, TypeError):
            raise StaleToken from None
