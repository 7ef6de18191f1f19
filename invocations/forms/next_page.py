"""The page to go to after a form was saved, as the link to the form named it."""

from __future__ import annotations

from django.utils.http import url_has_allowed_host_and_scheme

NEXT = "next"
"""Name of the query parameter, or of the hidden field."""


def own_page(url: str) -> str:
    """`url` if it is a path of this console; otherwise empty: nobody is led to another site."""
    is_ours = url.startswith("/") and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
    return url if is_ours else ""
