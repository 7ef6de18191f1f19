"""The history as tests read it: which messages it lists, and in which order."""

import re

from tests.views.pages import Page


def ids_on(page):
    """The request IDs of the rows, in their order."""
    return [
        match[1]
        for link in page.links
        if (match := re.fullmatch(r"/history/([0-9a-f-]{36})/", link))
    ]


def listed_ids(client, query="", **search):
    """The request IDs that the history lists for this query string, or finds for `q`."""
    response = (
        client.post(f"/history/{query}", search) if search else client.get(f"/history/{query}")
    )
    assert response.status_code == 200
    return ids_on(Page(response))
