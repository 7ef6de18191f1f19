"""People who sign in through the page, each from an address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth.models import Group, User
from django.http import HttpResponse
from django.test import Client

from tests.conftest import PASSWORD, signed_in


@pytest.fixture(autouse=True)
def axes_handler() -> None:
    """Of this installation, whatever a test before has set."""
    AxesProxyHandler.get_implementation(force=True)


@pytest.fixture
def meera(db: None) -> User:
    """Support, who is not signed in."""
    person = User.objects.create_user("meera", password=PASSWORD, is_staff=True)
    person.groups.set(Group.objects.filter(name="Support"))
    return person


@pytest.fixture
def beth(db: None) -> Client:
    """The second Admin."""
    return signed_in("beth", "Admin")


@pytest.fixture
def noor(db: None) -> Client:
    """Support, who is to become an Admin."""
    return signed_in("noor", "Support")


@pytest.fixture
def sign_in() -> Callable[..., HttpResponse]:
    """sign_in("meera", "a password", at="192.0.2.7"): the answer of the sign-in page."""

    def sign_in(
        username: str, password: str = PASSWORD, *, at: str = "192.0.2.1", **options: Any
    ) -> HttpResponse:
        client: Client = options.pop("client", None) or Client()
        form = {"username": username, "password": password}
        return client.post("/login/", form, REMOTE_ADDR=at, **options)

    return sign_in
