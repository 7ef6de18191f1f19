"""The addresses that results are posted to: made, rotated, ended, and who is let in."""

import base64
import time

import pytest

from invocations.models import CallbackAddress
from invocations.models.encryption import Unreadable
from invocations.results import endpoints
from invocations.results.endpoints import SECRET_HEADER, PreviousStillValid, authorised_address

pytestmark = pytest.mark.django_db


@pytest.fixture
def address(account):
    return endpoints.ensure_address(account, by=None)


def basic(user, password):
    return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def test_an_address_is_made_once_and_nobody_can_guess_it(account, address):
    assert endpoints.ensure_address(account, by=None) == address
    assert (
        len(address.token) >= 43 and len(address.secret) >= 43 and address.token != address.secret
    )  # 256 bits in base64
    assert address.token not in str(CallbackAddress.objects.values().get())


def test_it_lets_in_who_has_the_secret_in_the_header_or_as_basics_password(address):
    fits = [
        {SECRET_HEADER: address.secret},
        basic("kaleyra", address.secret),
        basic("", address.secret),
    ]
    fits.append(
        {"Authorization": basic("x", address.secret)["Authorization"].replace("Basic", "basic ")}
    )
    assert [authorised_address(address.token, headers) for headers in fits] == [address] * 4


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SECRET_HEADER: ""},
        {SECRET_HEADER: "wrong"},
        {SECRET_HEADER: "ÿ\x00"},
        {SECRET_HEADER: "\udc80\ud800"},
        basic("kaleyra", "wrong"),
        {"Authorization": "Basic"},
        {"Authorization": "Basic ÿÿÿ"},
        {"Authorization": "Basic !!!!"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer x"},
    ],
)
def test_it_lets_in_nobody_else(address, headers):
    assert authorised_address(address.token, headers) is None


def test_the_secret_is_no_user_and_a_token_fits_its_own_account_only(address, workflow):
    assert authorised_address(address.token, basic(address.secret, "")) is None
    assert authorised_address("x" * 43, {SECRET_HEADER: address.secret}) is None
    assert authorised_address("x" * 100_000, {SECRET_HEADER: address.secret}) is None


def test_after_a_rotation_both_let_in_until_the_old_one_is_ended(account, address):
    old = address.token, {SECRET_HEADER: address.secret}
    new = endpoints.rotate_address(account, by=None)
    assert (
        endpoints.current_address(account) == new != endpoints.previous_address(account) == address
    )
    assert new.token != address.token and new.secret != address.secret
    assert (
        authorised_address(*old),
        authorised_address(new.token, {SECRET_HEADER: new.secret}),
    ) == (address, new)
    assert authorised_address(new.token, old[1]) is None
    assert endpoints.end_previous_address(account) and not endpoints.end_previous_address(account)
    assert (
        authorised_address(*old),
        authorised_address(new.token, {SECRET_HEADER: new.secret}),
    ) == (None, new)


def test_a_third_one_is_not_made_while_two_let_in(account, address):
    endpoints.rotate_address(account, by=None)
    with pytest.raises(PreviousStillValid):
        endpoints.rotate_address(account, by=None)
    assert endpoints.previous_address(account) == address


def test_it_is_found_after_a_new_encryption_key_was_put_first(address, settings):
    settings.FIELD_ENCRYPTION_KEYS = [
        "bmV3LW5ldy1uZXctbmV3LW5ldy1uZXctbmV3LW5ldy0=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert authorised_address(address.token, {SECRET_HEADER: address.secret}) == address


def test_a_secret_that_cannot_be_read_is_told_from_a_wrong_one(address, settings, monkeypatch):
    token, secret = address.token, address.secret
    settings.FIELD_ENCRYPTION_KEYS = ["bG9zdC1sb3N0LWxvc3QtbG9zdC1sb3N0LWxvc3QtbG8="]
    monkeypatch.setattr(endpoints, "_digests", lambda _token: [address.token_digest])
    with pytest.raises(Unreadable):
        authorised_address(token, {SECRET_HEADER: secret})


def test_an_address_that_another_process_has_ended_is_accepted_for_half_a_second(
    address, monkeypatch, django_assert_num_queries
):
    headers = {SECRET_HEADER: address.secret}
    assert authorised_address(address.token, headers) == address
    with django_assert_num_queries(0):
        assert authorised_address(address.token, headers) == address
        assert authorised_address(address.token, {SECRET_HEADER: "wrong"}) is None
    CallbackAddress.objects.all().delete()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 0.5)
    assert authorised_address(address.token, headers) is None


def test_its_use_is_noted_now_and_then(address, django_assert_num_queries):
    endpoints.note_use(address)
    first = CallbackAddress.objects.get().last_used_at
    assert first
    endpoints.note_use(address)
    assert CallbackAddress.objects.get().last_used_at == first


def test_a_token_is_read_from_our_own_paths_only(address):
    path = endpoints.path_of(address)
    assert (
        endpoints.token_from_path(path)
        == endpoints.token_from_path(path.rstrip("/"))
        == address.token
    )
    assert [
        endpoints.token_from_path(other)
        for other in ("", "/", f"/x/{address.token}/", "/callbacks/a/")
    ] == [""] * 4
