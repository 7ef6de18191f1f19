"""Answers that break off, stall, drip or never end, and what the client makes of them."""

from invocations.kaleyra.connection import NoAnswer
from invocations.kaleyra.reply import Reply
from tests.faults.behaviours import (
    Behaviour,
    accepts_and_says_nothing,
    answers,
    drips,
    floods,
    hangs_up_after,
    reads_and_resets,
    resets_after,
    stalls_after,
)

from ..samples import ACCEPTED, accepted, http

WHOLE = ACCEPTED.partition(b"\r\n\r\n")[2]
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PROCESSING = b"HTTP/1.1 102 Processing\r\n\r\n"
EARLY_HINTS = (
    b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nContent-Length: 7\r\n"
    b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
)
NO_WHOLE_ANSWER: dict[str, tuple[Behaviour, str]] = {
    "reset within the request": (resets_after(50), "broken_off"),
    "reset after the request": (reads_and_resets(), "broken_off"),
    "closed before the request is read": (hangs_up_after(0), "broken_off"),
    "closed within the request": (hangs_up_after(50), "broken_off"),
    "closed after the request": (answers(b""), "broken_off"),
    "closed within the status line": (answers(b"HTTP/1.1 20"), "broken_off"),
    "silence": (accepts_and_says_nothing(), "timeout"),
    "silence after an interim response": (stalls_after(EARLY_HINTS), "timeout"),
    "closed after an interim response": (answers(EARLY_HINTS + PROCESSING), "broken_off"),
    "closed within an interim response": (answers(EARLY_HINTS[:-9]), "broken_off"),
    "silence within the headers": (stalls_after(b"HTTP/1.1 202 Accepted\r\nContent-"), "timeout"),
    "not HTTP": (answers(b"SSH-2.0-OpenSSH_9.2\r\n"), "broken_off"),
    "no status": (answers(b"HTTP/1.1 abc\r\n\r\n"), "broken_off"),
    "a status line without end": (floods(b"", b"HTTP" * 10_000, 10_000), "broken_off"),
    "a header without end": (
        floods(b"HTTP/1.1 202 Accepted\r\nX: ", b"x" * 60_000, 10_000),
        "broken_off",
    ),
    "headers without end": (
        floods(b"HTTP/1.1 202 Accepted\r\n", b"X: x\r\n" * 5_000, 10_000),
        "broken_off",
    ),
}
SLOW_ANSWERS: dict[str, tuple[Behaviour, tuple[type, str]]] = {
    "silence": (accepts_and_says_nothing(), (NoAnswer, "too_slow")),
    "a slow status line": (drips(ACCEPTED, every=0.3), (NoAnswer, "too_slow")),
    "100 Continue without end": (floods(b"", CONTINUE * 100, 1_000_000), (NoAnswer, "too_slow")),
    "103 Early Hints without end": (
        floods(b"", EARLY_HINTS * 100, 1_000_000),
        (NoAnswer, "too_slow"),
    ),
    "102 Processing now and then": (
        drips(PROCESSING * 1000 + ACCEPTED, every=0.01),
        (NoAnswer, "too_slow"),
    ),
    "slow headers": (drips(ACCEPTED, every=0.02, at_once=30), (Reply, "doubtful: broken_off")),
    "a body without end": (
        stalls_after(b"HTTP/1.0 202 Accepted\r\n\r\n" + WHOLE),
        (Reply, "doubtful: broken_off"),
    ),
    "a slow body": (drips(ACCEPTED, every=0.02, at_once=150), (Reply, "doubtful: broken_off")),
}
CHUNKED = b"HTTP/1.1 202 Accepted\r\nTransfer-Encoding: chunked\r\n\r\n"
IN_CHUNKS = b"%x\r\n%s\r\n" % (len(WHOLE), WHOLE)
ONE_TOO_FEW = http("202 Accepted", accepted(), length=len(WHOLE) + 1)
MIB = 1024 * 1024
HUGE: dict[str, bytes] = {
    "announced": b"HTTP/1.1 202 Accepted\r\nContent-Length: 314572800\r\n\r\n",
    "not announced": b"HTTP/1.1 202 Accepted\r\n\r\n",
    "with a server error": b"HTTP/1.1 500 Oh\r\nContent-Length: 314572800\r\n\r\n",
    "in a redirect": b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\n"
    b"Content-Length: 314572800\r\n\r\n",
}
