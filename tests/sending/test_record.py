"""Recording: the row is stored before anything is sent, and one request ID is one message."""

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invocations.kaleyra.payload import Send
from invocations.models import Attempt, Channel, Invocation, WorkflowInstance
from invocations.models.invocations import sends_in
from invocations.models.recipients import sent_to
from invocations.sending.record import NotAcknowledged, NotSendable, RequestIdTaken, record

pytestmark = pytest.mark.django_db

ASHA = {"01": "Asha"}
SENDS = [Send("919876543202", ASHA), Send("919876543202", ASHA)]
ID = uuid.UUID("6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e")


def record_message(workflow, sends=SENDS, created_by=None, **changes):
    return record(workflow, sends, **({"request_id": ID, "created_by": created_by} | changes))


@pytest.fixture
def priya(db):
    return User.objects.create_user("priya")


def test_it_is_queued_and_nothing_is_sent(workflow, receiver):
    invocation, recorded = record_message(workflow)
    assert recorded and invocation.status == "queued"
    assert not receiver.received and not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_is_committed(workflow):
    record_message(workflow)
    connection.rollback()
    assert Invocation.objects.filter(request_id=ID).exists()


def test_the_stored_payload_is_exactly_the_documented_json(workflow):
    invocation, _ = record_message(workflow)
    assert Invocation.objects.get(pk=invocation.pk).payload == (
        '{"requestId":"6f9e4c0a-7d3b-4a55-9b8e-0d1c2b3a4f5e","input":{"send1":{"recipient":"919876543202","templateParams":{"01":"Asha"}},'
        '"send2":{"recipient":"919876543202","templateParams":{"01":"Asha"}}}}'
    )


def test_a_line_break_in_a_value_is_stored_as_a_blank(workflow):
    broken = [Send("919876543202", {"01": "12 Main St\r\nPune"})] * 2
    invocation, _ = record_message(workflow, broken)
    assert invocation.payload.count('{"01":"12 Main St Pune"}') == 2
    in_one_line = [Send("919876543202", {"01": "12 Main St Pune"})] * 2
    assert record_message(workflow, in_one_line) == (invocation, False)


def test_the_same_message_again_returns_the_first_and_sends_nothing(workflow, priya, receiver):
    first, _ = record_message(workflow, created_by=priya)
    again, recorded = record_message(workflow, created_by=priya)
    assert (again.pk, recorded) == (first.pk, False)
    assert Invocation.objects.count() == 1 and not receiver.received


def test_the_same_message_is_recognised_after_a_new_encryption_key(workflow, settings):
    record_message(workflow)
    settings.FIELD_ENCRYPTION_KEYS = [
        "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    assert record_message(workflow)[1] is False


@pytest.mark.postgres
def test_people_exclude_each_other_while_encryption_keys_are_changed(workflow, settings):
    before = locks_taken(lambda: record_message(workflow))
    settings.FIELD_ENCRYPTION_KEYS = [
        "bmV3LWtleS1uZXcta2V5LW5ldy1rZXktbmV3LWtleS0=",
        *settings.FIELD_ENCRYPTION_KEYS,
    ]
    after = locks_taken(lambda: record_message(workflow, request_id=uuid.uuid4()))
    assert before and before < after


def locks_taken(deed):
    with CaptureQueriesContext(connection) as queries:
        deed()
    statements = [each["sql"] for each in queries if "pg_advisory_xact_lock" in each["sql"]]
    return {
        name for statement in statements for name in re.findall(r'"(\d+ [0-9a-f]+)"', statement)
    }


def another_number(workflow):
    return record_message(workflow, [Send("919876543203", {"01": "Asha"}), SENDS[1]])


def another_value(workflow):
    return record_message(workflow, [SENDS[0], Send("919876543202", {"01": "Arun"})])


def another_person(workflow):
    return record_message(workflow, created_by=User.objects.create_user("sven"))


def another_workflow(workflow):
    other = WorkflowInstance.objects.create(
        account=workflow.account, title="Other", workflow_instance_id="other"
    )
    for position, kind in enumerate(["whatsapp", "sms"], start=1):
        Channel.objects.create(workflow_instance=other, position=position, kind=kind)
    return record_message(other)


@pytest.mark.parametrize(
    "record_again", [another_number, another_value, another_person, another_workflow]
)
def test_the_same_id_for_another_message_is_refused_and_changes_nothing(workflow, record_again):
    record_message(workflow)
    before = Invocation.objects.values().get()
    with pytest.raises(RequestIdTaken):
        record_again(workflow)
    assert Invocation.objects.values().get() == before


def test_the_database_itself_refuses_a_second_row_with_the_id(workflow):
    record_message(workflow)
    columns = ", ".join(
        f.column for f in Invocation._meta.local_concrete_fields if not f.primary_key
    )
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO invocations_invocation ({columns})"
            f" SELECT {columns} FROM invocations_invocation"
        )


