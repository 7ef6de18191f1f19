"""All forms of a workflow's page, which are read together and saved together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from invocations.composing import adjacent_values, stage_moves, template_fields
from invocations.composing.preview import Bubble, bubbles
from invocations.composing.template_warnings import template_warnings
from invocations.forms.page_merge import PageField, as_json, fields_of
from invocations.forms.template_fields import TextsForm
from invocations.forms.value_rows import rows_of
from invocations.forms.workflow import SMS, WHATSAPP, WorkflowForm
from invocations.models import Channel, WorkflowInstance, WorkflowVersion

Stage = WorkflowInstance.Stage
TEXTS = ("template_text", "header_text", "button_url")


class NotConfirmed(Exception):
    """Nothing was saved: the workflow is live, and this changes what staff send from now on.

    `then` and `now` are its contracts (`template_fields.snapshot`), with the account if it becomes
    a draft because that is of the other kind (`becomes_draft`).
    """

    def __init__(
        self, then: dict[str, Any], now: dict[str, Any], *, becomes_draft: bool = False
    ) -> None:
        super().__init__()
        self.then, self.now, self.becomes_draft = then, now, becomes_draft


class ChangedMeanwhile(Exception):
    """Nothing was saved: somebody else has saved the page since it was merged with theirs."""


@dataclass(frozen=True)
class Saved:
    version: WorkflowVersion
    is_changed: bool
    """Whether texts, values, account or workflow ID differ from before."""
    was_tested: bool
    has_other_kind: bool = False
    """Whether its account is practice where it was live, or live where it was practice."""


class WorkflowSetup:
    """`data`: what was posted. `split`: the row of values that is taken apart."""

    def __init__(
        self, workflow: WorkflowInstance, data: QueryDict | None = None, *, split: str = ""
    ) -> None:
        self.workflow, self.data = workflow, data
        self.main = WorkflowForm(data, instance=workflow)
        stored = {each.kind: each for each in workflow.channels.all()} if workflow.pk else {}
        self.texts = {
            kind: self._texts_form(kind, stored.get(kind) or Channel(kind=kind))
            for kind in (WHATSAPP, SMS)
        }
        # `is_valid` writes the texts in the form to its channel. If they are valid, the keys follow
        # from them, otherwise from the stored texts.
        valid = {kind for kind, form in self.texts.items() if not form.is_bound or form.is_valid()}
        self.channels = [
            self.texts[kind].instance if kind in valid else _as_stored(stored.get(kind), kind)
            for kind in self.main.kinds
        ]
        for position, channel in enumerate(self.channels, start=1):
            channel.position = position
        self.rows = rows_of(self.channels, data, split=split)

    def _texts_form(self, kind: str, channel: Channel) -> TextsForm:
        # A channel that was added after the form was opened stays as it is.
        is_posted = self.data is not None and f"{kind}-template_text" in self.data
        return TextsForm(self.data if is_posted else None, instance=channel, prefix=kind)

    @property
    def blocks(self) -> list[tuple[TextsForm, int, list[str]]]:
        """The form of each kind with its position (0: not in the route) and warnings, first one
        first.
        """
        kinds = self.main.kinds
        order = [*kinds, *(kind for kind in self.texts if kind not in kinds)]
        return [
            (
                self.texts[kind],
                kinds.index(kind) + 1 if kind in kinds else 0,
                template_warnings(self.texts[kind].instance),
            )
            for kind in order
        ]

    @property
    def bubbles(self) -> list[Bubble]:
        """The messages with the examples in them."""
        return bubbles(self.channels, [self.examples_of(channel) for channel in self.channels])

    @property
    def fields(self) -> dict[str, PageField]:
        """Everything that the page posts, by name."""
        found = dict(fields_of(self.main))
        for form in self.texts.values():
            found |= fields_of(form, form.instance.get_kind_display())
        for row in self.rows:
            found |= fields_of(row.form, row.label or row.places[0].where)
            for place in row.places:
                label = _("%(where)s, asked for as") % {"where": place.where}
                found[f"{place.name}-row"] = PageField(label, [row.name], row.label or row.name)
        return found

    def examples_of(self, channel: Channel) -> dict[str, str]:
        examples = {
            place.asked.key: row.example or row.label or place.asked.key
            for row in self.rows
            for place in row.places
            if place.channel is channel
        }
        fields = [
            place.asked for row in self.rows for place in row.places if place.channel is channel
        ]
        return adjacent_values.split(fields, examples)

    def is_valid(self) -> bool:
        # Every form is validated before `all`, so that all errors are shown at once.
        bound = [self.main, *(form for form in self.texts.values() if form.is_bound)]
        bound += [row.form for row in self.rows if row.form.is_bound]
        valid = [form.is_valid() for form in bound]
        for words in self._left_over():
            self.main.add_error("route", words)
            valid.append(False)
        return all(valid)

    def _left_over(self) -> Iterator[str]:
        """Texts are not dropped without a word because their channel is not chosen."""
        for kind, form in self.texts.items():
            if kind in self.main.kinds:
                continue
            name = form.instance.get_kind_display()
            if not form.is_bound and form.instance.pk:
                words = _("%(kind)s was added meanwhile. Open this page again.")
                yield words % {"kind": name}
            elif any(form[each].value() for each in TEXTS if each in form.fields):
                words = _("There is a text for %(kind)s. Choose both, or empty it.")
                yield words % {"kind": name}

    def save(
        self, by: User, *, reason: str = "", confirmed: str = "", merged_with: str = ""
    ) -> Saved:
        """Saves everything in one transaction.

        What a live workflow sends changes only with a `reason`, and if `confirmed` is the digest of
        exactly this change (`template_fields.digest_of`). Raises `NotConfirmed`. `merged_with`: the
        stored fields as JSON with which the data was merged; raises `ChangedMeanwhile` if they are
        others now.
        """
        with transaction.atomic():
            locked, then = self._lock()
            if locked and merged_with and merged_with != as_json(WorkflowSetup(locked).fields):
                raise ChangedMeanwhile
            self._save_workflow(locked, reason)
            self._save_channels()
            for row in self.rows:
                row.save()
            self._drop_unused_words()
            now = template_fields.snapshot(self.workflow)
            is_changed = locked is None or then != now or "account" in self.main.changed_data
            has_other_kind = locked is not None and _differ_in_kind(locked, self.workflow)
            if locked and locked.stage == Stage.LIVE and (then != now or has_other_kind):
                if has_other_kind:
                    then = then | {"account": str(locked.account)}
                    now = now | {"account": str(self.workflow.account)}
                if not reason or confirmed != template_fields.digest_of(now):
                    raise NotConfirmed(then, now, becomes_draft=has_other_kind)
                stage_moves.add_to_history(self.workflow, by, reason)
            was_tested = self._make_draft(by, is_changed, has_other_kind)
            version = template_fields.current_version(self.workflow, by)
        return Saved(version, is_changed, was_tested, has_other_kind)

    def _make_draft(self, by: User, is_changed: bool, has_other_kind: bool) -> bool:
        """A draft again if what was tested has changed. Returns whether it was none until now."""
        if has_other_kind:
            rows = WorkflowInstance.objects.filter(pk=self.workflow.pk)
            return bool(stage_moves.back_to_draft_after_change_of_kind(rows))
        return is_changed and stage_moves.test_was_invalidated(self.workflow, by)

    def _lock(self) -> tuple[WorkflowInstance | None, dict[str, Any]]:
        """The stored row, locked, and its contract."""
        if self.workflow._state.adding:
            return None, {}
        locked = WorkflowInstance.objects.select_for_update().get(pk=self.workflow.pk)
        return locked, template_fields.snapshot(locked)

    def _save_workflow(self, locked: WorkflowInstance | None, reason: str) -> None:
        """A new one is a draft. Of a stored one only what the form has is written: its stage may
        have moved meanwhile.
        """
        workflow = self.main.instance
        if locked is None:
            workflow.stage = Stage.DRAFT
            self.main.save()
            return
        names = [name for name in self.main.fields if name not in ("route", "groups")]
        if "workflow_instance_id" in self.main.changed_data:
            workflow.is_paused = False  # the old ID may be why it was paused
            names.append("is_paused")
        workflow.stage = locked.stage
        if set(self.main.changed_data) - {"route", "groups"}:
            workflow.save(update_fields=names)
        if "groups" in self.main.changed_data:
            self.main._save_m2m()  # type: ignore[attr-defined]  # not in the stubs

    def _save_channels(self) -> None:
        """Saves the channels even if they swap their positions.

        A position is unique in a workflow, so the first UPDATE of a swap would fail. The rows that
        move are therefore deleted first, and inserted again with the same ids. `_raw_delete`
        deletes these rows only: their values and their history stay.
        """
        stored = {each.pk: each.position for each in self.workflow.channels.all()}
        kept = [channel.pk for channel in self.channels if channel.pk]
        self.workflow.channels.exclude(pk__in=kept).delete()
        moving = [each for each in self.channels if each.pk and stored[each.pk] != each.position]
        rows = Channel.objects.filter(pk__in=[channel.pk for channel in moving])
        rows._raw_delete(rows.db)
        for channel in self.channels:
            channel.workflow_instance = self.workflow
            if not channel.pk or channel in moving or self.texts[channel.kind].has_changed():
                channel.save()

    def _drop_unused_words(self) -> None:
        for channel in self.channels:
            used = [field.key for field in template_fields.fields_of(channel)]
            for parameter in channel.parameters.exclude(key__in=used):
                parameter.delete()


def _differ_in_kind(then: WorkflowInstance, now: WorkflowInstance) -> bool:
    return then.account.pod.is_practice != now.account.pod.is_practice


def _as_stored(channel: Channel | None, kind: str) -> Channel:
    return Channel.objects.get(pk=channel.pk) if channel and channel.pk else Channel(kind=kind)
