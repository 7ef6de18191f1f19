"""The receiver's log, which the judge relies on, and its misbehaviour."""

import http.client
import json

import pytest

from tests.faults.connections import KEY
from tests.faults.misbehaviour import FAULTS
from tests.faults.receiver_process import ReceiverProcess

PATH = "/v1/FAULTS0/workflow/v1/instances/workflow-0/invoke"


@pytest.fixture
def started(tmp_path):
    running = []

    def started(**options):
        receiver = ReceiverProcess(
            tmp_path / f"{len(running)}.jsonl", latency=0, **{"rate": 0, "refused": 0} | options
        )
        running.append(receiver)
        return receiver.__enter__()

    yield started
    for receiver in running:
        receiver.__exit__()


def post(receiver, request_id, key=KEY):
    """The HTTP status, or the name of the exception if there is no answer."""
    connection = http.client.HTTPConnection(receiver.api_domain, timeout=10)
    try:
        connection.request(
            "POST",
            PATH,
            json.dumps({"requestId": request_id, "input": {"send1": {}}}),
            {"api-key": key},
        )
        answer = connection.getresponse()
        answer.read()
        return answer.status
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("dedupe", "answers", "effects"), [("on", [202, 400], 1), ("off", [202, 202], 2)]
)
def test_a_repeated_id_is_refused_or_is_a_second_message(started, dedupe, answers, effects):
    receiver = started(dedupe=dedupe)
    assert [post(receiver, "a") for _ in range(2)] == answers
    assert sum(line["effect"] for line in receiver.received) == effects


def test_the_answer_to_a_repetition_can_be_chosen(started):
    receiver = started(duplicate_status="409 Conflict", duplicate_text="again?")
    assert [post(receiver, "a") for _ in range(2)] == [202, 409]


def test_another_key_is_refused(started):
    receiver = started()
    assert post(receiver, "a", "another") == 401 and not receiver.received[0]["effect"]


def test_the_same_seed_misbehaves_in_the_same_way(started):
    ids = [f"id-{n}" for n in range(60)]
    answers = []
    for _ in range(2):
        receiver = started(seed=3, rate=0.5)
        for request_id in ids:
            post(receiver, request_id)
        answers.append([line["answer"] for line in receiver.received])
    assert answers[0] == answers[1] and len(set(answers[0]) & set(FAULTS)) > 12


def test_its_misbehaviour_can_be_ended(started):
    receiver = started(rate=1.0, refused=1.0)
    assert post(receiver, "a") != 202
    receiver.calm_down()
    while post(receiver, "b") not in (202, 400):
        pass
    assert post(receiver, "c") == 202


def test_what_is_refused_is_never_answered_as_taken(started):
    receiver = started(rate=1.0, refused=1.0)
    for n in range(60):
        post(receiver, f"id-{n}")
    assert not any(
        line["effect"] or line["answer"].startswith("accepts") for line in receiver.received
    )
