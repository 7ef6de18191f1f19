"""The field of one value, and what presets and intents keep."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.composing.field_names import field_name
from invocations.composing.template_fields import TemplateField
from invocations.forms.values import value_field
from invocations.models import Parameter


def field(by_position=True, **words):
    said = Parameter(key="01", **words)
    return value_field(TemplateField("01", by_position, said.label or "01", said))


def test_a_value_that_goes_by_name_may_be_left_out():
    assert field(by_position=False, required=False).clean("") == ""


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, min_size=2, max_size=6))
def test_no_two_keys_share_a_field(keys):
    names = [field_name(1, key) for key in keys]
    assert len(set(names)) == len(keys)
    assert all(
        name.isascii()
        and not set(name) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
        for name in names
    )


@pytest.mark.parametrize(
    ("one", "other"), [("a 0", "aȀ"), ("_", "5f"), ("-", "_2d"), ("a-1", "aː")]
)
def test_not_even_keys_made_to_collide(one, other):
    assert field_name(1, one) != field_name(1, other)
