"""The practice pod: a small HTTP server that answers as Kaleyra's Fallback Invocation API does, and sends nothing.

For newcomers, demos and tests. No Django, standard library only. A reading order:

    answers.py    what the API can say, and the table of scenarios
    contract.py   which requests the API takes at all
    flows.py      what is set up at the pod: a flow's channels, and where its results go
    results.py    what becomes of an accepted invocation, the table of endings, and the bodies that report it
    reporter.py   waits until each result is due, and posts it
    ledger.py     what was received and accepted, and which answer follows from that
    page.py       the pod's own web page
    handler.py    one connection: bytes in, bytes out, and the bad manners of the scenarios
    server.py     PracticePod: start it, ask it, stop it
"""

PRACTICE_SID = "HXPRACTICE01IN"
"""A SID the pod takes. So does every other one that starts with PRACTICE_SID_PREFIX."""

PRACTICE_SID_PREFIX = "HXPRACTICE"

PRACTICE_KEY_PREFIX = "practice-"
"""The pod takes any api-key that starts so. No key of Kaleyra's does, so a real one pasted by mistake is refused."""

REFUSED_KEY_ENDING = "-refused"
"""A key that ends so is one that Kaleyra has deactivated."""

DISABLED_PROFILE_KEY_ENDING = "-disabled"
"""To a key that ends so the callback profile is auto-disabled."""
