"""Emails of the console: what is the same in all of them, and the thread that sends them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


class Outgoing(NamedTuple):
    """An email; what it is about, for the log; and what is called if it could not be sent."""

    email: EmailMessage
    about: str
    on_failure: Callable[[], None] = lambda: None


def console_email(
    subject: str,
    lines: Sequence[str],
    *,
    page: str = "",
    to: Sequence[str] = (),
    bcc: Sequence[str] = (),
) -> EmailMessage:
    """Plain text, with the console's name before the subject.

    `page`: the path of a page, which becomes a link where CONSOLE_URL is set.
    """
    text = [*lines]
    if page and settings.CONSOLE_URL:
        text += ["", settings.CONSOLE_URL.rstrip("/") + page]
    title = f"[{_('Fallback console')}] {' '.join(subject.split())}"
    return EmailMessage(title, "\n".join(text), to=to, bcc=bcc)


def send_in_thread(emails: Sequence[Outgoing]) -> threading.Thread | None:
    """Sends them in a thread of their own: a slow mail server holds up nothing else.

    Returns the thread, or None if there is nothing to send.
    """
    if not emails:
        return None
    thread = threading.Thread(target=_send, args=(emails,), name="mail")
    thread.start()
    return thread


def _send(emails: Sequence[Outgoing]) -> None:
    """Of an error only its type is logged: its text could hold an address or a password."""
    for email, about, on_failure in emails:
        try:
            get_connection().send_messages([email])
        except Exception as error:
            logger.error("an email about %s could not be sent: %s", about, type(error).__name__)
            on_failure()
