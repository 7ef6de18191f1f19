"""Which value of a pasted body goes into which field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.composing.placing import place
from invocations.composing.template_fields import fields_of
from invocations.kaleyra.rendering import resolve
from invocations.kaleyra.template_params import ChannelKind
from invocations.models import Channel

CODE, HEADER, URL = "#verification_code#", "#param_header#", "#param_url#"


class StoredNowhere(Channel):
    """A channel without an admin's rules."""

    class Meta:
        proxy = True
        app_label = "invocations"

    @property
    def parameters(self):
        return self

    def all(self):
        return ()


def placed(text, params, kind="whatsapp", **texts):
    fields = fields_of(StoredNowhere(kind=kind, position=1, template_text=text, **texts))
    return place(fields, params, ChannelKind(kind))


def letters(*keys):
    """A value for each key: "a" for the first."""
    return dict(zip(keys, "abcdefghijklmnopqrstuvwxyz", strict=False))


THREE = "{{1}} {{2}} {{3}}"
THREE_IN_SMS = "{#var#} {#var#} {#var#}"
TWELVE = " ".join(["{#var#}"] * 12)


@pytest.mark.parametrize(
    ("keys", "values"),
    [
        (("1", "2", "3"), {"01": "a", "02": "b", "03": "c"}),
        (("3", "1", "2"), {"01": "b", "02": "c", "03": "a"}),
        (("01", "02", "03"), {"01": "a", "02": "b", "03": "c"}),
        (("001", "002", "003"), {"01": "a", "02": "b", "03": "c"}),
        (("1_name", "2_city", "3_day"), {"01": "a", "02": "b", "03": "c"}),
        (("01", "2", "3"), {"01": "a", "02": "b", "03": "c"}),
        (("0", "1", "2"), {"01": "a", "02": "b", "03": "c"}),
        (("1", "2"), {"01": "a", "02": "b"}),
        (("name", "city"), {"01": "b", "02": "a"}),
    ],
)
@pytest.mark.parametrize(("text", "kind"), [(THREE, "whatsapp"), (THREE_IN_SMS, "sms")])
def test_places_by_position_take_the_values_in_the_order_of_the_keys(text, kind, keys, values):
    found = placed(text, letters(*keys), kind)
    assert (found.values, found.others) == (values, {})
    assert found.empty == tuple(key for key in ("01", "02", "03") if key not in values)


def test_keys_of_the_form_go_to_their_own_fields():
    found = placed(THREE, {"03": "c", "01": "a", "note": "x"})
    assert (found.values, found.others, found.empty) == (
        {"01": "a", "03": "c"},
        {"note": "x"},
        ("02",),
    )
    assert not found.renamed


def test_more_values_than_places_are_left_over():
    found = placed("{{1}} {{2}}", letters("1", "2", "3"))
    assert (found.values, found.others) == ({"01": "a", "02": "b"}, {"3": "c"})


def test_twelve_keys_without_zeros_stand_as_kaleyra_sorts_them_and_are_told():
    found = placed(TWELVE, letters(*(str(n) for n in range(1, 13))), "sms")
    assert list(found.values.values()) == ["a", "j", "k", "l", *"bcdefghi"]
    assert found.misleading[0] == "10" and found.renamed["10"] == "02"


def test_twelve_keys_with_zeros_or_names_are_in_order():
    for keys in ([f"{n:02}" for n in range(1, 13)], [f"{n:02}_x" for n in range(1, 13)]):
        found = placed(TWELVE, letters(*keys), "sms")
        assert list(found.values.values()) == list("abcdefghijkl") and not found.misleading


def test_special_keys_and_names_go_to_the_field_of_that_name():
    found = placed(
        "{{1}} {{name}}",
        {"1": "a", "name": "b", HEADER: "h", URL: "u", "Name": "c"},
        header_text="{{1}}",
        button_url="https://x.example/{{1}}",
    )
    assert found.values == {"01": "a", "name": "b", HEADER: "h", URL: "u"}
    assert found.others == {"Name": "c"}


def test_a_code_takes_the_first_place_of_an_otp_and_no_other():
    otp = placed("{#var#} {#var#}", {CODE: "123", "1": "a"}, "sms", is_otp=True)
    assert otp.values == {CODE: "123", "01": "a"}
    assert placed("{#var#}", {CODE: "123"}, "sms").others == {CODE: "123"}


def test_an_sms_takes_header_and_link_as_ordinary_values_if_all_of_them_fit():
    assert placed("{#var#} {#var#}", {URL: "u", "1": "a"}, "sms").values == {"01": "u", "02": "a"}
    assert placed("{#var#}", {URL: "u", "1": "a"}, "sms").others == {URL: "u"}


KEYS = st.sampled_from(["1", "2", "10", "01", "1_a", "2_b", "name", "City", "00", "3"])


@given(st.dictionaries(KEYS, st.text("xyz", min_size=1), max_size=6), st.integers(1, 6))
def test_the_customer_gets_what_the_pasted_body_would_have_given(params, count):
    """Unless its keys are those of the form, which leave a place empty."""
    text = " ".join(f"{{{{{n}}}}}" for n in range(1, count + 1))
    found = placed(text, params)
    assert sorted([*found.values.values(), *found.others.values()]) == sorted(params.values())
    if found.renamed:
        kind = ChannelKind.WHATSAPP
        assert resolve(text, found.values, kind).text == resolve(text, params, kind).text


@pytest.mark.parametrize("keys", [("01", "02", "03"), ("1", "2", "3")])
def test_values_of_places_side_by_side_are_joined_in_their_field(keys):
    found = placed("Dear {#var#}{#var#}, order {#var#}", letters(*keys), "sms")
    assert found.values == {"01": "ab", "03": "c"}
    assert found.others == {} and found.empty == ()
