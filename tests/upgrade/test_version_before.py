"""What the version before stored, and what people have open, keeps working after an upgrade."""

import csv
import io
import json
from datetime import timedelta

import pytest
from celery import current_app
from django.apps import apps
from django.contrib.auth import get_user
from django.db import connection
from django.utils import timezone

import invocations.tasks  # noqa: F401  registers the tasks
from invocations.composing.stage import are_of_the_team
from invocations.models import Callback, Invocation, Profile
from invocations.models.encryption import EncryptedTextField
from invocations.models.recipients import digits_in, phone_digests
from invocations.results import pending
from tests.views.history.history_page import listed_ids
from tests.views.pages import Page, form_of, opened

from .conftest import BEFORE

FORMS, INVOCATIONS = BEFORE["forms"], BEFORE["invocations"]
TYPED = {
    "two_channels": {
        "recipient": "+91 80 6123 4590",
        "same_recipient": "on",
        "same_values": "on",
        "value1-01": "Asha",
        "value1-02": "KF-20418",
        "value1-03": "Friday",
        "value1-_23_param_5f_header_23_": "KF-20418",
        "value1-_23_param_5f_url_23_": "kf-20418",
        "reference": "CARE-2000",
        "note": "Called back.",
    },
    "single": {"recipient": "91 80 6123 4591", "value1-01": "Noor", "value1-02": "MG Road"},
    "two_channels_free": {
        "recipient": "+91 80 6123 4592",
        "same_recipient": "on",
        "params-mode": "rows",
        "params-key": ["01", "02"],
        "params-value": ["Hana", "free"],
        "params2-mode": "rows",
        "params2-key": ["01"],
        "params2-value": ["Hana"],
    },
}
"""What ada typed into her open forms, by the names of their fields."""
TYPED |= {"again": TYPED["two_channels"], "stale": TYPED["two_channels"]}


def post_open_form(client, name, action):
    """Presses a button of a form that the version before rendered."""
    form = FORMS[name]
    values = {"intent": form["token"], **TYPED[name], "action": action}
    return client.post(f"/send/{form['workflow_id']}/", values)


def id_of(name):
    return INVOCATIONS[name]["request_id"]


def encrypted_fields():
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield model, field


def test_stored_own_numbers_are_numbers_of_the_team(before):
    stored = {digits_in(each.own_number): each.own_number_digest for each in Profile.objects.all()}
    assert stored.pop("") == ""  # ann keeps none
    [(number, digest)] = stored.items()
    assert digest in phone_digests(number) and are_of_the_team([number])


# --- sessions, and forms that are open ------------------------------------------------------------


@pytest.mark.parametrize("username", BEFORE["sessions"])
def test_a_session_of_the_version_before_is_over(before, client, username):
    """Its key stands in the old table, and in every dump of it, as it is."""
    client.cookies["sessionid"] = BEFORE["sessions"][username]
    assert client.get("/").headers["Location"] == "/login/?next=/"


@pytest.mark.parametrize("username", sorted(set(BEFORE["sessions"]) - {"anonymous"}))
def test_people_of_the_version_before_sign_in_again(signed_in, username):
    client = signed_in(username)
    assert client.get("/").status_code == 200
    assert get_user(client).username == username


@pytest.mark.parametrize("name", ["two_channels", "two_channels_free", "single", "again"])
def test_an_open_form_leads_to_its_review_and_nothing_is_recorded_yet(ada, posted, name):
    review = Page(post_open_form(ada, name, "review"))
    assert review.status == 200 and review.form("send")["intent"] == FORMS[name]["token"]
    assert FORMS[name]["request_id"] in review.html
    assert Invocation.objects.count() == len(INVOCATIONS) and posted == []


