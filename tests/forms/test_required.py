"""What a form says of a field that was left empty."""

from django import forms


class Some(forms.Form):
    name = forms.CharField()
    kind = forms.ChoiceField(choices=[("a", "A")])
    file = forms.FileField()
    own = forms.CharField(error_messages={"required": "Type the note first."})


def test_an_empty_field_says_what_to_do():
    said = {name: errors[0] for name, errors in Some({}).errors.items()}
    assert said == {
        "name": "Fill this in.",
        "kind": "Choose one.",
        "file": "Choose a file.",
        "own": "Type the note first.",
    }
