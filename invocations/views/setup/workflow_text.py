"""What the page of a workflow says about its stage, and about a change of a live one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from invocations.composing.missing_for_live import senders_of, was_tested_as_it_is
from invocations.forms.value_rows import ValueRow
from invocations.history.wording import clock_time, person_name
from invocations.models import Channel, Parameter, WorkflowInstance

Stage = WorkflowInstance.Stage
_DEFAULT = Parameter()
STAGES = (Stage.DRAFT, Stage.TESTED, Stage.LIVE)


@dataclass(frozen=True)
class Step:
    """One stage of the strip. `state`: `done`, `now` or `todo`."""

    stage: Stage
    state: str
    text: str

    @property
    def number(self) -> int:
        return STAGES.index(self.stage) + 1


def steps_of(workflow: WorkflowInstance) -> list[Step]:
    """The three stages, as far as `workflow` has come."""
    is_tested = workflow.pk is not None and was_tested_as_it_is(workflow)
    draft, tested, live = Stage.DRAFT, Stage.TESTED, Stage.LIVE
    if workflow.stage == draft:
        return [
            Step(draft, "now", _("You are writing it. Only admins see it.")),
            Step(tested, "todo", _how_to_test(workflow)),
            Step(live, "todo", _("Then staff can send it.")),
        ]
    written = Step(draft, "done", _("Texts and values are written."))
    if workflow.stage == tested:
        return [
            written,
            Step(tested, "now", _test_text(workflow)),
            Step(live, "todo", _("Then staff can send it.")),
        ]
    how = _test_text(workflow) if is_tested else _("Not tested with today’s texts and values.")
    now = _("Staff can send it.") if workflow.is_active else _("Off the send page for now.")
    return [written, Step(tested, "done" if is_tested else "todo", how), Step(live, "now", now)]


def _how_to_test(workflow: WorkflowInstance) -> str:
    if _is_practice(workflow):
        return _("Send a practice message.")
    return _("Send it to your own phone.")


def _is_practice(workflow: WorkflowInstance) -> bool:
    return workflow.account_id is not None and workflow.account.pod.is_practice


def _test_text(workflow: WorkflowInstance) -> str:
    by = workflow.tested_by
    facts = {
        "when": clock_time(workflow.tested_at, "j M, H:i") if workflow.tested_at else "",
        "who": person_name(by) if by else _("a command"),
        "number": workflow.tested_version,
    }
    if _is_practice(workflow):
        return _("Delivered on practice, %(when)s. Version %(number)s, sent by %(who)s.") % facts
    return _("Delivered to your team, %(when)s. Version %(number)s, sent by %(who)s.") % facts


def bar_text(workflow: WorkflowInstance, rows: list[ValueRow]) -> str:
    """What comes next, in the bar beside the buttons."""
    if workflow.stage == Stage.LIVE:
        return _live_text(workflow)
    if workflow.stage == Stage.TESTED:
        return _("Tested with these texts and values. Changing one makes it a draft again.")
    nameless = [row for row in rows if not row.label]
    then = (
        _("Send a practice message. Once its result is back, it is tested.")
        if _is_practice(workflow)
        else _("Send it to your own phone. Once the result is back, it is tested.")
    )
    if not nameless:
        return then
    where = nameless[0].places[0].where
    return _("Name the value of %(where)s first.") % {"where": where} + f" {then}"


def _live_text(workflow: WorkflowInstance) -> str:
    if not workflow.is_active:
        return _("Off the send page: nobody can send it. Its history stays.")
    count = senders_of(workflow).count()
    people = ngettext("%(n)d person may send it.", "%(n)d people may send it.", count)
    words = people % {"n": count}
    if workflow.stage_since is None:
        return words
    since = clock_time(workflow.stage_since, "j F")
    return _("Live since %(since)s. %(people)s") % {"since": since, "people": words}


@dataclass(frozen=True)
class ChangedText:
    where: str
    old: str
    new: str


def changed_texts(then: dict[str, Any], now: dict[str, Any]) -> list[ChangedText]:
    """The differences of two contracts (`template_fields.snapshot`), old and new."""
    found = list(_changed(_("Workflow ID"), then, now, ["workflow_instance_id"], None))
    found += _changed(_("Account"), then, now, ["account"], None)
    before, after = _by_kind(then), _by_kind(now)
    if list(before) != list(after):
        found.append(ChangedText(_("Order"), _order(before), _order(after)))
    for kind in after:
        if kind in before:
            found += _changed_channel(Channel.Kind(kind).label, before[kind], after[kind])
    return found


def _changed_channel(name: str, then: dict[str, Any], now: dict[str, Any]) -> Iterator[ChangedText]:
    names = [each for each in now if each not in {"position", "kind", "parameters"}]
    yield from _changed(name, then, now, names, Channel)
    old = {each["key"]: each for each in then["parameters"]}
    for parameter in now["parameters"]:
        before = old.get(parameter["key"]) or {
            each: getattr(_DEFAULT, each) for each in parameter if each != "key"
        }
        where = f"{name}, “{parameter['label'] or parameter['key']}”"
        names = [each for each in parameter if each != "key"]
        yield from _changed(where, before, parameter, names, Parameter)


def _changed(
    where: str, then: dict[str, Any], now: dict[str, Any], names: list[str], model: Any
) -> Iterator[ChangedText]:
    for name in names:
        if then.get(name) != now.get(name):
            field = f", {model._meta.get_field(name).verbose_name}" if model else ""
            yield ChangedText(f"{where}{field}", _shown(then.get(name)), _shown(now.get(name)))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value not in (None, "") else _("nothing")


def _by_kind(contract: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["kind"]: each for each in contract["channels"]}


def _order(channels: dict[str, Any]) -> str:
    return " → ".join(Channel.Kind(kind).label for kind in channels) or _("nothing")
