"""What a workflow still lacks before staff should send it to customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from invocations.composing import template_fields
from invocations.composing.check import blocker
from invocations.composing.template_fields import TemplateField
from invocations.kaleyra import patterns
from invocations.kaleyra.patterns import PatternError
from invocations.models import Channel, WorkflowInstance
from invocations.models.permissions import SEND

Stage = WorkflowInstance.Stage


@dataclass(frozen=True)
class Missing:
    """`place` says where it is put right: `key`, `account`, `workflow`, `test`, `results`, `people`
    or `pause`.
    """

    code: str
    text: str
    place: str


def missing_for_live(workflow: WorkflowInstance) -> list[Missing]:
    """Everything that is missing, in the order in which it is put right; empty if nothing is."""
    return [
        *_of_the_account(workflow),
        *_of_the_texts(workflow),
        *_of_the_test(workflow),
        *_of_the_people(workflow),
    ]


def was_tested_as_it_is(workflow: WorkflowInstance) -> bool:
    """Whether the last test that was delivered had the texts and values of today."""
    if workflow.tested_version is None:
        return False
    version = workflow.versions.filter(number=workflow.tested_version).first()
    return version is not None and template_fields.is_current(version, workflow)


def is_named(field: TemplateField) -> bool:
    """Whether an admin has said by which name staff are asked for it."""
    return bool(field.words.label)


def senders_of(workflow: WorkflowInstance) -> QuerySet[User]:
    """Who may send it once it is live."""
    backend = "django.contrib.auth.backends.ModelBackend"
    senders = User.objects.with_perm(SEND, backend=backend).filter(is_staff=True)
    groups = [group.pk for group in workflow.groups.all()]
    if groups:
        senders = senders.filter(Q(groups__in=groups) | Q(is_superuser=True)).distinct()
    return senders


def _of_the_account(workflow: WorkflowInstance) -> Iterator[Missing]:
    account = workflow.account
    key = account.primary_key
    if key is None:
        yield Missing("no_key", _("The account has no API key."), "key")
    elif key.last_accepted_at is None:
        yield Missing("key_not_checked", _("Kaleyra has not accepted the API key yet."), "key")
    elif key.last_refused_at and key.last_refused_at > key.last_accepted_at:
        yield Missing("key_refused", _("Kaleyra refused the API key last time."), "key")
    if account.is_paused:
        yield Missing("account_paused", _("The account is paused."), "account")
    if workflow.is_paused:
        yield Missing("paused", _("The workflow is paused: Kaleyra did not know its ID."), "pause")
    if not workflow.is_active:
        yield Missing("off", _("It is off the send page."), "workflow")


def _of_the_texts(workflow: WorkflowInstance) -> Iterator[Missing]:
    channels = list(workflow.channels.order_by("position"))
    if not channels:
        yield Missing("no_channels", blocker("channels").text, "workflow")
    for channel in channels:
        kind = channel.get_kind_display()
        if not channel.template_text:
            words = _("%(kind)s has no text: staff would see no fields and no preview.")
            yield Missing("no_text", words % {"kind": kind}, "workflow")
        yield from _of_values(channel, kind)


def _of_values(channel: Channel, kind: str) -> Iterator[Missing]:
    for field in template_fields.fields_of(channel):
        facts = {"kind": kind, "key": field.key}
        if not is_named(field):
            words = _("A value of %(kind)s has no name: staff would be asked for “%(key)s”.")
            yield Missing("no_name", words % facts, "workflow")
        try:
            patterns.compiled(field.words.pattern)
        except PatternError:
            words = _("The rule of “%(key)s” in %(kind)s cannot be read: nothing could be sent.")
            yield Missing("rule_unreadable", words % facts, "workflow")


def _of_the_test(workflow: WorkflowInstance) -> Iterator[Missing]:
    if workflow.tested_version is None:
        text = _("Not tried yet: no message to your team was reported delivered.")
        yield Missing("not_tested", text, "test")
    elif not was_tested_as_it_is(workflow):
        text = _("Its texts or values have changed since the last test that was delivered.")
        yield Missing("test_outdated", text, "test")
    if not workflow.expects_callback:
        yield Missing("no_results", _("No result of it has come back from Kaleyra."), "results")


def _of_the_people(workflow: WorkflowInstance) -> Iterator[Missing]:
    if not senders_of(workflow).exists():
        text = _("Nobody may send it: no active person is in the groups chosen.")
        yield Missing("nobody", text, "people")
