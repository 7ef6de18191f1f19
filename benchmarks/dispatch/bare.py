"""The lower bound: threads post the bodies of a file and store nothing.

Each thread has its own `requests.Session`.

`python -m benchmarks.dispatch.bare FILE URL WIDTH PART PARTS` posts each PARTS-th
line from PART on.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import requests

HEADERS = {"Content-Type": "application/json", "api-key": "practice-key"}


def post_all(url: str, bodies: list[bytes]) -> None:
    session = requests.Session()
    # Saves a third: otherwise proxies and netrc are looked up for each POST.
    session.trust_env = False
    session.headers.update(HEADERS)
    for body in bodies:
        answer = session.post(url, data=body, timeout=(5, 10), allow_redirects=False)
        if answer.json()["executionStatus"] != "ACCEPTED":
            raise SystemExit("not accepted")


def main(file: str, url: str, width: int, part: int, parts: int) -> None:
    with open(file, "rb") as lines:
        bodies = [line.rstrip() for line in lines][part::parts]
    with ThreadPoolExecutor(width) as pool:
        list(pool.map(post_all, [url] * width, [bodies[n::width] for n in range(width)]))


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(int, sys.argv[3:]))  # type: ignore[arg-type]
