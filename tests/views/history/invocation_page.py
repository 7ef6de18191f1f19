"""The page of one invocation, as tests read it, and a message of unknown outcome."""

import re
from html import unescape

from django.utils import timezone

from invocations.models import Invocation
from tests.views.pages import opened


def page_of(client, row):
    return opened(client, f"/history/{row.request_id}/")


def revealed(client, row):
    """The page as text, after the press that shows whole numbers."""
    return unescape(client.post(f"/history/{row.request_id}/number/").content.decode())


def text_of(page):
    return unescape(page.html)


def words_on(client, row):
    """The page as text on one line."""
    return " ".join(re.sub("<[^>]+>", " ", text_of(page_of(client, row))).split())


def timeline_of(client, row):
    """The timeline as text on one line."""
    page = page_of(client, row)
    html = page.html[page.html.index('class="timeline"') : page.html.index('id="h-at"')]
    return " ".join(unescape(re.sub("<[^>]+>", " ", html)).split())


def next_steps_of(client, row):
    """The section "What to do next", as text."""
    html = page_of(client, row).html
    return unescape(
        re.sub("<[^>]+>", " ", html[html.index('id="h-next"') : html.index('id="h-tl"')])
    )


def try_again_button(client, row):
    """Presses the page's button when called, and returns the HTML that follows."""
    form = next(form for form in page_of(client, row).forms if form.action.endswith("/try-again/"))
    return lambda: client.post(form.action, form.fields, follow=True).content.decode()


def make_unknown(row, **columns):
    """Sets the columns of an attempt without an answer; with `due_at` it is asked about again."""
    Invocation.objects.filter(pk=row.pk).update(
        **{
            "status": "unknown",
            "reason": "timeout",
            "due_at": None,
            "doubtful_since": timezone.now(),
            "doubt_count": 1,
        }
        | columns
    )
