"""Browsers in words."""

import pytest

from invocations.access.browser_words import browser_words

MOZILLA = "Mozilla/5.0 "
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{MOZILLA}(Windows NT 10.0; Win64; x64) {CHROME}", "Chrome on Windows"),
        (f"{MOZILLA}(Windows NT 10.0; Win64; x64) {CHROME} Edg/148.0", "Edge on Windows"),
        (f"{MOZILLA}(Linux; Android 16; K) {CHROME}", "Chrome on Android"),
        (
            f"{MOZILLA}(X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0",
            "Firefox on Linux",
        ),
        (
            f"{MOZILLA}(iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.9", ""),
        ("<script>alert(1)</script>" * 50, ""),
        ("", ""),
    ],
)
def test_a_browser_is_named_with_its_system(user_agent, words):
    assert browser_words(user_agent) == words
