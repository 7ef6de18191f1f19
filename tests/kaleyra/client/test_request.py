"""The request as the server receives it, byte by byte."""

from pathlib import Path

import pytest

from invocations.kaleyra.reply import Verdict
from tests.faults.behaviours import answers
from tests.faults.server import FaultServer

from ..samples import ACCEPTED, BODY, KEY, PATH
from .calls import client, invoke


def test_the_request_is_as_documented_and_holds_the_key_once() -> None:
    with FaultServer(answers(ACCEPTED)) as server:
        reply = invoke(client(server.api_domain))
        [received] = server.settled()
    head, _, body = received.partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    headers = dict(field.split(": ", 1) for field in fields)
    assert reply.verdict is Verdict.ACCEPTED
    assert line == f"POST {PATH} HTTP/1.1"
    assert body == BODY.encode()
    assert (headers["Content-Type"], headers["api-key"]) == ("application/json", KEY)
    usual = {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}
    assert headers.keys() == usual | {"Content-Type", "Content-Length", "api-key"}
    assert received.count(KEY.encode()) == 1


def test_each_call_opens_its_own_connection_and_returns_no_cookie() -> None:
    with FaultServer(
        answers(ACCEPTED.replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\nConnection: keep-alive\r\n", 1))
    ) as server:
        for _ in range(3):
            assert invoke(client(server.api_domain)).verdict is Verdict.ACCEPTED
        received = server.settled(3)
    assert len(received) == 3
    assert b"Cookie" not in b"".join(received)


def test_proxies_and_netrc_of_the_environment_are_ignored(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login canary password canary\ndefault login canary password canary\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with FaultServer(answers(ACCEPTED)) as server, FaultServer(answers(ACCEPTED)) as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            for spelt in (name, name.upper()):
                monkeypatch.setenv(spelt, f"http://canary:canary@{proxy.api_domain}")
        assert invoke(client(server.api_domain)).verdict is Verdict.ACCEPTED
        [received] = server.settled()
    assert proxy.connections == 0
    assert b"authorization" not in received.lower()
