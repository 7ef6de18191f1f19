"""What the home pages store: favourites, what was followed up, and requests to the admins."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedTextField
from invocations.models.invocations import Invocation
from invocations.models.workflows import WorkflowInstance

MAX_WISH = 200


class Favourite(models.Model):
    """A workflow that a person has marked with the star."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="favourites")
    workflow = models.ForeignKey(WorkflowInstance, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["person", "workflow"], name="favourite_once_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.workflow}"


class FollowedUp(models.Model):
    """A message that nobody received, and that its sender has dealt with. It leaves their list."""

    invocation = models.OneToOneField(Invocation, models.CASCADE, related_name="followed_up")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.invocation)


class AdminRequest(models.Model):
    """A person asks the admins for what they may not do themselves.

    `monitoring.admin_requests` makes and closes it. It is over when an admin says so, or when its
    cause is gone.
    """

    class Kind(models.TextChoices):
        STOP = "stop", _("Resume all sending")
        ACCOUNT = "account", _("Resume an account, or fix its set-up")
        WORKFLOW = "workflow", _("Resume a workflow")
        MESSAGE = "message", _("Record what happened to a message")
        NEW_WORKFLOW = "new_workflow", _("Add a workflow")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="admin_requests"
    )
    account = models.ForeignKey(Account, models.CASCADE, null=True, blank=True, related_name="+")
    workflow = models.ForeignKey(
        WorkflowInstance, models.CASCADE, null=True, blank=True, related_name="+"
    )
    invocation = models.ForeignKey(
        Invocation, models.CASCADE, null=True, blank=True, related_name="+"
    )
    wish = EncryptedTextField(bound_to="id", blank=True, default="")
    """For a new workflow: what it is for, in the person's words."""
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    """None while it is open."""
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    """None while it is open, or if its cause went away by itself."""

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(
                        kind__in=["stop", "new_workflow"],
                        account__isnull=True,
                        workflow__isnull=True,
                        invocation__isnull=True,
                    )
                    | Q(
                        kind="account",
                        account__isnull=False,
                        workflow__isnull=True,
                        invocation__isnull=True,
                    )
                    | Q(
                        kind="workflow",
                        account__isnull=True,
                        workflow__isnull=False,
                        invocation__isnull=True,
                    )
                    | Q(
                        kind="message",
                        account__isnull=True,
                        workflow__isnull=True,
                        invocation__isnull=False,
                    )
                ),
                name="admin_request_is_about_its_kind",
            ),
            models.CheckConstraint(
                condition=Q(done_by__isnull=True) | Q(done_at__isnull=False),
                name="admin_request_done_by_has_a_time",
            ),
            models.UniqueConstraint(
                fields=["person", "account"],
                condition=Q(done_at__isnull=True, kind="account"),
                name="admin_request_open_once_per_account",
            ),
            models.UniqueConstraint(
                fields=["person", "workflow"],
                condition=Q(done_at__isnull=True, kind="workflow"),
                name="admin_request_open_once_per_workflow",
            ),
            models.UniqueConstraint(
                fields=["person", "invocation"],
                condition=Q(done_at__isnull=True, kind="message"),
                name="admin_request_open_once_per_message",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(done_at__isnull=True, kind__in=["stop", "new_workflow"]),
                name="admin_request_open_once_otherwise",
            ),
        ]
        indexes = [
            models.Index(
                fields=["asked_at"], condition=Q(done_at__isnull=True), name="admin_request_open"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"
