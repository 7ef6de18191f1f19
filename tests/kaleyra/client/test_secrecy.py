"""Neither the key nor a number gets into a log, an exception or a repr."""

import logging

import pytest

from invocations.kaleyra.connection import NoAnswer
from tests.faults.behaviours import answers
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, KEY, NUMBER
from .calls import HOST, client, full_text_of, invoke, outcome_of
from .faults import NO_WHOLE_ANSWER


def test_nothing_secret_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    for name in ("", "urllib3", "requests"):
        caplog.set_level(logging.DEBUG, name)
    with FaultServer(answers(ACCEPTED)) as server:
        invoke(client(server.api_domain))
    assert server.api_domain.partition(":")[0] in caplog.text
    assert KEY not in caplog.text
    assert NUMBER not in caplog.text


def test_an_unreadable_header_of_an_answer_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """urllib3 logs a warning that quotes such a header."""
    echo = (
        b"HTTP/1.1 202 Accepted\r\nno header\r\n"
        + KEY.encode()
        + b" "
        + NUMBER.encode()
        + b"\r\nContent-Length: 0\r\n\r\n"
    )
    caplog.set_level(logging.INFO)
    with FaultServer(answers(echo)) as server:
        outcome_of(client(server.api_domain))
    assert KEY not in caplog.text and NUMBER not in caplog.text


@pytest.mark.parametrize("fault", NO_WHOLE_ANSWER)
def test_no_exception_holds_the_key_or_the_number(fault: str) -> None:
    with FaultServer(NO_WHOLE_ANSWER[fault][0]) as server, pytest.raises(NoAnswer) as caught:
        invoke(client(server.api_domain))
    assert KEY not in full_text_of(caught.value)
    assert NUMBER not in full_text_of(caught.value)


def test_the_repr_of_a_client_hides_its_secrets() -> None:
    shown = repr(client(HOST, proxy_url="http://user:secret@proxy"))
    assert HOST in shown
    assert KEY not in shown
    assert "secret" not in shown
