"""What is known of a delivery: label, tone, plain words and next steps for each case."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from invocations.history import steps
from invocations.history.meanings import Meaning
from invocations.models import Invocation

Delivery = Invocation.Delivery

NOT_SENT = Meaning(
    "not-sent",
    pgettext_lazy("delivery", "Not sent"),
    tone="neutral",
    icon="remove",
    says=_("Nothing went to the customer."),
)
NOT_YET_SENT = Meaning(
    "not-yet-sent",
    pgettext_lazy("delivery", "Not sent yet"),
    tone="neutral",
    icon="event",
    says=_("It is scheduled. Nothing has gone to the customer."),
)
NOT_KNOWN = Meaning(
    "not-known",
    pgettext_lazy("delivery", "Not known"),
    tone="neutral",
    icon="question_mark",
    says=_("Nothing says whether the customer’s phone got it."),
)
NOT_REPORTED = Meaning(
    "not-reported",
    pgettext_lazy("delivery", "Not known"),
    tone="neutral",
    icon="question_mark",
    says=_(
        "This workflow reports no results to this console."
        " Whether the customer’s phone got it is not known here."
    ),
    next=(steps.GIVE_KALEYRA_ID, steps.REPORT_LATER_RESULTS),
)
NOT_YET_REPORTED = replace(
    NOT_REPORTED,
    says=_(
        "When Kaleyra took it, this workflow did not report its results yet."
        " Whether the customer’s phone got it is not known here."
    ),
    next=(steps.GIVE_KALEYRA_ID,),
)
AWAITING = Meaning(
    "awaiting",
    Delivery.AWAITING.label,
    tone="neutral",
    icon="hourglass_top",
    says=_(
        "Kaleyra reports the result when its flow has ended."
        " Until then nobody knows whether it was delivered."
    ),
    next=(steps.WAIT_FOR_RESULT, steps.DO_NOT_SEND_MEANWHILE),
)
DELIVERED = Meaning(
    "delivered",
    pgettext_lazy("delivery", "Delivered"),
    tone="delivered",
    icon="done_all",
    says=_("Kaleyra reports that the first channel’s message was delivered."),
    next=(steps.NOTHING_LEFT_AFTER_REPORT,),
)
FELL_BACK = Meaning(
    "fell-back",
    pgettext_lazy("delivery", "Delivered on the second channel"),
    tone="delivered",
    icon="done_all",
    says=_(
        "The first channel gave no delivery report in time, or failed."
        " Kaleyra reports that the second channel’s message was delivered: it was rescued."
    ),
    next=(steps.NOTHING_LEFT_AFTER_REPORT,),
)
NO_CONFIRMATION = Meaning(
    "no-confirmation",
    pgettext_lazy("delivery", "Delivery not confirmed"),
    tone="unknown",
    icon="hourglass_disabled",
    says=_(
        "A result came, but it does not say whether the message was delivered. It may still"
        " arrive, or have arrived already."
    ),
    next=(steps.ASK_CUSTOMER, steps.ONLY_THEN_SEND_AGAIN),
)
NOT_DELIVERED = Meaning(
    "not-delivered",
    pgettext_lazy("delivery", "Not delivered"),
    tone="rejected",
    icon="error",
    says=_("Kaleyra reports that every channel failed."),
    next=(steps.READ_CODES, steps.CORRECT_IF_NEEDED),
)
NO_RESULT = Meaning(
    "no-result",
    Delivery.NO_RESULT.label,
    tone="unknown",
    icon="hourglass_disabled",
    says=_(
        "Kaleyra took it, but its result did not come in time."
        " Whether the customer’s phone got it is not known."
    ),
    next=(steps.ASK_BEFORE_SENDING, steps.REPORT_MISSING_RESULTS),
)
SAID_DELIVERED = Meaning(
    "said-delivered",
    pgettext_lazy("delivery", "Recorded as delivered"),
    tone="accepted",
    icon="gavel",
    says=_("A person recorded it as delivered."),
)
SAID_NOT_DELIVERED = Meaning(
    "said-not-delivered",
    pgettext_lazy("delivery", "Recorded as not delivered"),
    tone="rejected",
    icon="gavel",
    says=_("A person recorded it as not delivered."),
)
MAY_BE_DOUBLE = Meaning(
    "may-be-double",
    _("May have arrived twice"),
    tone="unknown",
    icon="filter_2",
    says=_(
        "Both channels may have reached the customer: neither was reported as failed. Both may"
        " be billed."
    ),
)
DELIVERIES = {
    meaning.name: meaning
    for meaning in (
        *(AWAITING, DELIVERED, FELL_BACK, NO_CONFIRMATION, NOT_DELIVERED, NO_RESULT),
        *(NOT_REPORTED, NOT_KNOWN, NOT_SENT, NOT_YET_SENT, SAID_DELIVERED, SAID_NOT_DELIVERED),
    )
}
REPORTED = {meaning.name for meaning in (DELIVERED, FELL_BACK, NO_CONFIRMATION, NOT_DELIVERED)}
"""The names of the deliveries that follow from a result of Kaleyra's."""
