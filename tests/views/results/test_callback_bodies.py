"""Any body that Kaleyra's address receives is stored or refused, without an error."""

import io
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.kaleyra.callback_body import MAX_CALLBACK_BYTES
from invocations.models import Callback
from tests.views.results.conftest import RESULT

ODD_BODIES = [
    b"",
    b"null",
    b"[[[",
    b"[" * 100_000,
    b"\xff\xfe\x00",
    b"\x1f\x8b\x08\x00gzip",
    b'{"workflowInvocationId":"\\ud800\\u0000","result":{"channel1":{"statusCode":NaN}}}',
    b'{"workflowInvocationId":"' + b"x" * 200_000 + b'"}',
    b'{"workflowInvocationId":"A","timestamp":"9999-12-31T23:59:59-12:00",'
    b'"result":{"channel1":{"createdAt":"0001-01-01T00:00:00+14:00"}}}',
    json.dumps(
        {
            "workflowInvocationId": "A",
            "result": {
                f"channel{n}": {"statusCode": "<script>\u202e", "to": "9" * 60} for n in range(50)
            },
        }
    ).encode(),
]


@pytest.mark.parametrize("raw", ODD_BODIES)
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/html",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
    ],
)
def test_odd_bodies_are_stored_and_answered_200(post, sven, raw, content_type):
    assert post(raw, content_type=content_type).status_code == 200
    assert Callback.objects.count() == 1 and sven.get("/results/unmatched/").status_code == 200


@pytest.mark.django_db
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.binary(max_size=300)
    | st.text().map(
        lambda text: json.dumps(RESULT | {"workflowInvocationId": text, "x": text}).encode()
    )
)
def test_any_bytes_are_stored_and_answered_200(post, raw):
    before = Callback.objects.count()
    assert post(raw).status_code == 200 and Callback.objects.count() in {before, before + 1}


def test_a_compressed_body_is_stored_and_not_unpacked(post):
    assert post(b"\x1f\x8b\x08\x00", headers={"Content-Encoding": "gzip"}).status_code == 200
    assert Callback.objects.get().problem == "compressed"


def test_a_body_over_the_limit_is_refused(post):
    assert post(b"x" * MAX_CALLBACK_BYTES).status_code == 200
    assert post(b"y" * (MAX_CALLBACK_BYTES + 1)).status_code == 413
    assert Callback.objects.count() == 1


@pytest.mark.parametrize(
    ("length", "status"),
    [("10000000000", 413), ("9" * 5000, 413), ("1000", 400), ("-1", 200), ("x", 200)],
)
def test_a_wrong_content_length_is_answered_without_an_error(post, length, status):
    answer = post(b"{}", CONTENT_LENGTH=length, **{"wsgi.input": io.BytesIO(b"{}")})
    assert answer.status_code == status


@pytest.mark.parametrize(("size", "status"), [(50, 200), (MAX_CALLBACK_BYTES + 1, 413)])
def test_a_chunked_body_is_read_to_its_end_or_to_the_limit(post, size, status):
    stream = io.BytesIO(b"x" * size)
    in_chunks = {"CONTENT_LENGTH": "", "wsgi.input_terminated": True, "wsgi.input": stream}
    assert post(b"", headers={"Transfer-Encoding": "chunked"}, **in_chunks).status_code == status
    assert [len(each.body) for each in Callback.objects.all()] == ([size] if status == 200 else [])


def test_a_broken_connection_stores_nothing(post):
    class Broken(io.BytesIO):
        def read(self, *size):
            raise OSError("reset")

    assert post(b"{}", **{"wsgi.input": Broken()}).status_code == 400
    assert not Callback.objects.exists()
