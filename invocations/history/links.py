"""Where the history lists messages: the address that whatever counts some leads to."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse


def history_url(**filters: str | int) -> str:
    """The history, narrowed by these of its filters (`forms.history.HistoryFilter`). An empty one asks nothing."""
    return f"{reverse('history')}?{urlencode({name: str(value) for name, value in filters.items() if value})}"
