"""What to know before sending: rules of the channels, the order of values, and what happened lately.

Warnings inform; blockers say what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from invocations.kaleyra import limits, recipients
from invocations.kaleyra.limits import LimitFinding
from invocations.kaleyra.recipients import Recipient, country
from invocations.kaleyra.template_params import ChannelKind, TemplateParams
from invocations.models import Channel, Invocation, WorkflowInstance
from invocations.models.encryption import Unreadable
from invocations.models.recipients import sent_to

LATELY = timedelta(minutes=30)
REFUSED_IN_A_ROW = 3

FINDINGS: dict[str, str | Promise] = {
    "dlt_too_long": gettext_lazy(
        "%(length)s characters. Indian SMS rules allow %(limit)s for one value: take out %(over)s."
    ),
    "dlt_angle": gettext_lazy("Indian SMS rules allow no < and no > in a value: take them out."),
    "dlt_double_blank": gettext_lazy("Two blanks in a row: Indian operators may refuse the SMS."),
    "code_too_long": gettext_lazy(
        "%(length)s characters. A verification code has %(limit)s at most."
    ),
    "code_url": gettext_lazy("A verification code may be no address."),
    "code_emoji": gettext_lazy("A verification code may hold no emoji."),
    "whatsapp_white_space": gettext_lazy(
        "WhatsApp refuses line breaks, tabs and four blanks in a row in a value."
    ),
    "out_of_order": gettext_lazy(
        "Kaleyra sorts keys as text: “%(key)s” comes before a smaller number. Press “Number from 01”."
    ),
    "capitals": gettext_lazy(
        "Kaleyra sorts capitals before small letters: “%(key)s” comes first. Press “Number from 01”."
    ),
    "special_first": gettext_lazy(
        "In an SMS “%(key)s” is an ordinary value and sorts before the digits: it shifts the others by one."
    ),
    "mixed": gettext_lazy(
        "The text mixes numbered and named places. Kaleyra documents only one kind at a time."
    ),
    "single_brace_on_whatsapp": gettext_lazy(
        "{name} works in an SMS only. Write {{name}} for WhatsApp."
    ),
    "gap": gettext_lazy("The numbers of the places have a gap: values after it may shift."),
    "starts_not_at_one": gettext_lazy("The numbers of the places do not start at 1."),
}


@dataclass(frozen=True)
class Caution:
    """One sentence before sending, with a link to more where there is more."""

    text: str
    tone: str = "unknown"
    icon: str = "warning"
    link: str = ""
    link_text: str = ""


def sentence(finding: LimitFinding) -> str:
    """What a finding says to people."""
    return str(FINDINGS[finding.code]) % {"key": finding.key, **finding.facts}


def findings(channel: Channel, params: TemplateParams, region: str) -> list[LimitFinding]:
    """What this channel's rules say of these values for a recipient in `region`."""
    kind = ChannelKind(channel.kind)
    of_values = limits.value_findings(
        params, kind, template_text=channel.template_text, otp=channel.is_otp, region=region
    )
    return [
        *of_values,
        *limits.order_findings(
            list(params), kind, template_text=channel.template_text, otp=channel.is_otp
        ),
    ]


def of_the_numbers(found: Sequence[Recipient]) -> list[Caution]:
    """Numbers that are allowed and rarely meant."""
    different = dict.fromkeys(found)
    cautions = (
        [Caution(_("The two channels go to two different numbers."))] if len(different) > 1 else []
    )
    for recipient in different:
        if not recipient.is_assigned:
            named = {
                "number": recipients.mask(recipient.formatted),
                "country": country(recipient.region),
            }
            cautions.append(
                Caution(
                    _(
                        "%(number)s is in no range that %(country)s has given out. Is the country code there, and every digit right?"
                    )
                    % named
                )
            )
    return cautions


def of_the_past(workflow: WorkflowInstance, found: Sequence[Recipient]) -> list[Caution]:
    """What was sent to the same number lately, and whether the workflow is being refused."""
    cautions = []
    for digits in dict.fromkeys(recipient.digits for recipient in found):
        to_the_same = Invocation.objects.filter(
            sent_to(digits),
            workflow_instance=workflow,
            created_at__gte=timezone.now() - LATELY,
        ).exclude(
            status__in=[
                Invocation.Status.REJECTED,
                Invocation.Status.CANCELLED,
                Invocation.Status.EXPIRED,
            ]
        )
        last = to_the_same.select_related("created_by").order_by("-id").first()
        if last is not None:
            minutes = int((timezone.now() - last.created_at).total_seconds() // 60)
            who = (
                (last.created_by.get_full_name() or last.created_by.get_username())
                if last.created_by
                else _("A script")
            )
            when = (
                ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": minutes}
                if minutes
                else _("just now")
            )
            text = _("%(who)s sent this workflow to this number %(when)s.") % {
                "who": who,
                "when": when,
            }
            cautions.append(
                Caution(
                    text,
                    link=reverse("invocation", args=[last.request_id]),
                    link_text=_("See what became of it"),
                )
            )
    latest = list(workflow.invocations.order_by("-id")[:REFUSED_IN_A_ROW])
    if len(latest) == REFUSED_IN_A_ROW and all(
        _was_refused_as_not_published(invocation) for invocation in latest
    ):
        text = _(
            "The last %(n)s messages of this workflow were refused as not published. This one will probably be, too."
        )
        cautions.append(
            Caution(
                text % {"n": REFUSED_IN_A_ROW},
                link=reverse("invocation", args=[latest[0].request_id]),
                link_text=_("See the last"),
            )
        )
    return cautions


def _was_refused_as_not_published(invocation: Invocation) -> bool:
    try:
        return invocation.status == Invocation.Status.REJECTED and any(
            "is not published" in error for error in invocation.errors
        )
    except Unreadable:
        return False
