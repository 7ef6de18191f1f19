"""The select without templates is the one that Django would write."""

import pytest
from django import forms
from django.test import SimpleTestCase

from invocations.forms.plain_select import PlainSelect

CHOICES = [("", "Any"), (1, "<b>One</b>"), ("two", "Two & three")]


class Both(forms.Form):
    own = forms.ChoiceField(choices=CHOICES, widget=PlainSelect, help_text="Which?")
    djangos = forms.ChoiceField(choices=CHOICES, help_text="Which?")


@pytest.mark.parametrize("chosen", ["", "1", "two", "neither", None, 1])
def test_it_has_the_same_options_attributes_and_choice(chosen):
    form = Both({"own": chosen, "djangos": chosen} if chosen is not None else None)
    own, djangos = (str(form[name]) for name in ("own", "djangos"))
    SimpleTestCase().assertHTMLEqual(own.replace("own", "djangos"), djangos)


def test_nothing_in_it_is_taken_for_markup():
    assert "&lt;b&gt;One&lt;/b&gt;" in str(Both()["own"])
