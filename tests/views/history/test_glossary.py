"""The page that explains every status and delivery, and the links to it."""

import re

from invocations.history.deliveries import DELIVERIES, MAY_BE_DOUBLE
from invocations.history.statuses import ASKED_ABOUT, SCHEDULED, SETTLED, STATUSES
from tests.reports import report
from tests.views.history.invocation_page import page_of
from tests.views.pages import opened


def test_every_badge_links_to_its_explanation(priya, accepted):
    row = accepted()
    report(row, "TIMEOUT", "TIMEOUT")
    glossary = opened(priya, "/help/statuses/").html
    anchors = re.findall(r'href="/help/statuses/#([a-z-]+)"', page_of(priya, row).html)
    assert {"accepted", "no-confirmation", "may-be-double"} <= set(anchors)
    assert all(f'id="{anchor}"' in glossary for anchor in anchors)


def test_the_glossary_explains_every_term_once(nina):
    html = opened(nina, "/help/statuses/").html
    names = [
        each.name
        for each in [
            *STATUSES.values(),
            SCHEDULED,
            ASKED_ABOUT,
            *SETTLED.values(),
            *DELIVERIES.values(),
            MAY_BE_DOUBLE,
        ]
    ]
    assert len(set(names)) == len(names)
    assert all(html.count(f'<dt id="{name}"') == 1 for name in names)
