"""Values that can hardly be meant."""

import time

import pytest

from invocations.kaleyra.unlikely import unlikely

FOUND = {
    "place_in_value": "{{name}}|{{2}}|{name}|{#var#}|Dear {{ 1 }}|[[1]]|%FIRSTNAME%|$name|${name}"
    "|<name>|##name##|#param_url#|<%= name %>",
    "empty_word": "null|NULL| None |undefined|NaN|nan|N/A|n/a|nil|(null)|<null>|TRUE|False"
    "|null null|undefined undefined|Dear undefined,|Rs. NaN|Invalid Date|null, null|None/None"
    "|n/a n/a|TBA|tbc",
    "spreadsheet_error": "#N/A|#REF!|#VALUE!|#NAME?|#DIV/0!|#NUM!|#NULL!|#SPILL!|#BEZUG!|#NV"
    "|#¡VALOR!|########|Order #N/A",
    "object_value": "[object Object]|x [object Undefined]|<app.User object at 0x7f3a>"
    "|Optional[Asha]",
    "garbled_value": r"Smith &amp; Co|O&#39;Brien|&nbsp;|&#x27;a|caf\u00e9|6\" pipe|Asha%20Rao"
    "|Ren\ufffd|Ren\u00c3\u00a9|don\u00e2\u20ac\u2122t",
}
FINE = (
    "Asha|Nan|Nat|Noné|No|0|-|KF-20418|#1|#20418|Rs. 1,200.50|50%|$25|<3|a@b.example|(ok)|नमस्ते 🎉"
    "|https://kaveri.example/t?x=1#top|Nulland|12 #Main Rd!|NA|True North Ltd|Null & Sons"
    "|R&D; tests|AT&T;|50%25|C:\\new|Âme|SÃO PAULO|pão|50%-20%"
)


@pytest.mark.parametrize("code", FOUND)
def test_what_programs_write_for_a_missing_value_is_found(code):
    values = FOUND[code].split("|")
    assert {value: unlikely(value) for value in values} == dict.fromkeys(values, code)


@pytest.mark.parametrize("value", FINE.split("|"))
def test_what_may_be_meant_is_left_alone(value):
    assert unlikely(value) == ""


def test_part_of_an_address_may_have_percent_and_hash():
    assert unlikely("a%20b%C3%A9#top#", is_address=True) == ""
    assert unlikely("{{1}}", is_address=True) == "place_in_value"


@pytest.mark.parametrize(
    "evil",
    ["#", "#a", "#N/A", "[object ", "<a", "null ", "undefined", "#¡a", "null/", "&#", "a%2", "<%"],
)
def test_a_hostile_value_is_judged_quickly(evil):
    begun = time.thread_time()
    unlikely((evil * 100_000)[:100_000])
    assert time.thread_time() - begun < 1
