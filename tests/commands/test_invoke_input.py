"""`manage.py invoke --input`: numbers and values from a file or standard input."""

import io
import json
import uuid

import pytest

from invocations.models import Invocation

pytestmark = pytest.mark.django_db
NUMBER, VALUE = "919876543202", "Asha-canary"
ID = "6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e"
SEND = {"recipient": NUMBER, "templateParams": {"01": VALUE}}
SENT = {"send1": SEND, "send2": SEND}
SHAPES = {
    "short": {"recipient": NUMBER, "params": {"01": VALUE}},
    "short, channel by channel": {
        "recipient": NUMBER,
        "recipient2": NUMBER,
        "params1": {"01": VALUE},
        "params2": {"01": VALUE},
    },
    "the API's body": {"requestId": ID, "input": SENT},
    "the API's body without an ID": {"input": SENT},
    "its input alone": SENT,
    "template_Params": {
        "input": {"send1": {"recipient": NUMBER, "template_Params": {"01": VALUE}}}
        | {"send2": {"recipient": NUMBER, "templateparams": {"01": VALUE}}}
    },
}


@pytest.fixture
def given(invoke, monkeypatch, tmp_path):
    """given(content, "--json"): by standard input; given(…, by="file"): by a file."""

    def given(content, *words, by="-"):
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(raw)))
        if by == "file":
            (tmp_path / "input.json").write_bytes(raw)
            by = str(tmp_path / "input.json")
        return invoke("--input", by, *words, values=False)

    return given


@pytest.mark.parametrize("by", ["-", "file"])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_sends_the_same(given, receiver, shape, by):
    assert given(SHAPES[shape], by=by)[0] == 0
    assert json.loads(receiver.received[0].body)["input"] == SENT


def test_the_id_and_the_ticket_may_be_in_it(given):
    given({**SHAPES["short"], "request_id": ID, "reference": "T-1"})
    assert Invocation.objects.values_list("request_id", "reference").get() == (
        uuid.UUID(ID),
        "T-1",
    )


def test_it_goes_together_with_the_other_options(given, receiver):
    code, printed = given(SHAPES["short"], "--dry-run", "--json")
    shown = json.loads(printed)
    assert (code, shown["payload"]["input"], shown["findings"]) == (0, SENT, [])
    assert given({"recipient": NUMBER}, "--check")[0] == 2
    two_numbers = {**SHAPES["short"], "recipient2": "4915123012345"}
    assert given(two_numbers, "--check", "--json")[0] == 0
    assert given(two_numbers, "--strict")[0] == 2
    assert not receiver.received


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"{", "is not JSON"),
        (b"\xff\xfe{", "is not UTF-8"),
        (b"[" * 60_000, "is not JSON"),
        (b" " * 70_000, "longer than 64 KiB"),
        ([], "is not a JSON object"),
        ("919876543202", "is not a JSON object"),
        ({}, "There is no number"),
        ({"params": {"01": VALUE}}, "There is no number"),
        ({**SHAPES["short"], "phone": NUMBER}, "has 'phone'"),
        ({"input": SENT, "recipient": NUMBER}, "has 'recipient'"),
        ({"input": {"send1": SEND, "send3": SEND}}, "has 'send3'"),
        ({"input": {"send2": SEND}}, "has no 'send1'"),
        ({"input": {"send1": {**SEND, "to": NUMBER}}}, "has 'to'"),
        ({"requestId": ID}, "'input' is not a JSON object"),
        ({"requestId": "x", "input": SENT}, "'requestId' is not a UUID"),
        ({"recipient": 919876543202}, "is not a text"),
        ({"recipient": NUMBER, "params": {"01": 5}}, "'01' in 'params' is not a text"),
        ({"recipient": NUMBER, "params": [VALUE]}, "'params' is not a JSON object"),
        (b'{"recipient": "919876543202", "recipient": "4915123012345"}', "has 'recipient' twice"),
        (b'{"recipient": "919876543202", "params": {"01": "a", "01": "b"}}', "has '01' twice"),
        ({NUMBER: {"01": VALUE}}, "has '[number ending in 3202]'"),
        ({"recipient": NUMBER, "params": {NUMBER: 5}}, "'[number ending in 3202]' in 'params'"),
    ],
)
def test_what_cannot_be_read_is_refused_and_not_quoted(given, receiver, content, words):
    code, said = given(content)
    assert code == 2 and words in said
    assert NUMBER not in said and VALUE not in said
    assert not receiver.received and not Invocation.objects.exists()


@pytest.mark.parametrize(
    ("more", "arguments"),
    [
        ({}, ["--recipient", NUMBER]),
        ({"recipient2": NUMBER}, ["--recipient2", NUMBER]),
        ({}, ["--param", "01=x"]),
        ({}, ["--param2", "01=x"]),
        ({"request_id": ID}, ["--request-id", ID]),
        ({"reference": "T-1"}, ["--reference", "T-2"]),
    ],
)
def test_nothing_may_be_given_by_both(given, receiver, more, arguments):
    code, said = given({**SHAPES["short"], **more}, *arguments)
    assert code == 2 and "given twice" in said and not receiver.received


def test_what_one_of_them_lacks_the_other_may_give(given, receiver):
    assert given({"recipient": NUMBER}, "--param", f"01={VALUE}")[0] == 0
    assert given({"params": {"01": VALUE}}, "--recipient", NUMBER)[0] == 0
    assert len(receiver.received) == 2


def test_a_key_may_contain_an_equals_sign_and_is_judged_by_the_gate(given):
    code, said = given({"recipient": NUMBER, "params": {"01": VALUE, "a=b": "c"}}, "--check")
    assert ("KEY=VALUE" not in said and "a=b" in said) or code == 0


def test_a_missing_file_and_a_missing_number_are_named(invoke, tmp_path):
    code, said = invoke("--input", str(tmp_path / "none.json"), values=False)
    assert code == 2 and "No such file" in said
    assert invoke("--input", str(tmp_path), values=False)[0] == 2
    assert invoke("--check") == (2, "There is no number: give --recipient, or one in --input.")
