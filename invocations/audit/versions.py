"""Writes a row of the trail for each version of the set-up: what it was, and what it became.

The columns are those of the change history (django-simple-history), which has no key. Of what an
admin gave as an example or a default, which may be a customer's, only that it was changed is
written; what may be a phone number in a text is masked.
"""

from __future__ import annotations

from typing import Any

from django.db import models

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.kaleyra.redaction import mask_numbers
from invocations.models import Account, KillSwitch, TrailRow, WorkflowInstance

WHOLE = {
    *("sid", "workflow_instance_id", "api_domain", "code", "last_four", "key", "home_country"),
}
"""Texts that are no numbers, though they may look like some: ids of Kaleyra's."""
HIDDEN = ("sample", "default", "choices")


def record_change(*, history_instance: Any, instance: models.Model, **kwargs: Any) -> None:
    """Receiver of `post_create_historical_record`."""
    record_version(history_instance, instance)


def record_version(version: Any, instance: models.Model) -> TrailRow | None:
    """A row about `instance`, of which `version` is the newest.

    None if nothing has changed, as where a form is saved as it was.
    """
    before = _before(version)
    facts = _facts(version, before)
    is_changed = facts["op"] != "~" or facts["was"] or facts["hidden"] or "groups" in facts
    if not (is_changed or facts["reason"]):
        return None
    verb = _verb(instance, facts)
    return record(verb, by=version.history_user, about=instance, facts=facts)


def _before(version: Any) -> Any:
    """The version before; None for the first one and for the deletion."""
    if version.history_type != "~":
        return None
    earlier = type(version).objects.filter(id=version.id, history_id__lt=version.history_id)
    return earlier.order_by("-history_id").first()


def _verb(instance: models.Model, facts: dict[str, Any]) -> str:
    if isinstance(instance, KillSwitch):
        return verbs.STOPPED_ALL if instance.is_on else verbs.RESUMED_ALL
    if isinstance(instance, Account | WorkflowInstance) and "is_paused" in facts["was"]:
        return verbs.PAUSED if instance.is_paused else verbs.RESUMED
    return verbs.SETTING_CHANGED


def _facts(version: Any, before: Any) -> dict[str, Any]:
    """`now`: all columns. `was`: those that differ, as they were. `hidden`: those that differ and
    are not written. `groups`: who may send the workflow, before and after, if that differs.
    """
    differing = [
        field
        for field in version.tracked_fields
        if before is not None and getattr(version, field.attname) != getattr(before, field.attname)
    ]
    facts: dict[str, Any] = {
        "op": version.history_type,
        "reason": mask_numbers(version.history_change_reason or ""),
        "now": {f.attname: _plain(f, version) for f in version.tracked_fields if _is_told(f)},
        "was": {field.attname: _plain(field, before) for field in differing if _is_told(field)},
        "hidden": [field.attname for field in differing if not _is_told(field)],
    }
    groups = [_groups(each) for each in (before, version)] if before is not None else []
    if groups and groups[0] != groups[1]:
        facts["groups"] = groups
    return facts


def _is_told(field: Any) -> bool:
    return field.name not in HIDDEN


def _plain(field: Any, version: Any) -> Any:
    """A value that JSON can hold."""
    value = getattr(version, field.attname)
    if value is None or isinstance(value, bool | int):
        return value
    is_typed = isinstance(field, models.CharField | models.TextField) and field.name not in WHOLE
    return mask_numbers(str(value)) if is_typed else str(value)


def _groups(version: Any) -> list[str]:
    """The names of the groups of a version of a workflow; empty for any other."""
    if not hasattr(version, "groups"):
        return []
    return sorted(version.groups.values_list("group__name", flat=True))
