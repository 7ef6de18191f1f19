"""Admin pages of pods: which hosts they may have, errors and warnings."""

import pytest
from django.urls import reverse

from invocations.models import Pod
from tests.admin.pages import errors, messages_of

ADD_POD = reverse("admin:invocations_pod_add")


@pytest.fixture
def add_pod(ada, db):
    return lambda host: ada.post(
        ADD_POD, {"code": "X", "title": "New pod", "api_domain": host}, follow=True
    )


@pytest.mark.parametrize(
    "host",
    [
        "https://api.in.kaleyra.io",
        "api.in.kaleyra.io/v1",
        "API.kaleyra.io",
        "a@b.example",
        "a b.example",
    ],
)
def test_an_api_domain_that_is_no_host_is_refused_with_an_explanation(add_pod, host):
    assert "A host in small letters" in errors(add_pod(host))


@pytest.mark.parametrize(
    "host",
    ["10.0.0.8", "192.168.1.1", "169.254.169.254", "intranet", "db.internal", "printer.local"],
)
def test_a_host_in_a_private_network_is_refused(add_pod, host):
    assert "This is not a public host" in errors(add_pod(host))


@pytest.mark.parametrize("host", ["127.0.0.1:8090", "localhost"])
def test_a_loopback_host_needs_sandbox(add_pod, settings, host):
    settings.SANDBOX = False
    assert "It needs SANDBOX=True" in errors(add_pod(host))
    settings.SANDBOX = True
    add_pod(host)
    assert Pod.objects.get(code="X").is_practice


def test_a_practice_pod_is_marked_in_the_list(ada, add_pod):
    add_pod("127.0.0.1:8090")
    html = ada.get(reverse("admin:invocations_pod_changelist")).content.decode()
    assert 'data-mode="practice"' in html and 'data-mode="live"' in html


@pytest.mark.parametrize("host", ["api.example.com", "api.us.kaleyra.io", "api.kaleyra.io:8443"])
def test_a_host_that_kaleyra_does_not_document_is_refused(add_pod, host):
    assert "must be named in the setting EXTRA_API_DOMAINS" in errors(add_pod(host))
    assert not Pod.objects.filter(code="X").exists()


def test_a_host_that_the_environment_names_is_saved_with_a_warning(add_pod, settings):
    settings.EXTRA_API_DOMAINS = ["api.example.com"]
    assert "make sure that it is theirs" in messages_of(add_pod("api.example.com"))
    assert Pod.objects.filter(code="X").exists()


def test_a_host_of_kaleyra_gets_no_warning(add_pod, settings):
    settings.EXTRA_API_DOMAINS = ["api.us.kaleyra.io"]
    assert "theirs" not in messages_of(add_pod("api.us.kaleyra.io"))
