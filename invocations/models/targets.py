"""Where an invocation is posted to."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from invocations.kaleyra import address


class Target(models.Model):
    """Host, SID and workflow ID of a POST, as they were set up at that time. Rows never change.

    Kaleyra takes a request ID once, but only where it was posted before. So a message that may have
    been accepted is posted again to its own target alone, whatever an admin has changed since.
    """

    api_domain = models.CharField(_("API domain"), max_length=253)
    sid = models.CharField("SID", max_length=64)
    workflow_instance_id = models.CharField(_("workflow ID"), max_length=100)
    is_assumed = models.BooleanField(default=False, db_default=False)
    """Whether it is the set-up of a later time: of messages from before targets were stored, for
    which the change history does not reach back far enough."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["workflow_instance_id", "sid", "api_domain", "is_assumed"],
                name="target_stored_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.api_domain}, SID {self.sid}, {self.workflow_instance_id}"

    @property
    def parts(self) -> tuple[str, str, str]:
        """Two targets with equal parts are one address."""
        return self.api_domain, self.sid, self.workflow_instance_id

    @property
    def is_practice(self) -> bool:
        """Whether its host is this machine, so that no customer is reached."""
        return address.is_loopback(self.api_domain)

    @property
    def url(self) -> str:
        """The URL that is posted to. Raises `ValueError` if it would not be one of the API."""
        return address.invoke_url(*self.parts, http=self.is_practice)

    @classmethod
    def stored(cls, parts: tuple[str, str, str], *, is_assumed: bool = False) -> Target:
        """The row with these parts, created if there is none."""
        names = ("api_domain", "sid", "workflow_instance_id")
        columns: dict[str, Any] = dict(zip(names, parts, strict=True))
        return cls.objects.get_or_create(**columns, is_assumed=is_assumed)[0]
