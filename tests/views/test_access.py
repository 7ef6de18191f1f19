"""docs/access.md: what each kind of person gets at each address, by GET and by an empty POST.

`ACCESS_TABLE=write pytest tests/views/test_access.py` writes it anew (without -n).
"""

from __future__ import annotations

import os
import re

import pytest
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import Client
from django.urls import get_resolver

from tests.conftest import ROOT
from tests.views.addresses import address_of, url_names

TABLE = ROOT / "docs" / "access.md"
WRITES = os.environ.get("ACCESS_TABLE") == "write"
ROLES = ["Support", "Senior support", "Bulk sender", "Approver", "Reviewer", "Admin"]
PEOPLE = ["A stranger", "In no group", *ROLES, "Superuser"]
NAMES = sorted(set(url_names(get_resolver().url_patterns)))
HEAD = f"""# Who may open what

Written by `ACCESS_TABLE=write pytest tests/views/test_access.py`, and compared by that test: it
fails when an address is missing, or answers somebody else. Each person asks for a message, a batch
and a workflow that somebody else made; a POST is empty. 302 leads on: for a stranger always to the
sign-in page. 405: there is no such method. [Operating](operating.md#roles) explains the roles.

| Address | | {" | ".join(PEOPLE)} |
|---|---|{"---|" * len(PEOPLE)}
"""
_lines: dict[str, list[str]] = {}


@pytest.fixture(scope="module", autouse=True)
def written_table():
    yield
    if WRITES:
        lines = [line for both in sorted(_lines.values()) for line in both]
        TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def browsers(db):
    """One for each of PEOPLE."""
    browsers = [Client()]
    for name in PEOPLE[1:]:
        person = User.objects.create_user(
            name.replace(" ", "-"), is_staff=True, is_superuser=name == "Superuser"
        )
        person.groups.set(Group.objects.filter(name=name))
        browser = Client()
        browser.force_login(person)
        browsers.append(browser)
    return browsers


def shown(address):
    """Without the ids of one run."""
    address = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", address.partition("?")[0])
    return re.sub(r"(?<=/)([0-9a-f]{64}|[0-9]+)(?=[/.])", "…", address)


def answer_of(browser, method, address):
    """The status. What the request changed is undone."""
    with transaction.atomic():
        given = getattr(browser, method)(address)
        if given.streaming:
            given.close()
        transaction.set_rollback(True)
    return str(given.status_code)


def lines_of(name, world, browsers):
    address = address_of(name, world)
    return [
        f"| {shown(address)} | {method.upper()} | "
        + " | ".join(answer_of(browser, method, address) for browser in browsers)
        + " |"
        for method in ("get", "post")
    ]


def stored_lines():
    return TABLE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_each_person_gets_the_answer_of_the_committed_table(name, world, browsers):
    found = lines_of(name, world, browsers)
    _lines[name] = found
    if not WRITES:
        missing = [line for line in found if line not in stored_lines()]
        assert not missing, "write the table anew, and look at what has changed"


def test_the_table_has_no_line_of_an_address_that_is_gone():
    stored = "" if WRITES else TABLE.read_text(encoding="utf-8")
    assert WRITES or stored.count("\n| /") == 2 * len(NAMES)
