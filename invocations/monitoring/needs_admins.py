"""Changes of admins that wait until a second admin confirms them."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from invocations.access.admin_changes import may_confirm, open_changes
from invocations.history.wording import person_name
from invocations.models import permissions
from invocations.models.viewer import Viewer
from invocations.monitoring.need import Need, Rank


def confirmation_needs(viewer: Viewer) -> Iterator[Need]:
    """Those that this person may confirm."""
    if viewer.user is None or not viewer.may(permissions.CHANGE_PEOPLE):
        return
    for change in open_changes():
        if not may_confirm(change, viewer.user):
            continue
        about = person_name(change.person) if change.person else str(change.group)
        title = _("A change of an admin waits to be confirmed: %(name)s") % {"name": about}
        yield Need(
            cause=f"confirmation:{change.pk}",
            rank=Rank.ASKED,
            tone="neutral",
            icon="how_to_reg",
            title=title,
            says=_("%(person)s asked for it. It takes effect once you confirm it.")
            % {"person": person_name(change.asked_by)},
            permission=permissions.CHANGE_PEOPLE,
            button=_("Look at it"),
            address=reverse("confirmations"),
            since=change.asked_at,
        )
