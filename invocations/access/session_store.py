"""The store of sessions (`SESSION_ENGINE`): Django's in the database, with hashed keys.

A session past its limits is not found, so that whoever asks with it is signed out for every page.
"""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.base import CreateError, UpdateError
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from invocations.access.sessions import end_over, hashed, why_over
from invocations.models.browser_sessions import BrowserSession

OWNED = ("person_id", "browser", "address", "signed_in_at", "last_seen", "wrong_proofs")


class SessionStore(DatabaseStore):
    row: BrowserSession | None = None
    """As it was loaded or made; None before that, and once the session is flushed."""

    @classmethod
    def get_model_class(cls) -> type[BrowserSession]:
        return BrowserSession

    @property
    def row_key(self) -> str:
        """What stands in the table for this session's key; empty without one."""
        return hashed(self.session_key) if self.session_key else ""

    def own(self, **columns: Any) -> None:
        """Writes columns of `OWNED` into the row of this session, which is made if needed."""
        if self.session_key is None:
            self.create()
        BrowserSession.objects.filter(pk=self.row_key).update(**columns)
        self.row = BrowserSession.objects.filter(pk=self.row_key).first()

    def _get_session_from_db(self) -> BrowserSession | None:
        now = timezone.now()
        row = BrowserSession.objects.filter(pk=self.row_key).first()
        because = why_over(row, now) if row else ""
        if row and because:
            end_over(row, because)
        if row is None or because or row.expire_date <= now:
            self._session_key = None
            return None
        self.row = row
        return row

    def exists(self, session_key: str) -> bool:
        return BrowserSession.objects.filter(pk=hashed(session_key)).exists()

    def create_model_instance(self, data: Any) -> BrowserSession:
        """With whose it is, so that a session that only gets a new key stays theirs."""
        owned = {name: getattr(self.row, name) for name in OWNED} if self.row else {}
        key = hashed(self._get_or_create_session_key())  # type: ignore[attr-defined]
        expires = self.get_expiry_date()
        return BrowserSession(
            session_key=key, session_data=self.encode(data), expire_date=expires, **owned
        )

    def save(self, must_create: bool = False) -> None:
        """Writes the data alone: another request may be counting in the other columns."""
        if self.session_key is None:
            return self.create()
        row = self.create_model_instance(self._get_session(no_load=must_create))  # type: ignore[attr-defined]
        if not must_create:
            changes = {"session_data": row.session_data, "expire_date": row.expire_date}
            if not BrowserSession.objects.filter(pk=row.pk).update(**changes):
                raise UpdateError
            return None
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            raise CreateError from None
        self.row = row
        return None

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            BrowserSession.objects.filter(pk=hashed(key)).delete()

    def flush(self) -> None:
        super().flush()
        self.row = None

    # Nothing here is asynchronous; Django's own would look for the key itself.

    async def _aget_session_from_db(self) -> BrowserSession | None:
        return await sync_to_async(self._get_session_from_db)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def asave(self, must_create: bool = False) -> None:
        await sync_to_async(self.save)(must_create)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)


def own_row_key(request: HttpRequest) -> str:
    """What stands in the table for the session of this request; empty without one."""
    session = request.session
    return session.row_key if isinstance(session, SessionStore) else ""
