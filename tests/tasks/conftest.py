"""A broker of their own for tests that lose, double and kill it, and real workers beside it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from celery import Celery
from django.utils import timezone
from redis import Redis

from invocations.models import Account, Invocation
from tests.servers import PrivateRedis

QUEUE = "fallback_console"


class Broker(PrivateRedis):
    """What passes between those who hint and those who work."""

    @property
    def redis(self) -> Redis:
        return Redis.from_url(self.url)

    def hint(self, task: str = "invocations.deliver_due") -> None:
        with Celery(broker=self.url) as app:
            app.send_task(task, queue=QUEUE)

    def hints(self) -> list[bytes]:
        """The messages that nobody has taken yet, as they are."""
        return self.redis.lrange(QUEUE, 0, -1)

    def put(self, hints: list[bytes]) -> None:
        self.redis.lpush(QUEUE, *hints)


@pytest.fixture
def broker() -> Iterator[Broker]:
    with Broker() as broker:
        yield broker


@pytest.fixture
def worker(
    process: Callable[..., subprocess.Popen[str]], broker: Broker
) -> Callable[..., subprocess.Popen[str]]:
    """worker("--beat"): as an operator starts it, with two processes unless told otherwise."""
    numbers = iter(range(100))

    def worker(*words: str) -> subprocess.Popen[str]:
        name = f"worker-{next(numbers)}@%h"
        command = [
            "--app",
            "fallback_console.celery",
            "worker",
            "--hostname",
            name,
            "--concurrency",
            "2",
            *words,
        ]
        return process("-m", "celery", *command, TEST_BROKER_URL=broker.url)

    return worker


@pytest.fixture
def waiting(recorded: Callable[..., Invocation]) -> Callable[..., None]:
    """waiting(60): so many rows that are due."""

    def waiting(count: int, code: str = "202") -> None:
        Account.objects.update(sends_per_second=500)
        rows = [recorded(code).pk for _ in range(count)]
        Invocation.objects.filter(pk__in=rows).update(due_at=timezone.now() - timedelta(seconds=1))

    return waiting
