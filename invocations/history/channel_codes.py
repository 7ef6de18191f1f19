"""What Kaleyra's status codes of a channel mean."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import Meaning, Text
from invocations.kaleyra.callbacks import CodeMeaning

RESULT_MEANINGS: dict[CodeMeaning, Meaning] = {
    CodeMeaning.DELIVERED: Meaning(
        "channel-delivered",
        _("%(kind)s delivered"),
        tone="delivered",
        icon="done_all",
        says=_("Reported for the customer’s phone."),
    ),
    CodeMeaning.FAILED: Meaning(
        "channel-failed",
        _("%(kind)s failed"),
        tone="rejected",
        icon="error",
        says=_("Reported as not delivered."),
    ),
    CodeMeaning.NO_REPORT: Meaning(
        "channel-no-report",
        _("%(kind)s: no delivery report in time"),
        tone="unknown",
        icon="hourglass_disabled",
        says=_("It may still arrive. This does not mean that it failed."),
    ),
    CodeMeaning.SENT: Meaning(
        "channel-sent",
        _("%(kind)s: sent, no delivery reported"),
        tone="unknown",
        icon="hourglass_disabled",
        says=_("It was handed on. Nothing says whether the phone got it; it may still arrive."),
    ),
    CodeMeaning.OTHER: Meaning(
        "channel-other",
        _("%(kind)s: reported with an unknown word"),
        tone="unknown",
        icon="question_mark",
        says=_("The console draws no conclusion from it."),
    ),
}
"""Shown beside Kaleyra's own code. `label` takes the name of the channel as `kind`."""
CODE_TEXTS: dict[str, Text] = {
    "READ": _("The customer opened it."),
    "NOT-SENT": _("Kaleyra did not pass it on."),
    "NOT-ALLOWED": _("This country is not open for the account."),
    "NO-CREDITS": _("The account’s balance is too low."),
    "KLR-INV-NUMBER": _("The number is not valid."),
    "INV-MOB-PATTRN": _("The number does not look like a mobile number."),
    "INV-NUMBER": _("The operator does not know this number."),
    "INVALID-SUB": _("The operator has no such subscriber."),
    "ABSENT-SUB": _("The phone could not be reached."),
    "MOB-OFF": _("The phone was off."),
    "HANDSET-ERR": _("The phone did not take it."),
    "HANDSET-BUSY": _("The phone was busy."),
    "BARRED": _("The operator blocks messages to this number."),
    "NET-ERR": _("The operator’s network failed."),
    "EXPIRED": _("The operator gave up: the time allowed was over."),
    "REJECTED": _("The operator rejected it."),
    "BLACKLIST": _("The number is on a block list."),
    "CON-DND": _("The customer’s number is on the do-not-disturb list."),
    "DND-NUMB": _("The customer’s number is on the do-not-disturb list."),
    "OPT-OUT": _("The customer has opted out."),
    "NOT-OPTIN": _("The customer has not opted in."),
    "SPAM": _("It was taken for spam."),
    "TEMPLATE-NOT-FOUND": _("The SMS template is not known to the operators."),
    "INV-TEMPLATE-MATCH": _("The text differs from the approved SMS template: check the values."),
    "SENDER-ID-NOT-FOUND": _("The sender ID is not registered."),
    "REJECTED-MULTIPART": _("The SMS is too long to be taken."),
}
"""A sentence for each code that Kaleyra documents for SMS and WhatsApp.

Source: its pages "sms-status-and-status-trace-codes" and "whatsapp-status".
"""
