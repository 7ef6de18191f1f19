"""API keys: entered here, encrypted for one place, and never shown again."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from invocations.models.configuration import Account
from invocations.models.encryption import EncryptedTextField, Unreadable
from invocations.models.saved_with_history import SavedWithHistory


class ApiKey(SavedWithHistory):
    """A key made in Kaleyra's user interface. It is entered here and never shown again.

    It is bound to the host and SID that it was entered for: `key_for` opens it for no other, so it
    leaves for no other, whatever is changed afterwards, and by whomever.

    `sending.store_outcome` and `monitoring.key_check` write `last_accepted_at` and
    `last_refused_at`; None means never since the key was entered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # A UUID, so that the key can be encrypted for its row before the row is saved.
    account = models.ForeignKey(
        Account, models.PROTECT, related_name="api_keys", verbose_name=_("account")
    )
    title = models.CharField(
        _("title"), max_length=100, help_text=_("What Kaleyra's list of keys calls it.")
    )
    key = EncryptedTextField(_("key"), bound_to="where")
    last_four = models.CharField(_("ends in"), max_length=4, editable=False)
    """“…” for a key of fewer than 12 characters."""
    sid = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """The account's SID when the key was entered: Kaleyra makes a key for one SID."""
    host = models.CharField(max_length=253, blank=True, default="", db_default="", editable=False)
    """The API domain of the account's pod when the key was entered."""
    is_primary = models.BooleanField(
        _("primary"),
        default=False,
        help_text=_(
            "The key that is used. Making this one primary puts the account's other one aside; "
            "both stay valid."
        ),
    )
    kaleyra_owner = models.CharField(
        _("made at Kaleyra by"),
        max_length=200,
        blank=True,
        help_text=_(
            "Kaleyra ends a key without warning when the team member who made it is removed."
        ),
    )
    last_accepted_at = models.DateTimeField(
        _("last accepted"), null=True, blank=True, editable=False
    )
    last_refused_at = models.DateTimeField(_("last refused"), null=True, blank=True, editable=False)
    last_checked_at = models.DateTimeField(_("last checked"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), auto_now_add=True)
    history = HistoricalRecords(
        excluded_fields=["key", "host", "last_accepted_at", "last_refused_at", "last_checked_at"]
    )

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        ordering = ["account", "-is_primary", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(is_primary=True), name="account_has_one_primary_key"
            ),
            models.UniqueConstraint(fields=["account", "title"], name="key_title_once_per_account"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (ends in {self.last_four})"

    @property
    def where(self) -> str:
        """What the token is bound to: this row, and where the key was entered for."""
        return self._where(self.host, self.sid)

    def _where(self, host: str, sid: str) -> str:
        return f"{self.pk} {host} {sid}"

    def key_for(self, host: str, sid: str) -> str:
        """The key, if it was entered for this host and SID. Raises `Unreadable` for any other.

        Not a comparison of columns: the token does not open at another place.
        """
        field = ApiKey._meta.get_field("key")
        if "key" not in self.__dict__:
            self.refresh_from_db(fields=["key"])
        stored = self.__dict__["key"]
        if isinstance(stored, str):  # entered and not saved yet, so for no place
            raise Unreadable("The key is not stored yet.")
        return str(field.content_for(stored, self._where(host, sid)))

    def is_for(self, host: str, sid: str) -> bool:
        """Whether it was entered for this host and SID, as its columns say."""
        return (self.host, self.sid) == (host, sid)

    @property
    def was_moved_away_from(self) -> bool:
        """Whether the account points elsewhere than when the key was entered. Needs its pod."""
        return not self.is_for(self.account.pod.api_domain, self.account.sid)

    def refresh_from_db(
        self, using: str | None = None, fields: Any = None, from_queryset: Any = None
    ) -> None:
        """Leaves the key sealed: Django would set its text, as if it had been entered."""
        columns = [field.attname for field in self._meta.concrete_fields]
        names = list(columns if fields is None else fields)
        if "key" in names:
            names.remove("key")
            stored = ApiKey._base_manager.using(using or self._state.db).filter(pk=self.pk)
            self.__dict__["key"] = stored.values_list("key", flat=True).get()
        if names:
            super().refresh_from_db(using, names, from_queryset)

    def save(self, **kwargs: Any) -> None:
        if isinstance(self.__dict__.get("key"), str):  # entered, and not as it was read
            self.host, self.sid = self.account.pod.api_domain, self.account.sid
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "host", "sid"}
        try:
            self.last_four = self.key[-4:] if len(self.key) >= 12 else "…"
        except Unreadable:
            # The row can still be renamed or lose its primary role. Sending fails where the key is
            # read (`sending.attempt.read_key`).
            pass
        super().save(**kwargs)
