"""The workflows that a person may choose from, as cards: favourites, then recent ones, then all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.utils import timezone
from django.utils.translation import gettext as _

from invocations.history.wording import clock_time
from invocations.models import Account, Favourite, WorkflowInstance
from invocations.models.viewer import Viewer
from invocations.monitoring.account_state import AccountState, blocked_state_of
from invocations.monitoring.durations import short_duration

NEWEST_READ = 200
"""A person's newest messages, which say what they used last."""
MAX_RECENT = 6
MANY = 8
"""With more workflows than this, the chooser has a search and groups."""
Stage = WorkflowInstance.Stage


@dataclass(frozen=True)
class Card:
    """`used_at`: when the person last sent it, among their newest messages; None if not."""

    workflow: WorkflowInstance
    is_favourite: bool
    used_at: datetime | None

    @property
    def is_live(self) -> bool:
        return self.workflow.stage == Stage.LIVE

    @property
    def account_state(self) -> AccountState | None:
        """Why nothing leaves over its account; None if messages leave."""
        return blocked_state_of(self.workflow.account)

    @property
    def used(self) -> str:
        """For example "used 12 min ago", or "used 20 Nov"."""
        if self.used_at is None:
            return ""
        age = timezone.now() - self.used_at
        if age < timedelta(days=2):
            return _("used %(time)s ago") % {"time": short_duration(age)}
        return _("used %(day)s") % {"day": clock_time(self.used_at, "j M")}

    @property
    def order(self) -> tuple[bool, float, str, str]:
        """Favourites, then what was used last, then by account and title."""
        used = -self.used_at.timestamp() if self.used_at else 0.0
        names = (self.workflow.account.title.casefold(), self.workflow.title.casefold())
        return not self.is_favourite, used, *names


class Group(NamedTuple):
    """Cards under one heading. `account`: whose workflows these are; None for a mixed group."""

    title: str
    cards: list[Card]
    account: Account | None = None


def cards_for(viewer: Viewer) -> list[Card]:
    """The workflows that the viewer may send, in the order in which they are offered.

    A draft, or one that is only tested, is offered to those who set workflows up.
    """
    workflows = (
        viewer.sendable_workflows()
        .filter(channels__position=1)
        .select_related("account__pod")
        .prefetch_related("channels", "account__api_keys")
    )
    if not viewer.may_change_workflows:
        workflows = workflows.filter(stage=Stage.LIVE)
    favourites, used = _favourite_ids(viewer), _last_used(viewer)
    cards = [Card(each, each.pk in favourites, used.get(each.pk)) for each in workflows]
    return sorted(cards, key=lambda card: card.order)


def found_by(cards: Iterable[Card], typed: str) -> list[Card]:
    """Those whose title, description, account or workflow ID has every word of `typed`."""
    words = typed.casefold().split()

    def text_of(card: Card) -> str:
        each = card.workflow
        texts = (each.title, each.description, each.account.title, each.workflow_instance_id)
        return " ".join(texts).casefold()

    return [card for card in cards if all(word in text_of(card) for word in words)]


def grouped(cards: Sequence[Card]) -> list[Group]:
    """Each card once: favourites, recent ones, and the others by account."""
    favourites = [card for card in cards if card.is_favourite]
    others = [card for card in cards if not card.is_favourite]
    recent = [card for card in others if card.used_at][:MAX_RECENT]
    rest = [card for card in others if card not in recent]
    rest.sort(key=lambda card: (card.workflow.account.title.casefold(), card.workflow.account_id))
    groups = [Group(_("Favourites"), favourites), Group(_("Used lately"), recent)]
    for _pk, same in groupby(rest, key=lambda card: card.workflow.account_id):
        found = sorted(same, key=lambda card: card.workflow.title.casefold())
        account = found[0].workflow.account
        groups.append(Group(account.title, found, account))
    return [group for group in groups if group.cards]


def _favourite_ids(viewer: Viewer) -> frozenset[int]:
    mine = Favourite.objects.filter(person=viewer.user)
    return frozenset(mine.values_list("workflow_id", flat=True))


def _last_used(viewer: Viewer) -> dict[int, datetime]:
    """By workflow, when the person's newest messages were recorded."""
    own = viewer.invocations().filter(created_by=viewer.user).order_by("-id")
    used: dict[int, datetime] = {}
    for workflow_id, at in own.values_list("workflow_instance_id", "created_at")[:NEWEST_READ]:
        used.setdefault(workflow_id, at)
    return used
