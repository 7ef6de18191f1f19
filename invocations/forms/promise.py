"""What the button under a review promises, signed into the form, so that nothing else is done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.core import signing

from invocations.models import WorkflowInstance
from invocations.sending.awaiting import LAPSES_AFTER
from invocations.sending.departure import Deed, Departure, deed_of

SALT = "invocations.promise"


@dataclass(frozen=True)
class Promise:
    """`deed`: what the button says. `expires_at`: after it the message is not sent any more.

    `not_before`: when it leaves, if it is scheduled.
    """

    request_id: uuid.UUID
    deed: Deed
    expires_at: datetime
    not_before: datetime | None = None

    @classmethod
    def of(
        cls,
        workflow: WorkflowInstance,
        request_id: uuid.UUID,
        departure: Departure,
        now: datetime,
        not_before: datetime | None = None,
    ) -> Promise:
        """What happens to a message that is recorded at the time `now`."""
        deed = deed_of(departure, now=now, not_before=not_before)
        waits_for_time = deed in (Deed.SCHEDULE, Deed.ASK) and not_before and not_before > now
        scheduled = not_before if waits_for_time else None
        return cls(request_id, deed, (scheduled or now) + workflow.valid_for, scheduled)

    @property
    def token(self) -> str:
        """The signed text for the form's hidden field."""
        times = [moment.isoformat() if moment else "" for moment in self._times]
        return signing.dumps([str(self.request_id), self.deed.value, *times], salt=SALT)

    @property
    def _times(self) -> tuple[datetime, datetime | None]:
        return self.expires_at, self.not_before

    @classmethod
    def read(cls, token: str, request_id: uuid.UUID) -> Promise | None:
        """A posted token; None if it is missing, forged, or about another message."""
        try:
            about, deed, expires_at, not_before = signing.loads(token, salt=SALT)
            found = cls(
                uuid.UUID(about),
                Deed(deed),
                datetime.fromisoformat(expires_at),
                datetime.fromisoformat(not_before) if not_before else None,
            )
        except (signing.BadSignature, ValueError, TypeError):
            return None
        return found if found.request_id == request_id else None

    def is_kept_by(self, workflow: WorkflowInstance, departure: Departure, now: datetime) -> bool:
        """Whether recording the message `now` still does what the button said.

        What waits for a person has to have half of its time left: a review may stay open for long.
        """
        if deed_of(departure, now=now, not_before=self.not_before) is not self.deed:
            return False
        waits = self.deed in (Deed.QUEUE, Deed.ASK)
        return not waits or self.expires_at - now >= workflow.valid_for / 2

    def approve_by(self, now: datetime) -> datetime:
        """Until when a second person may approve a message that is recorded `now`."""
        return min(self.expires_at, now + LAPSES_AFTER)
