"""What is told before sending."""

from datetime import timedelta

import pytest
from django.utils import timezone

from invocations.composing import error_text, warnings
from invocations.kaleyra import limits, recipients
from invocations.models import Channel, Invocation
from invocations.sending.deliver import deliver

NUMBER = recipients.clean("919876543202")


@pytest.fixture
def told(workflow):
    return lambda: [caution.text for caution in warnings.of_the_past(workflow, [NUMBER, NUMBER])]


def test_nothing_is_told_of_a_first_message(told):
    assert told() == []


def test_who_sent_it_to_the_same_number_and_when(told, recorded, priya):
    row = recorded(created_by=priya.person)
    assert told() == ["priya sent this workflow to this number just now."]
    Invocation.objects.update(created_at=timezone.now() - timedelta(minutes=4, seconds=5))
    assert told() == ["priya sent this workflow to this number 4 minutes ago."]
    assert (
        warnings.of_the_past(row.workflow_instance, [NUMBER])[0].link
        == f"/history/{row.request_id}/"
    )


def test_a_script_has_no_name(told, recorded):
    recorded()
    assert told() == ["A script sent this workflow to this number just now."]


@pytest.mark.parametrize(
    "changes",
    [
        {"created_at": timezone.now() - timedelta(minutes=31)},
        {"status": "rejected"},
        {"status": "expired"},
        {"status": "cancelled"},
    ],
)
def test_what_is_long_ago_or_never_left_is_not_told(told, recorded, changes):
    recorded()
    Invocation.objects.update(**changes)
    assert told() == []


@pytest.mark.parametrize("status", ["queued", "accepted", "unknown", "held"])
def test_what_may_have_left_is_told(told, recorded, status):
    recorded()
    Invocation.objects.update(status=status)
    assert len(told()) == 1


def test_another_number_is_not_told_of(told, recorded):
    recorded("404")
    assert told() == []


def test_three_refusals_as_not_published_in_a_row(told, recorded):
    for _ in range(3):
        assert told() == []
        deliver(recorded("400").pk)
    assert told() == [
        "The last 3 messages of this workflow were refused as not published."
        " This one will probably be, too."
    ]
    deliver(recorded("404").pk)
    assert told() == []


def test_refusals_that_cannot_be_decrypted_tell_nothing(told, recorded, settings):
    for _ in range(3):
        deliver(recorded("400").pk)
    settings.FIELD_ENCRYPTION_KEYS = ["b3RoZXIta2V5LW90aGVyLWtleS1vdGhlci1rZXktMTI="]
    assert told() == []


def test_two_different_numbers():
    assert [caution.text for caution in warnings.of_the_numbers([NUMBER, NUMBER])] == []
    other = recipients.clean("442079460958")
    assert "two different numbers" in warnings.of_the_numbers([NUMBER, other])[0].text


def test_a_number_in_no_known_range_is_told_of_masked():
    text = warnings.of_the_numbers([recipients.clean("911000000000")])[0].text
    assert "India" in text and "0000 " in text and "911000000000" not in text.replace(" ", "")


@pytest.mark.parametrize("code", sorted(error_text.LIMIT_TEXT))
def test_every_finding_has_its_sentence(code):
    facts = {
        "length": 31,
        "limit": 30,
        "over": 1,
        "which": ("tab",),
        "missing": (2,),
        "first": 2,
        "text": "{x}",
        "order": (),
        "before": (),
    }
    assert "%(" not in error_text.limit_text(
        limits.LimitFinding(code, "<key>", blocks=True, facts=facts)
    )


@pytest.mark.parametrize(
    ("kind", "text", "otp", "params", "codes"),
    [
        ("sms", "{#var#}", False, {"01": "x" * 31}, {"dlt_too_long"}),
        ("sms", "{#var#}", False, {"01": "a<b"}, {"dlt_angle"}),
        ("sms", "{name}", False, {"name": "x" * 31}, set()),
        ("whatsapp", "{{1}}", False, {"01": "x" * 31}, set()),
        ("whatsapp", "{{1}}", True, {"#verification_code#": "1" * 16}, {"code_too_long"}),
        ("whatsapp", "{{1}}", False, {"01": "a\nb"}, {"whatsapp_white_space"}),
        ("whatsapp", "", False, {"10": "a", "2": "b"}, {"out_of_order"}),
        ("sms", "{#var#}{#var#}", False, {"#param_url#": "u", "01": "a"}, {"special_first"}),
    ],
)
def test_the_rules_of_a_channel_are_asked(kind, text, otp, params, codes):
    channel = Channel(kind=kind, position=1, template_text=text, is_otp=otp)
    assert {finding.code for finding in warnings.findings(channel, params, "IN")} == codes


def test_another_country_has_no_indian_rules():
    assert (
        warnings.findings(Channel(kind="sms", template_text="{#var#}"), {"01": "x" * 31}, "GB")
        == []
    )
