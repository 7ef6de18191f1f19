"""Stores what Kaleyra posts about a flow that has ended.

A body is stored whether or not it can be read or matched, so none is lost: it may come before our
own answer is stored, or with an id that no answer named. Storing is one statement. `pending` reads
the body within moments; it never creates an invocation, never sends, and never changes what was
sent. All bodies about one invocation are combined (`delivery.update_from_results`), so their order
makes no difference, and a body that says less takes nothing back.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.kaleyra.callback_body import is_compressed, uncompressed
from invocations.models import Account, Callback
from invocations.models.encryption import digest_of
from invocations.results.inserts import insert_or_count
from invocations.results.matching import results_to_review

if TYPE_CHECKING:
    from django.contrib.auth.models import User

logger = logging.getLogger(__name__)

CALLBACK_DIGEST = "callback"


def store_result(account: Account, body: bytes) -> int:
    """Commits the body as it came, to be read by `pending`. Returns the primary key of its row.

    The same bytes again are stored once and counted; if they are unmatched, they are read again.
    Of a gzip body the content is stored.
    """
    body = uncompressed(body)
    digest = digest_of(f"{account.pk} {hashlib.sha256(body).hexdigest()}", CALLBACK_DIGEST)
    callback = Callback(
        account=account,
        digest=digest,
        body=_as_text(body),
        # The body as text does not show it any more.
        problem="compressed" if is_compressed(body) else "",
        received_at=timezone.now(),
    )
    return insert_or_count(callback)


def _as_text(body: bytes) -> str:
    """The body as text: no byte is lost, and JSON stays readable in any encoding."""
    for encoding in ("utf-8", json.detect_encoding(body)):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return body.decode("latin-1")


def set_aside(callback: Callback, reason: str, by: User) -> bool:
    """Marks an unmatched result as needing no review. Returns whether it still needed one.

    It stays, and is matched if its invocation turns up.
    """
    sealed = Callback._meta.get_field("set_aside_reason").seal(callback, reason)
    to_review = results_to_review().filter(pk=callback.pk)
    marks = {"set_aside_at": timezone.now(), "set_aside_by": by, "set_aside_reason": sealed}
    with transaction.atomic():
        if not to_review.update(**marks):
            return False
        facts = {"account": callback.account.title}
        record(verbs.RESULT_SET_ASIDE, by=by, about=callback, facts=facts)
    logger.info(
        "result %s of account %s was set aside by user %s", callback.pk, callback.account_id, by.pk
    )
    return True
