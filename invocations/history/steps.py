"""Every step that a page may name under "What to do next"."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from invocations.history.meanings import NextStep

# --- not sent yet ---------------------------------------------------------------------------------

WAIT_FOR_RETRY = NextStep(
    "wait-for-retry",
    _("Nothing to do: the console keeps trying until it expires."),
)
WAIT_UNTIL_REACHABLE = NextStep(
    "wait-until-reachable",
    _(
        "Nothing to do: the console tries one message every 10 seconds. This one leaves once"
        " one gets through, unless it has expired."
    ),
)
NOT_LEAVING = NextStep(
    "not-leaving",
    _(
        "It does not leave: the background sender is not running. Whoever runs the console has to"
        " start it."
    ),
)
TRY_NOW = NextStep("try-now", _("Or press “Try now”. It cannot go out twice."))
OR_CANCEL = NextStep("or-cancel", _("Or cancel it. Then it never leaves."))
WAIT_OR_CANCEL = NextStep(
    "wait-or-cancel", _("Nothing to do: it leaves by itself. Until then it can still be changed.")
)
SCHEDULED_WHILE_PAUSED = NextStep(
    "scheduled-while-paused",
    _(
        "If sending is resumed by then, it leaves at its time. If it is resumed later, it leaves"
        " then, unless it has expired."
    ),
)
SCHEDULED_WITHOUT_KEY = NextStep(
    "scheduled-without-key",
    _(
        "If an admin has stored an API key by then, it leaves at its time. If later, it leaves"
        " then, unless it has expired."
    ),
)
SCHEDULED_WITHOUT_SENDER = NextStep(
    "scheduled-without-sender",
    _(
        "It leaves only if the background sender runs by then. It is not running now: whoever"
        " runs the console has to start it."
    ),
)
WAIT_FOR_APPROVAL = NextStep(
    "wait-for-approval",
    _("Wait until somebody who may approve it does. Then it leaves by itself."),
)
WAIT_FOR_ANSWER = NextStep("wait-for-answer", _("Wait a few seconds. This page changes by itself."))
ADMIN_FIXES_SETUP = NextStep("admin-fixes-setup", _("An admin fixes what is named under “Why”."))
LEAVES_WITH_ACCOUNT = NextStep(
    "leaves-with-account",
    _("Once the account is resumed, it leaves by itself, with the same request ID."),
)
LEAVES_AFTER_PAUSE = NextStep(
    "leaves-after-pause",
    _(
        "Once sending is resumed, it leaves by itself, with the same request ID, unless it has"
        " expired."
    ),
)
LEAVES_WITH_KEY = NextStep(
    "leaves-with-key",
    _("Once an admin stores an API key, it leaves by itself, unless it has expired."),
)
LEAVES_WITH_SENDER = NextStep(
    "leaves-with-sender",
    _(
        "It leaves once that is fixed and the background sender runs. It is not running now:"
        " whoever runs the console has to start it."
    ),
)

# --- outcome unknown ------------------------------------------------------------------------------

CHECK_SAFELY = NextStep(
    "check-safely",
    _("Press “Check safely”. Nothing can be sent twice by it."),
)
CHECK_AFTER_PAUSE = NextStep(
    "check-after-pause", _("Once sending is resumed, “Check safely” can be pressed here.")
)
ASKED_BY_ITSELF = NextStep(
    "asked-by-itself",
    _("Wait: the console asks Kaleyra again with the same request ID, for about 15 minutes."),
)
ASKED_ONCE_REACHABLE = NextStep(
    "asked-once-reachable",
    _(
        "Wait: the console asks Kaleyra again once a message gets through,"
        " unless the time for asking is over."
    ),
)
NOBODY_ASKS = NextStep(
    "nobody-asks",
    _(
        "Kaleyra is not asked about it: the background sender is not running. Whoever runs the"
        " console has to start it."
    ),
)
ASKED_AFTER_PAUSE = NextStep(
    "asked-after-pause",
    _(
        "Once sending is resumed, the console asks Kaleyra again, unless the time for asking is"
        " over."
    ),
)
READ_RESULT_AND_SETTLE = NextStep(
    "read-result-and-settle",
    _("Read the result below, ask the customer if the message came, and record what happened."),
)
READ_RESULT_AND_HAVE_SETTLED = NextStep(
    "read-result-and-have-settled",
    _("Read the result below, ask the customer if the message came, and tell an admin."),
)
ASK_AND_SETTLE = NextStep(
    "ask-and-settle",
    _("No clear answer? Ask the customer if the message came, and record what happened."),
)
ASK_AND_HAVE_SETTLED = NextStep(
    "ask-and-have-settled",
    _("No clear answer? Ask the customer if the message came, and tell an admin."),
)
ASK_MEANWHILE_AND_SETTLE = NextStep(
    "ask-meanwhile-and-settle",
    _("Ask the customer meanwhile if the message came, and record what happened."),
)
ASK_MEANWHILE_AND_HAVE_SETTLED = NextStep(
    "ask-meanwhile-and-have-settled",
    _("Ask the customer meanwhile if the message came, and tell an admin."),
)

# --- waiting for a result -------------------------------------------------------------------------

WAIT_FOR_RESULT = NextStep(
    "wait-for-result", _("Wait for the result. This page changes by itself.")
)
DO_NOT_SEND_MEANWHILE = NextStep(
    "do-not-send-meanwhile",
    _("Do not send it again meanwhile. The customer may get it twice."),
)
GIVE_KALEYRA_ID = NextStep(
    "give-kaleyra-id",
    _(
        "The console will not learn more about it. If the customer got nothing,"
        " give Kaleyra’s ID to whoever looks it up at Kaleyra."
    ),
)
REPORT_LATER_RESULTS = NextStep(
    "report-later-results",
    _(
        "An admin can have later results reported: its flow at Kaleyra needs a callback profile"
        " with this console’s results address."
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

NOTHING_LEFT = NextStep("nothing-left", _("Nothing to do."))
NOTHING_LEFT_AFTER_REPORT = NextStep("nothing-left-after-report", _("Delivered, nothing to do."))
ASK_CUSTOMER = NextStep("ask-customer", _("Ask the customer whether a message came."))
ONLY_THEN_SEND_AGAIN = NextStep(
    "only-then-send-again",
    _("Only then send it again. It gets a new ID, so the customer may get it twice."),
)
READ_CODES = NextStep(
    "read-codes",
    _("Read Kaleyra’s codes under “What happened”. Check the number with the customer."),
)
CORRECT_IF_NEEDED = NextStep(
    "correct-if-needed",
    _(
        "If the customer still needs it, fix what was wrong and send it again. It gets a new"
        " request ID."
    ),
)
SEND_AGAIN_IF_NEEDED = NextStep(
    "send-again-if-needed",
    _("If the customer still needs it, send it again with these values. It gets a new request ID."),
)
READ_REFUSAL = NextStep("read-refusal", _("Read Kaleyra’s reason below and have it fixed."))
THEN_SEND_AGAIN = NextStep(
    "then-send-again", _("Then send it again with these values. It gets a new request ID.")
)
DO_NOT_SEND = NextStep("do-not-send", _("Do not send it again: the customer may have it already."))
ASK_KALEYRA = NextStep(
    "ask-kaleyra",
    _("Give both IDs to whoever asks Kaleyra, with the text for the ticket."),
)
