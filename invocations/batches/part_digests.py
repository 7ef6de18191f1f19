"""The digests that stand beside a part, of the numbers of its rows: `BatchPart.digests`."""

from __future__ import annotations

DIGEST_BYTES = 8
"""The beginning of the digest that a row of the history stores. Among a million numbers, the odds
that two share one are 1 in 37 million.
"""


def beginning(digest: str) -> bytes:
    """Of a digest as `models.recipients` has it."""
    return bytes.fromhex(digest)[:DIGEST_BYTES]


def split(digests: bytes | memoryview) -> list[bytes]:
    """One by one, in order."""
    whole = bytes(digests)
    return [whole[at : at + DIGEST_BYTES] for at in range(0, len(whole), DIGEST_BYTES)]
