"""Chromium over TLS: features that are off, and a report of what it blocked."""

import base64
import hashlib
import os
import shutil
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from fallback_console.permissions_policy import FEATURES

from .conftest import HOST, Edge

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright runs an event loop in this thread


@pytest.fixture
def page(playwright, edge: Edge):
    """In a browser that takes our certificate for a good one: it reports over good ones alone."""
    certificate = x509.load_pem_x509_certificate(
        (edge.authority.parent / f"{HOST}-False.pem").read_bytes()
    )
    public = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    digest = base64.b64encode(hashlib.sha256(public).digest()).decode()
    browser = playwright.chromium.launch(
        executable_path=shutil.which("chromium"),
        args=[
            "--no-sandbox",
            f"--ignore-certificate-errors-spki-list={digest}",
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1",
            "--short-reporting-delay",
        ],
    )
    yield browser.new_page()
    browser.close()


def test_only_what_the_console_uses_is_left_on(page, edge: Edge):
    page.goto(f"https://{HOST}:{edge.https}/login/")
    allowed = page.evaluate("document.featurePolicy.allowedFeatures()")
    assert sorted(allowed) == ["clipboard-write", "unload"]
    assert set(page.evaluate("document.featurePolicy.features()")) <= set(FEATURES)


def test_what_the_policy_blocks_is_reported(page, edge: Edge):
    page.goto(f"https://{HOST}:{edge.https}/login/?next=/send/919876543210/")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: '1'}))"
    )
    ends = time.monotonic() + 30
    while time.monotonic() < ends and "blocked something" not in edge.log.read_text():
        page.wait_for_timeout(50)
    text = edge.log.read_text()
    assert "the policy's script-src-elem blocked something on /login/" in text
    assert "919876543210" not in text
