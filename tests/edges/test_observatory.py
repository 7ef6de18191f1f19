"""What Mozilla's HTTP Observatory says of the console."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from .conftest import HOST, Edge

FOLDER = Path(__file__).parent / "observatory"
PRELOADED = FOLDER / "node_modules/@mdn/mdn-http-observatory/conf/hsts-preload.json"
PATIENCE = {"ABORT_TIMEOUT": "100000", "CLIENT_TIMEOUT": "90000"}
"""Of the scanner, in milliseconds: the machine may be busy."""


@pytest.fixture
def scanned(edge: Edge):
    assert PRELOADED.exists(), "tests/install-packages.sh installs the scanner."
    run = subprocess.run(
        ["node", "scan.mjs", HOST, str(edge.https), str(edge.http)],
        cwd=FOLDER,
        env=os.environ | {"NODE_EXTRA_CA_CERTS": str(edge.authority), **PATIENCE},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


def test_the_observatory_gives_its_best_grade(scanned):
    failed = {name: test["result"] for name, test in scanned["tests"].items() if not test["pass"]}
    assert failed == {}
    assert scanned["scan"]["grade"] == "A+" and scanned["scan"]["score"] >= 135
    assert scanned["scan"]["statusCode"] == 200
    assert scanned["scan"]["testsQuantity"] == scanned["scan"]["testsPassed"] == 10


def test_the_observatory_saw_the_redirect_the_cookie_and_a_certificate_that_holds(scanned):
    tests = scanned["tests"]
    assert tests["redirection"]["redirects"] and tests["redirection"]["statusCode"] == 200
    assert (
        tests["strict-transport-security"]["result"]
        == "hsts-implemented-max-age-at-least-six-months"
    )
    assert tests["cookies"]["result"].startswith("cookies-secure-with-httponly-sessions")
    assert tests["content-security-policy"]["result"].endswith("default-src-none")
