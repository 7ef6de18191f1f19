"""People, codes and a provider, for the tests with the extra on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from allauth.mfa.totp.internal import auth as totp
from django.contrib.auth.models import Group, User
from django.core.cache import cache
from django.test import Client

from .provider import Provider

PASSWORD = "a password for tests"


@pytest.fixture(autouse=True)
def empty_cache(db: None) -> None:
    """In the database here."""
    cache.clear()


def person_of(name: str, *groups: str, **more: Any) -> User:
    person = User.objects.create_user(name, password=PASSWORD, is_staff=True, **more)
    person.groups.set(Group.objects.filter(name__in=groups))
    return person


@pytest.fixture
def meera(db: None) -> User:
    """A member of the group Support, without a second factor."""
    return person_of("meera", "Support")


@pytest.fixture
def boss(db: None) -> User:
    """A member of the group Admin."""
    return person_of("boss", "Admin")


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """The provider of single sign-on, with Priya of the company's support team."""
    with Provider() as provider:
        settings.SSO_ISSUER = provider.issuer
        apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
        changed = apps[0] | {
            "settings": apps[0]["settings"] | {"server_url": provider.issuer},
        }
        settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [changed]}}
        provider.claims = {
            "sub": "0f-priya",
            "preferred_username": "priya",
            "given_name": "Priya",
            "family_name": "Nair",
            "email": "priya@example.com",
            "groups": ["everybody", "console-support"],
        }
        yield provider


@pytest.fixture
def by_sso(provider: Provider) -> Callable[..., Any]:
    """by_sso(client): goes to the provider and comes back -> the console's answer to that."""

    def by_sso(client: Client, start: str = "/sign-in/provider/", **posted: str) -> Any:
        sent = client.post(start, posted)
        assert sent.status_code == 302 and sent["Location"].startswith(provider.issuer), sent
        back = requests.get(sent["Location"], allow_redirects=False, timeout=5).headers["Location"]
        address = urlsplit(back)
        return client.get(address.path, dict(parse_qsl(address.query)))

    return by_sso


def code_of(secret: str, periods_ahead: int = 0) -> str:
    """What the app shows, now or some periods later."""
    return str(
        totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30 + periods_ahead))
    )


@pytest.fixture
def set_up_app(client: Client) -> Callable[[User], str]:
    """set_up_app(person): as its pages do -> the secret that the app now holds.

    The code that proved it is of the period before, so that today's is still unused.
    """

    def set_up_app(person: User) -> str:
        browser = Client()
        log_in(browser, person)
        secret = str(browser.get("/me/second-factor/app/").context["form"].secret)
        answer = browser.post("/me/second-factor/app/", {"code": code_of(secret, -1)})
        assert answer.status_code == 302, answer.context["form"].errors
        return secret

    return set_up_app


def log_in(client: Client, person: User, password: str = PASSWORD, **more: Any) -> Any:
    """By the form of the sign-in page."""
    posted = {"username": person.get_username(), "password": password}
    return client.post("/login/", posted, **more)


def is_signed_in(client: Client) -> bool:
    return client.get("/me/").status_code == 200


def forget_proof(client: Client) -> None:
    """As if the last one were five minutes ago."""
    session = client.session
    session.pop("proved_at", None)
    session.save()