@pytest.mark.parametrize(
    ("sends", "code"),
    [
        ([], "other_channels"),
        (SENDS[:1], "other_channels"),
        ([*SENDS, SENDS[0]], "other_channels"),
        ([Send("+919876543202"), SENDS[1]], "recipient"),
        ([SENDS[0], Send("91 98765 43202")], "recipient"),
        ([Send(""), SENDS[1]], "recipient"),
        ([Send("0919876543202"), SENDS[1]], "recipient"),
        ([Send("١٢٣٤٥٦٧٨٩٠١٢"), SENDS[1]], "recipient"),
        ([Send("919876543202", ASHA | {"": "x"}), SENDS[1]], "no_key"),
        ([SENDS[0], Send("919876543202", {"01": " "})], "no_value"),
        ([SENDS[0], Send("919876543202", {"01": "a\x00b"})], "bad_value"),
        ([SENDS[0], Send("919876543202", ASHA | {"#other#": "x"})], "no_such_special_key"),
        ([SENDS[0], Send("919876543202", ASHA | {"2": "x", "10": "y"})], "out_of_order"),
    ],
)
def test_an_invalid_message_is_not_recorded(workflow, sends, code):
    with pytest.raises(NotSendable) as refusal:
        record_message(workflow, sends)
    assert refusal.value.code == code and not Invocation.objects.exists()


def test_a_message_of_an_inactive_workflow_is_not_recorded(workflow):
    workflow.is_active = False
    with pytest.raises(NotSendable, match="inactive"):
        record_message(workflow)
    assert not Invocation.objects.exists()


def test_a_refusal_names_no_number_and_no_value(workflow):
    with pytest.raises(NotSendable) as refusal:
        record_message(workflow, [Send("91 98765 43202", {"01": "Asha"}), SENDS[1]])
    assert str(refusal.value) == "recipient" and refusal.value.__cause__ is None


def test_a_number_finds_its_invocations_and_no_others(workflow):
    one, _ = record_message(workflow, [SENDS[0], Send("4915123012345", ASHA)])
    record_message(workflow, [Send("919876543203", ASHA)] * 2, request_id=uuid.uuid4())
    for number in ["919876543202", "4915123012345"]:
        assert list(Invocation.objects.filter(sent_to(number))) == [one]
    for stranger in ["91987654320", "9198765432021", "", "919876543999"]:
        assert not Invocation.objects.filter(sent_to(stranger)).exists()


def test_a_row_shows_only_the_last_digits_of_its_numbers(workflow):
    invocation, _ = record_message(workflow, [SENDS[0], Send("4915123012345", ASHA)])
    assert (invocation.recipient_hint, invocation.recipient2_hint) == (
        "+91 ••••• •3202",
        "+49 •••• •••2345",
    )


def test_one_number_for_both_channels_is_shown_once(workflow):
    assert record_message(workflow)[0].recipient2_hint == ""


def test_a_person_is_asked_about_a_repeat_and_nobody_else_is(workflow, priya):
    first, _ = record_message(workflow, created_by=priya)
    again = {"created_by": priya, "request_id": uuid.uuid4()}
    with pytest.raises(NotAcknowledged) as asked:
        record_message(workflow, **again, acknowledged=())
    assert [finding.token for finding in asked.value.findings] == [f"repeat:{first.request_id}"]
    assert Invocation.objects.count() == 1
    token = {f"repeat:{first.request_id}"}
    assert record_message(workflow, **again, acknowledged=token)[1]
    assert record_message(workflow, request_id=uuid.uuid4())[1], "a script is not asked"


def test_a_form_posted_twice_is_not_asked_about_itself(workflow, priya):
    first, _ = record_message(workflow, created_by=priya, acknowledged=())
    assert record_message(workflow, created_by=priya, acknowledged=()) == (first, False)


# --- sending an earlier message again -------------------------------------------------------------


def test_what_arrived_is_sent_again_only_by_whoever_acknowledges_that(workflow, recorded, ada):
    first = recorded()
    Invocation.objects.filter(pk=first.pk).update(
        status="accepted", delivery="completed", deciding_channel=1, due_at=None
    )
    options = {"request_id": uuid.uuid4(), "created_by": ada.person, "sent_again_from": first}
    sends = sends_in(first)
    with pytest.raises(NotAcknowledged) as refused:
        record(workflow, sends, acknowledged=[], **options)
    assert [finding.code for finding in refused.value.findings] == ["may_have_arrived"]
    tokens = [finding.token for finding in refused.value.findings]
    again, is_new = record(workflow, sends, acknowledged=tokens, **options)
    assert is_new and again.sent_again_from == first


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "queued"},
        {"status": "held"},
        {"status": "unknown", "due_at": "2030-01-01T00:00Z"},
        {"status": "accepted", "delivery": "awaiting", "result_due_at": "2030-01-01T00:00Z"},
        {"status": "rejected", "delivery": "completed", "deciding_channel": 1},
    ],
)
@pytest.mark.parametrize("acknowledged", [None, []])
def test_what_may_still_arrive_is_sent_again_by_nobody(workflow, recorded, columns, acknowledged):
    first = recorded()
    Invocation.objects.filter(pk=first.pk).update(**{"due_at": None} | columns)
    with pytest.raises(NotSendable) as refused:
        record(
            workflow,
            sends_in(first),
            request_id=uuid.uuid4(),
            created_by=None,
            acknowledged=acknowledged,
            sent_again_from=first,
        )
    assert refused.value.code == "not_resendable" and Invocation.objects.count() == 1
