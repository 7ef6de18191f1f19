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

    `again` is the request id of the earlier message that this one repeats, if any. `person` is the
    digest of the number that it goes to, if the form was opened from that person's page.
    """

    request_id: uuid.UUID
    user_id: int
    workflow_id: int
    again: uuid.UUID | None = None
    person: str = ""

    @classmethod
    def new(
        cls, user_id: int, workflow_id: int, again: uuid.UUID | None = None, person: str = ""
    ) -> SubmissionToken:
        return cls(uuid.uuid4(), user_id, workflow_id, again, person)

    @property
    def token(self) -> str:
        """The signed text for the form's hidden field."""
        named = [str(self.again or ""), *([self.person] if self.person else [])]
        return signing.dumps(
            [str(self.request_id), self.user_id, self.workflow_id, *named], salt=SALT
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
            request_id, owner, workflow, again, *person = signing.loads(
                token, salt=SALT, max_age=MAX_AGE_SECONDS
            )
            again = uuid.UUID(again) if again else None
            return cls(uuid.UUID(request_id), owner, workflow, again, *person)
        except (signing.BadSignature, ValueError, TypeError):
            raise StaleToken from None
