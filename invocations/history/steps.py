"""Every step that a page may name under "What to do next"."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import NextStep

# --- not sent yet ---------------------------------------------------------------------------------

WAIT_FOR_RETRY = NextStep(
    "wait-for-retry",
    _("Wait: it is tried again by itself with the same request ID, until its time is over."),
)
TRY_NOW = NextStep("try-now", _("Or press “Try now”. It cannot go out twice."))
OR_CANCEL = NextStep("or-cancel", _("Or cancel it. Then it never leaves."))
WAIT_OR_CANCEL = NextStep("wait-or-cancel", _("Wait, or cancel it. Then it never leaves."))
WAIT_FOR_ANSWER = NextStep("wait-for-answer", _("Wait a few seconds. This page changes by itself."))
ADMIN_FIXES_SETUP = NextStep("admin-fixes-setup", _("An admin mends what stands under “Why”."))
LEAVES_WITH_ACCOUNT = NextStep(
    "leaves-with-account",
    _("When the account goes on, it leaves by itself, with the same request ID."),
)
LEAVES_AFTER_PAUSE = NextStep(
    "leaves-after-pause",
    _(
        "Once sending goes on, it leaves by itself, with the same request ID,"
        " until its time is over."
    ),
)

# --- outcome unknown ------------------------------------------------------------------------------

CHECK_SAFELY = NextStep(
    "check-safely",
    _(
        "Press “Check safely”. It asks once more with the same request ID,"
        " which Kaleyra takes once."
    ),
)
CHECK_AFTER_PAUSE = NextStep(
    "check-after-pause", _("Once sending goes on, “Check safely” can be pressed here.")
)
ASKED_BY_ITSELF = NextStep(
    "asked-by-itself",
    _(
        "Wait: the console asks again by itself with the same request ID,"
        " for a quarter of an hour at most."
    ),
)
ASKED_AFTER_PAUSE = NextStep(
    "asked-after-pause",
    _(
        "Once sending goes on, the console asks again by itself,"
        " unless its quarter of an hour is over."
    ),
)
READ_RESULT_AND_SETTLE = NextStep(
    "read-result-and-settle",
    _("Read the result below, ask the customer whether a message came, and settle it."),
)
READ_RESULT_AND_HAVE_SETTLED = NextStep(
    "read-result-and-have-settled",
    _(
        "Read the result below, ask the customer whether a message came,"
        " and have an admin settle it."
    ),
)
ASK_AND_SETTLE = NextStep(
    "ask-and-settle",
    _("No answer settles it? Ask the customer whether a message came, and settle it."),
)
ASK_AND_HAVE_SETTLED = NextStep(
    "ask-and-have-settled",
    _(
        "No answer settles it? Ask the customer whether a message came,"
        " and have an admin settle it."
    ),
)
ASK_MEANWHILE_AND_SETTLE = NextStep(
    "ask-meanwhile-and-settle",
    _("Ask the customer meanwhile whether a message came, and settle it."),
)
ASK_MEANWHILE_AND_HAVE_SETTLED = NextStep(
    "ask-meanwhile-and-have-settled",
    _("Ask the customer meanwhile whether a message came, and have an admin settle it."),
)

# --- waiting for a result -------------------------------------------------------------------------

WAIT_FOR_RESULT = NextStep(
    "wait-for-result", _("Wait for the result. This page changes by itself.")
)
DO_NOT_SEND_MEANWHILE = NextStep(
    "do-not-send-meanwhile",
    _("Do not send it again meanwhile. The customer may receive it twice."),
)
GIVE_KALEYRA_ID = NextStep(
    "give-kaleyra-id",
    _(
        "This console learns no more of it. If the customer got nothing,"
        " give Kaleyra’s ID to whoever looks it up at Kaleyra."
    ),
)
REPORT_LATER_RESULTS = NextStep(
    "report-later-results",
    _(
        "An admin can have later results reported: the flow needs a callback profile at Kaleyra"
        " that posts to this console."
    ),
)
ASK_BEFORE_SENDING = NextStep(
    "ask-before-sending",
    _("Ask the customer whether a message came, before you send it again."),
)
REPORT_MISSING_RESULTS = NextStep(
    "report-missing-results",
    _(
        "Results of other messages are missing, too? Then an admin looks into it."
        " The likely reasons stand under “What happened”."
    ),
)

# --- settled, or reported -------------------------------------------------------------------------

NOTHING_LEFT = NextStep("nothing-left", _("Nothing is left to do."))
NOTHING_LEFT_AFTER_REPORT = NextStep(
    "nothing-left-after-report", _("Nothing is left to do: Kaleyra reports the delivery.")
)
ASK_CUSTOMER = NextStep("ask-customer", _("Ask the customer whether a message came."))
ONLY_THEN_SEND_AGAIN = NextStep(
    "only-then-send-again",
    _("Only then send it again. It gets a new ID, so the customer may receive it twice."),
)
READ_CODES = NextStep(
    "read-codes",
    _("Read Kaleyra’s codes under “What happened”. Check the number with the customer."),
)
CORRECT_IF_NEEDED = NextStep(
    "correct-if-needed",
    _(
        "If the customer still needs it, send it again with what was wrong put right."
        " It gets a new request ID."
    ),
)
SEND_AGAIN_IF_NEEDED = NextStep(
    "send-again-if-needed",
    _("If the customer still needs it, send it again with these values. It gets a new request ID."),
)
READ_REFUSAL = NextStep("read-refusal", _("Read Kaleyra’s reason below and have it put right."))
THEN_SEND_AGAIN = NextStep(
    "then-send-again", _("Then send it again with these values. It gets a new request ID.")
)
DO_NOT_SEND = NextStep("do-not-send", _("Do not send it again: the customer may have it already."))
ASK_KALEYRA = NextStep(
    "ask-kaleyra",
    _("Give both IDs to whoever asks Kaleyra, with the text for the ticket."),
)
