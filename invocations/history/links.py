"""Addresses of the history page."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse


def history_url(**filters: str | int) -> str:
    """The history, narrowed by `filters` (see `forms.history.HistoryFilter`). Empty ones drop."""
    chosen = {name: str(value) for name, value in filters.items() if value}
    return f"{reverse('history')}?{urlencode(chosen)}"
