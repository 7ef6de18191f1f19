"""The home before the first message: a practice message that is ready, and the steps to live."""

from __future__ import annotations

from typing import Any

from invocations.models import permissions
from invocations.monitoring.setup_steps import Progress, steps_of
from invocations.views.base import StaffRequest
from invocations.views.monitoring.going_live import going_live, live_accounts
from invocations.views.send.practice_start import practice_start


def first_run_context(request: StaffRequest) -> dict[str, Any]:
    unfinished = going_live()
    account = unfinished.account if unfinished else live_accounts().order_by("pk").first()
    return {
        "start": practice_start(request),
        "progress": unfinished.progress if unfinished else Progress(steps_of(account)),
        "is_started": account is not None,
        "may_invite": request.viewer.may(permissions.ADD_PEOPLE),
    }
