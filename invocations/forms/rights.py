"""Which permissions a form of people or groups offers, and their words."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext_lazy as _

from invocations.forms.bounded_choices import BoundedMultipleChoiceField

DEEDS = (
    "send_invocation",
    "view_invocation",
    "view_values",
    "view_full_recipient",
    "view_of_others",
    "send_batch",
    "send_again",
    "cancel_of_others",
    "settle_invocation",
    "approve_sending",
    "stop_sending",
    "change_limits",
    "erase_person",
    "view_trailrow",
)
SET_UP_MODELS = ("account", "apikey", "pod", "workflowinstance", "channel")
WORDS = {
    "view_invocation": _("Can see the history"),
    "view_full_recipient": _("Can see full phone numbers"),
    "view_trailrow": _("Can see who did what"),
    "add_pod": _("Can add region"),
    "change_pod": _("Can change region"),
    "delete_pod": _("Can delete region"),
    "view_pod": _("Can view region"),
    "add_user": _("Can add people"),
    "change_user": _("Can change people"),
    "view_user": _("Can view people"),
    "view_group": _("Can view groups"),
}
"""In place of the permission's own name, by codename."""


class RightsField(BoundedMultipleChoiceField):
    """Names a permission in a sentence: "Can stop all sending", without its app and model."""

    def label_from_instance(self, obj: Any) -> str:
        return str(WORDS.get(obj.codename, obj.name))


def offered_rights(chosen: QuerySet[Permission]) -> QuerySet[Permission]:
    """The permissions that the console asks for, first what people do, then the set-up.

    Also those of `chosen`, at the end: saving the form keeps them.
    """
    deeds = Q(content_type__app_label="invocations", codename__in=DEEDS)
    set_up = Q(content_type__app_label="invocations", content_type__model__in=SET_UP_MODELS)
    people = Q(content_type__app_label="auth", codename__in=WORDS)
    place = Case(When(deeds, then=0), When(set_up, then=1), When(people, then=2), default=3)
    offered = Permission.objects.filter(deeds | set_up | people | Q(pk__in=chosen.values("pk")))
    return offered.order_by(place, "content_type__model", "pk")
