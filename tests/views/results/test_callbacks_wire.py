"""Where Kaleyra posts results, through a socket and gunicorn: no request is answered by a 5xx."""

import json
import socket
from types import SimpleNamespace

import pytest

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES
from invocations.models import Callback
from invocations.results import endpoints
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def console(account, process):
    """console.ask(b"POST …", …): the response's status. console.head: that of a valid request."""
    address = endpoints.ensure_address(account, None)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [
        "--worker-class",
        "gthread",
        "--threads",
        "4",
        "--no-control-socket",
        "--log-level",
        "error",
    ]
    process("-m", "gunicorn", "fallback_console.wsgi", "--bind", f"127.0.0.1:{port}", *options)

    def answers():
        with socket.socket() as line:
            return line.connect_ex(("127.0.0.1", port)) == 0

    until(answers)

    def ask(*pieces, and_close=False):
        with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
            for piece in pieces:
                line.sendall(piece)
            if and_close:
                line.shutdown(socket.SHUT_WR)
            return line.makefile("rb").read().partition(b"\r\n")[0].split(b" ")[1]

    head = (
        f"POST /callbacks/{address.token}/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"X-Callback-Secret: {address.secret}\r\n"
    )
    return SimpleNamespace(
        ask=ask, head=head.encode(), chunked=head.encode() + b"Transfer-Encoding: chunked\r\n\r\n"
    )


def test_chunks_that_are_none_are_refused_and_the_server_lives_on(console):
    broken = [
        *[size + b"\r\n{}\r\n0\r\n\r\n" for size in (b"zz", b"-2", b"", b"0x2", b" 2", b"2\x00")],
        b"2\r\n{}xx0\r\n\r\n",
        b"2\r\n{}\r\n0\r\nno trailer\r\n\r\n",
    ]
    assert [console.ask(console.chunked, piece) for piece in broken] == [b"400"] * len(broken)
    cut = [b"", b"10\r\n{}", b"ffffffffffffffffffff\r\n{}", b"2\r\n{}\r\n"]
    assert [console.ask(console.chunked, piece, and_close=True) for piece in cut] == [b"400"] * len(
        cut
    )
    assert console.ask(console.head, b"Content-Length: 100\r\n\r\n{}", and_close=True) == b"400"
    assert not Callback.objects.exists()
    assert console.ask(console.chunked, b"2\r\n{}\r\n0\r\n\r\n") == b"200"
    assert Callback.objects.get().body == "{}"


def test_whoever_posts_too_much_gets_to_read_the_answer(console):
    """Closing the socket while a body arrives resets the connection and loses the response."""
    size = 16 * MAX_CALLBACK_BYTES
    assert (
        console.ask(console.head, f"Content-Length: {size}\r\n\r\n".encode(), b"x" * size) == b"413"
    )
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    assert console.ask(console.chunked, *[piece] * (size // 0x10000), b"0\r\n\r\n") == b"413"
    assert console.ask(console.chunked, *[piece] * 5, b"zz\r\n") == b"400"
    assert not Callback.objects.exists()


def test_odd_bodies_are_kept_and_answered_200(console):
    report = json.dumps(
        {"workflowInvocationId": "A", "result": {"channel1": {"statusCode": "READ"}}}
    ).encode()
    odd = [
        b"\xef\xbb\xbf" + report,
        report + b"\0\0",
        b'{"a":NaN,"a":' + b"9" * 9999 + b"}",
        b"[" * 99_999,
        b'"\\ud800"',
        b"\xff\xfe\xfd",
    ]
    for raw in odd:
        assert (
            console.ask(console.head, f"Content-Length: {len(raw)}\r\n\r\n".encode(), raw) == b"200"
        )
    until(lambda: not Callback.objects.filter(is_pending=True).exists())
    assert list(
        Callback.objects.order_by("pk").values_list("workflow_invocation_id", flat=True)
    ) == ["A", "A", "", "", "", ""]
