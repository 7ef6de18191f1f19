"""What `make audit` says of pip-audit's answer."""

import json

import pytest

from tools.vulnerabilities import UNREACHABLE, verdict

CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
OPEN = {
    "name": "requests",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1", "3.0"]}, {"id": "X", "fix_versions": []}],
}
UNKNOWN = {"name": "celery", "skip_reason": "Dependency not found on PyPI"}


def said(*packages):
    return verdict(json.dumps({"dependencies": packages}))


def test_a_known_vulnerability_is_named_and_fails():
    words, code = said(CLEAN, OPEN)
    assert code == 1 and words.splitlines() == [
        "requests 2.0: PYSEC-1 (fixed in 2.1, 3.0)",
        "requests 2.0: X (no fix is known)",
        "2 known vulnerabilities in 2 packages.",
    ]


def test_none_is_said_with_how_many_were_looked_up():
    assert said(CLEAN) == ("0 known vulnerabilities in 1 packages.", 0)


def test_what_was_not_looked_up_is_named():
    words, code = said(CLEAN, UNKNOWN)
    assert code == 0 and words.splitlines() == [
        "Not looked up, because the data do not know them: celery.",
        "0 known vulnerabilities in 1 packages.",
    ]


@pytest.mark.parametrize(
    "printed", ["", "Traceback", "{}", "[]", json.dumps({"dependencies": [UNKNOWN]})]
)
def test_data_out_of_reach_are_never_called_clean(printed):
    assert verdict(printed) == (UNREACHABLE, 0)
    assert "NOTHING WAS LOOKED UP" in UNREACHABLE