@pytest.mark.parametrize("name", ["two_channels", "two_channels_free", "single"])
def test_an_open_form_sends_one_message_with_the_request_id_of_its_token(ada, posted, name):
    request_id = FORMS[name]["request_id"]
    for _press in range(2):
        assert post_open_form(ada, name, "send").headers["Location"] == f"/history/{request_id}/"
    row = Invocation.objects.exclude(request_id__in=map(id_of, INVOCATIONS)).get()
    assert posted == [request_id] == [str(row.request_id)]
    assert (row.status, row.workflow_invocation_id) == ("accepted", "Later1")


def test_an_open_form_of_a_repeated_message_still_names_the_message_before_it(ada, posted):
    post_open_form(ada, "again", "send")
    row = Invocation.objects.get(request_id=FORMS["again"]["request_id"])
    assert str(row.sent_again_from.request_id) == FORMS["again"]["again"] == id_of("failed")


def test_a_form_that_was_open_for_two_days_sends_nothing_and_keeps_what_was_typed(ada, posted):
    form = form_of(post_open_form(ada, "stale", "send"))
    assert form["intent"] != FORMS["stale"]["token"] and form["value1-02"] == "KF-20418"
    assert Invocation.objects.count() == len(INVOCATIONS) and posted == []


# --- stored rows ----------------------------------------------------------------------------------


def test_the_migrations_keep_every_row(before):
    with connection.cursor() as cursor:
        for table, count in BEFORE["rows"].items():
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (count,), table


@pytest.mark.parametrize("name", INVOCATIONS)
def test_an_invocation_says_what_it_said(before, name):
    row = Invocation.objects.select_related("sent_again_from").get(request_id=id_of(name))
    original = row.sent_again_from
    said = {field: getattr(row, field) for field in INVOCATIONS[name]} | {
        "request_id": str(row.request_id),
        "sent_again_from": str(original.request_id) if original else None,
    }
    assert said == INVOCATIONS[name]


@pytest.mark.parametrize("name", INVOCATIONS)
def test_an_invocation_has_its_page_and_its_fragment_beside_the_history(ada, name):
    address = f"/history/{id_of(name)}/"
    assert id_of(name) in opened(ada, address).html
    fragment = ada.get(f"{address}beside/", headers={"HX-Request": "true"})
    assert fragment.status_code == 200 and address in Page(fragment).links


def test_every_encrypted_value_is_still_readable(before):
    for model, field in encrypted_fields():
        for row in model._default_manager.all():
            assert getattr(row, field.attname) is not None or field.null, (row, field)


@pytest.mark.parametrize(
    "value", BEFORE["encrypted"], ids=lambda value: f"{value['table']}.{value['column']}"
)
def test_an_encrypted_value_decrypts_to_what_was_stored(before, value):
    [(model, field)] = [
        (model, field)
        for model, field in encrypted_fields()
        if (model._meta.db_table, field.column) == (value["table"], value["column"])
    ]
    row = model._default_manager.get(pk=value["pk"])
    assert getattr(row, field.attname) == value["text"]


def test_the_encrypted_values_above_are_of_every_encrypted_column():
    columns = {(value["table"], value["column"]) for value in BEFORE["encrypted"]}
    # New in version 0.2.0:
    columns |= {("invocations_keptform", "body"), ("invocations_note", "text")}
    columns |= {("invocations_adminrequest", "wish")}
    # New in version 0.4.0:
    tables = ("batch", "batchchunk", "batchpart", "columnchoice")
    fields = [(model._meta.db_table, field.column) for model, field in encrypted_fields()]
    columns |= {
        (table, column) for table, column in fields if table.removeprefix("invocations_") in tables
    }
    # New in version 0.5.0:
    columns |= {("invocations_erasure", "number")}
    assert columns == {(model._meta.db_table, field.column) for model, field in encrypted_fields()}


def test_a_queued_message_is_delivered_with_its_request_id(ada, posted):
    ada.post(f"/history/{id_of('queued')}/try-again/", {"status": "queued"})
    assert posted == [id_of("queued")]
    assert Invocation.objects.get(request_id=id_of("queued")).status == "accepted"


