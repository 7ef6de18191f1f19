"""The practice pod: an HTTP server that answers like Kaleyra's Fallback Invocation API.

It sends no messages. It is for newcomers, demos and tests. Standard library only, no Django.
Modules, in a reading order:

    envelopes.py  the bodies of the API's answers
    answers.py    the table of scenarios: which code causes which answer
    contract.py   which requests the API accepts
    flows.py      the configuration: a flow's channels, and the callback profile
    results.py    the table of endings: how a flow ends, and the callback bodies that report it
    reporter.py   posts each callback when it is due
    ledger.py     the requests received and accepted, and the answer to each
    page.py       the pod's own web page
    handler.py    one HTTP connection, with the faults that some scenarios cause
    server.py     PracticePod: start it, read what it has received, stop it
"""

PRACTICE_SID = "HXPRACTICE01IN"
"""A SID that the pod accepts, like any other that starts with PRACTICE_SID_PREFIX."""

PRACTICE_SID_PREFIX = "HXPRACTICE"

PRACTICE_KEY_PREFIX = "practice-"
"""The pod accepts API keys with this prefix only. Kaleyra's keys do not have it, so a real key that
is pasted by mistake is refused."""

REFUSED_KEY_ENDING = "-refused"
"""The pod treats an API key with this ending as deactivated."""

DISABLED_PROFILE_KEY_ENDING = "-disabled"
"""For an API key with this ending, the pod lists the callback profile as auto-disabled."""
