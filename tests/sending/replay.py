"""Replays hours of the dispatcher in seconds: its code, a stand-in of the API, a clock that is set.

Nothing sleeps and no thread runs: a message is posted in its turn, and its answer is stored when
the clock has come to it.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace

from django.utils import timezone

from invocations.kaleyra.client import KaleyraClient
from invocations.kaleyra.connection import NoAnswer, NotSent
from invocations.kaleyra.reply import read_reply
from invocations.monitoring import sweep as sweep_module
from invocations.sending import attempt, claim, dispatcher
from invocations.sending.dispatcher import Dispatcher

from .deliveries import ACCEPTED, DUPLICATE

WIDTH = 32


@dataclass
class Api:
    """Takes each request ID once. `outage` is None, or how it fails (`OUTAGES`)."""

    outage: str | None = None
    taken: Counter = field(default_factory=Counter)
    posts: list = field(default_factory=list)
    """Of each request: when, the SID, the request ID, and how the API failed."""

    def answer(self, sid, request_id):
        """Seconds until the answer, and the answer, or the exception in its place."""
        self.posts.append((timezone.now(), sid, request_id, self.outage))
        return OUTAGES[self.outage](self, request_id)

    def reply(self, http_status, content, request_id):
        body = json.dumps({"requestId": request_id, **content}).encode() if content else b""
        return read_reply(http_status, body, request_id=request_id)

    def take(self, request_id):
        if self.taken[request_id]:
            return 0.05, self.reply(400, DUPLICATE, request_id)
        self.taken[request_id] += 1
        return 0.05, self.reply(202, ACCEPTED, request_id)

    def take_and_fail(self, request_id):
        self.taken[request_id] = 1
        return 0.05, self.reply(500, None, request_id)


OUTAGES = {
    None: Api.take,
    "503": lambda api, request_id: (0.05, api.reply(503, None, request_id)),
    "refused": lambda api, request_id: (0.01, NotSent("refused")),
    "silence": lambda api, request_id: (10.0, NoAnswer("timeout")),
    "500 after it was accepted": Api.take_and_fail,
}


class Replay:
    """Some dispatchers, driven second by second."""

    def __init__(self, monkeypatch, clock, api, dispatchers=1):
        self.clock, self.api, self.passed = clock, api, 0.0
        self.dispatchers = [Dispatcher(sweep_module.sweep, WIDTH) for _ in range(dispatchers)]
        self.under_way = [[] for _ in self.dispatchers]
        monkeypatch.setattr(sweep_module, "_update_monitoring", lambda now: None)  # takes long
        for module in (claim, attempt, dispatcher):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.passed))
        monkeypatch.setattr(
            KaleyraClient, "invoke", lambda client, _workflow, id, _body: self._invoke(client, id)
        )
        for each in self.dispatchers:
            each._stopping = SimpleNamespace(is_set=lambda: False, wait=lambda seconds: None)
        self._latency = 0.0

    def run(self, seconds, step):
        """Lets the dispatchers work for so long, in steps of so many seconds."""
        ends = self.passed + seconds
        while self.passed < ends:
            for each, under_way in zip(self.dispatchers, self.under_way, strict=True):
                self._store(each, under_way)
                each._turn()
            for each, under_way in zip(self.dispatchers, self.under_way, strict=True):
                self._post(each, under_way)
            self.clock.shift(timedelta(seconds=step))
            self.passed += step

    def _store(self, each, under_way):
        for item in [item for item in under_way if item[0] <= self.passed]:
            under_way.remove(item)
            each._note(item[1].account.pk, item[2])
            each._posted.put(item[1:])
        each._collect_results()

    def _post(self, each, under_way):
        note, each._note = each._note, lambda *args: None  # not before the answer is there
        while len(under_way) < WIDTH and not each._claimed.empty():
            ours, self._latency = each._claimed.get(), 0.0
            result = each._result(ours, lambda client: client)
            under_way.append((self.passed + self._latency, ours, result))
        each._note = note

    def _invoke(self, client, request_id):
        self._latency, answer = self.api.answer(client.sid, request_id)
        if isinstance(answer, Exception):
            raise answer
        return answer