def test_the_sweep_confirms_an_interrupted_message_by_the_result_that_waited_for_it(before):
    current_app.tasks["invocations.sweep"]()
    row = Invocation.objects.get(request_id=id_of("interrupted_sending"))
    assert (row.status, row.reason) == ("accepted", "confirmed_by_result")
    assert row.workflow_invocation_id == "OtherUnderWay"


def test_a_callback_address_still_takes_a_result_of_a_message_sent_before(client, before):
    """Of Kaleyra's server, so without a session."""
    result = {
        "workflowInvocationId": INVOCATIONS["awaiting"]["workflow_invocation_id"],
        "executionStatus": "COMPLETED",
        "result": {"channel1": {"channel": "whatsapp", "statusCode": "DELIVERED"}},
    }
    address = BEFORE["callback"]
    answer = client.post(
        f"/callbacks/{address['token']}/",
        json.dumps(result),
        content_type="application/json",
        headers={"X-Callback-Secret": address["secret"]},
    )
    pending.read_all(timezone.now())
    row = Invocation.objects.get(request_id=id_of("awaiting"))
    assert (answer.status_code, row.delivery, row.deciding_channel) == (200, "completed", 1)
    assert Callback.objects.latest("pk").invocation == row


def test_no_message_of_the_version_before_comes_first_and_its_doubt_has_lost_no_time(before):
    rows = Invocation.objects.values_list("comes_first", "unasked_for").distinct().order_by()
    assert set(rows) == {(False, timedelta(0))}


# --- filters, presets, exports --------------------------------------------------------------------


@pytest.mark.parametrize("saved", BEFORE["saved_filters"], ids=lambda saved: saved["query"])
def test_a_saved_filter_still_lists_what_it_listed(signed_in, saved):
    client = signed_in(saved["person"])
    page, query = opened(client, "/history/"), f"?{saved['query']}"
    assert f"/history/{query}" in page.links and saved["name"] in page.html
    assert listed_ids(client, query) == saved["lists"]


def test_a_preset_still_fills_in_the_form(ada):
    form = opened(ada, "/send/1/?preset=1").form("review")
    for name in [name for name in TYPED["two_channels"] if name.startswith("value1-")]:
        assert form[name] == TYPED["two_channels"][name]


def test_a_shared_preset_still_fills_in_the_free_editor(ada):
    form = opened(ada, "/send/4/?preset=3").form("review")
    assert form["params-key"] == "01" and form["params-value"] == "x"
    assert form["params2-key"] == ["01", "extra"] and form["params2-value"] == ["y", "z"]


def test_an_export_that_was_waiting_is_written_and_downloaded(ada):
    current_app.tasks["invocations.write_exports"]()
    download = ada.post(f"/history/exports/{BEFORE['exports']['waiting']}/download/")
    text = b"".join(download.streaming_content).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert {line["Request ID"] for line in lines} == set(map(id_of, INVOCATIONS))


# --- addresses ------------------------------------------------------------------------------------


MOVED = {
    "/invocations/": "/",
    "/invocations/workflowinstance/1/texts/": "/invocations/workflowinstance/1/change/",
    "/invocations/workflowinstance/1/results/": "/accounts/1/results/",
}
"""They lead everybody on; the page there asks for the right. Django's list of an app's models leads
home, for the menu has each list. Texts and values are on the workflow's page.
"""


@pytest.mark.parametrize("address", BEFORE["answers"])
def test_an_address_of_the_version_before_answers_everybody_as_before(signed_in, address):
    answers = [signed_in(username).get(address).status_code for username in BEFORE["people"]]
    assert answers == ([302] * 5 if address in MOVED else BEFORE["answers"][address])


@pytest.mark.parametrize("address", MOVED)
def test_an_address_that_moved_leads_to_its_page_of_today(signed_in, address):
    client = signed_in("admin")
    assert client.get(address).headers["Location"] == MOVED[address]
    assert client.get(MOVED[address]).status_code == 200
