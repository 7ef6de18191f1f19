"""The URL of an invocation, and which parts are refused."""

import time

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from invocations.kaleyra.address import invoke_url, is_loopback, is_public

from .samples import PATH, SID, WORKFLOW

HOSTS = ["api.in.kaleyra.io", "api.kaleyra.io", "api.eu.kaleyra.io", "api.na.kaleyra.ai"]


@pytest.mark.parametrize("host", HOSTS)
def test_the_url_of_each_pod_is_as_documented(host: str) -> None:
    assert invoke_url(host, SID, WORKFLOW) == f"https://{host}{PATH}"
    assert is_public(host)


def test_the_documented_sample_is_matched() -> None:
    url = invoke_url("api.in.kaleyra.io", "HXXXXXXX071IN", "00112233-4455-6677-XXXX-XXXXXXXXXXXX")
    assert (
        url
        == "https://api.in.kaleyra.io/v1/HXXXXXXX071IN/workflow/v1/instances/00112233-4455-6677-XXXX-XXXXXXXXXXXX/invoke"
    )


def test_an_api_domain_may_carry_a_port() -> None:
    assert invoke_url("api.in.kaleyra.io:8443", SID, WORKFLOW).startswith(
        "https://api.in.kaleyra.io:8443/v1/"
    )


@pytest.mark.parametrize(
    "host",
    [
        *("127.1", "10.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "a.1", "1.2.3"),
        *("192.0.2.1", "100.64.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "a.local"),
        *("router.home.arpa", "localhost", "db", "metadata.google.internal"),
    ],
)
def test_an_address_in_any_form_that_is_not_public_is_no_host_of_a_pod(host: str) -> None:
    assert not is_public(host) and not is_public(f"{host}:443")


BENDERS = [
    "",
    " ",
    "/",
    "..",
    "../x",
    "a/b",
    "%2e%2e",
    "a?b",
    "a#b",
    "a@b",
    "a\r\nb",
    "a\n",
    "a\0",
    "a b",
    "a\\b",
    "a;b",
    "a．b",
    "é",
    "a\u202eb",
]


@pytest.mark.parametrize(
    "bad",
    [
        *BENDERS,
        "api.in.kaleyra.io\n",
        "API.in.kaleyra.io",
        "-a.io",
        "a-.io",
        ".a.io",
        "a..io",
        "a.io.",
        "a.io:",
        "a.io:x",
        "[::1]",
        "https://a.io",
        "x" * 10 + "_.io",
    ],
)
def test_no_host_can_change_the_rest_of_the_url(bad: str) -> None:
    with pytest.raises(ValueError, match="api_domain"):
        invoke_url(bad, SID, WORKFLOW)


@pytest.mark.parametrize(
    "bad", [*BENDERS, f"{SID}\n", "abc", "x" * 65, "a-bcd", "a_bcd", "a.bcd", "١٢٣٤"]
)
def test_no_sid_can_change_the_rest_of_the_url(bad: str) -> None:
    with pytest.raises(ValueError, match="sid"):
        invoke_url("api.in.kaleyra.io", bad, WORKFLOW)


@pytest.mark.parametrize(
    "bad", [*BENDERS, f"{WORKFLOW}\n", "-a", "_a", "a.b", "x" * 101, "{workflow}"]
)
def test_no_workflow_id_can_change_the_rest_of_the_url(bad: str) -> None:
    with pytest.raises(ValueError, match="workflow_instance_id"):
        invoke_url("api.in.kaleyra.io", SID, bad)


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_requests_reads_each_url_unchanged(api_domain: str, sid: str, workflow: str) -> None:
    try:
        url = invoke_url(api_domain, sid, workflow)
    except ValueError:
        return
    assert (
        requests.Request("POST", url).prepare().path_url
        == f"/v1/{sid}/workflow/v1/instances/{workflow}/invoke"
    )


@given(
    st.from_regex(r"\A[a-z0-9]{1,9}([.-][a-z0-9]{1,9}){0,3}\Z"),
    st.from_regex(r"\A[A-Za-z0-9]{4,64}\Z"),
    st.from_regex(r"\A[A-Za-z0-9][\w-]{0,99}\Z", alphabet=st.characters(max_codepoint=127)),
)
def test_every_part_in_the_form_of_the_samples_is_accepted(
    api_domain: str, sid: str, workflow: str
) -> None:
    assert (
        invoke_url(api_domain, sid, workflow)
        == f"https://{api_domain}/v1/{sid}/workflow/v1/instances/{workflow}/invoke"
    )


def test_a_refusal_does_not_quote_the_typed_text() -> None:
    with pytest.raises(ValueError, match="sid") as refused:
        invoke_url("api.in.kaleyra.io", "canary/../x", WORKFLOW)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8100", "127.0.0.1", "127.0.0.1:8100", "127.1.2.3"]
)
def test_http_is_allowed_for_this_machine(host: str) -> None:
    assert is_loopback(host)
    assert not is_public(host)
    assert invoke_url(host, SID, WORKFLOW, http=True) == f"http://{host}{PATH}"


@pytest.mark.parametrize(
    "host",
    [
        *HOSTS,
        "10.0.0.1",
        "0.0.0.0",
        "localhost.evil.io",
        "127.0.0.1.nip.io",
        "0177.0.0.1",
        "2130706433",
        "127.1",
    ],
)
def test_http_is_refused_for_any_other_host(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ValueError, match="this machine only"):
        invoke_url(host, SID, WORKFLOW, http=True)


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "192.168.1.1:443",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "intranet",
        "pod.local",
        "pod.internal",
        "x.localhost",
    ],
)
def test_a_private_host_is_recognised_by_its_name(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize(
    "evil",
    ["a" * 50_000 + "!", "a-" * 25_000, "a." * 25_000, "a.b-" * 12_500 + "!", "0" * 50_000 + ":"],
)
def test_a_hostile_host_is_refused_quickly(evil: str) -> None:
    begun = time.thread_time()
    with pytest.raises(ValueError, match="api_domain"):
        invoke_url(evil, evil, evil)
    assert time.thread_time() - begun < 0.1
