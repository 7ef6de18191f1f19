"""The editor of template parameters, without a page around it."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from invocations.composing.error_text import PARAMS_TEXT
from invocations.forms.template_params import Editor, TemplateParamsWidget
from invocations.kaleyra.template_params import ParamsError

THREE = Editor((("01", "a"), ("02", "b"), ("03", "c")))


@pytest.mark.parametrize(
    "action",
    [
        "",
        "nonsense",
        "up",
        "up-",
        "up-0",
        "up-3",
        "down-2",
        "remove",
        "remove-9",
        "move-0",
        "move-0-9",
        "up-" + "9" * 5000,
        "up-²",
        "up-٠",
        "rows",
        "move-x-0",
    ],
)
def test_an_unknown_action_changes_nothing(action):
    assert THREE.after(action).rows == THREE.rows and not THREE.after(action).as_json


def test_the_json_action_twice_keeps_the_json():
    as_json = THREE.after("json")
    assert as_json.after("json") == as_json and as_json.after("rows").rows == THREE.rows


def test_special_keys_move_with_their_values_and_numbers_do_not():
    editor = Editor((("#param_url#", "u"), ("01", "a"), ("02", "b"))).after("move-0-2")
    assert editor.rows == (("01", "a"), ("02", "b"), ("#param_url#", "u")) and editor.fresh_row == 2


def test_named_keys_move_with_their_values():
    assert Editor((("name", "a"), ("city", "b"))).after("down-0").rows == (
        ("city", "b"),
        ("name", "a"),
    )


def test_a_special_key_is_added_once():
    editor = THREE.after("add-#param_url#")
    assert editor.after("add-#param_url#") == editor


def test_a_new_row_takes_the_first_free_number():
    assert Editor((("01", "a"), ("03", "c"))).after("add").rows[-1] == ("02", "")
    many = Editor(tuple((f"{n:02}", "") for n in range(1, 100)))
    assert many.after("add").rows[-1] == ("", "")


def test_empty_rows_are_ignored():
    assert Editor((("", ""), ("01", "a"))).params() == {"01": "a"}


def test_a_line_break_in_a_value_becomes_a_blank_and_its_key_is_remembered():
    editor = Editor.of({"01": "a\r\nb", "02": "c  d"})
    assert editor.rows == (("01", "a b"), ("02", "c  d"))
    assert editor.keys_with_line_breaks() == {"01"}
    assert editor.after("json").after("rows").keys_with_line_breaks() == {"01"}
    assert editor.after("remove-0").keys_with_line_breaks() == set()


def test_a_line_break_in_json_becomes_a_blank_in_its_parameters_and_in_rows():
    editor = Editor(json='{"01": "a\\nb", "02": "c\\u2028d"}', as_json=True)
    assert editor.params() == {"01": "a b", "02": "c d"}
    assert editor.after("rows").rows == (("01", "a b"), ("02", "c d"))
    assert editor.keys_with_line_breaks() == {"01", "02"}


def test_keys_are_stripped_and_values_are_not():
    data = QueryDict("p-key=+01+&p-value=+a+&p-mode=rows")
    assert TemplateParamsWidget().value_from_datadict(data, {}, "p").rows == (("01", " a "),)


keys = st.sampled_from(["01", "02", "10", "name", "#param_url#", "#verification_code#", "A"])
rows = st.lists(
    st.tuples(
        keys, st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1)
    ),
    unique_by=lambda row: row[0],
    max_size=6,
)
actions = st.lists(
    st.sampled_from(
        [
            "add",
            "number",
            "json",
            "rows",
            "up-0",
            "up-1",
            "down-0",
            "down-1",
            "move-0-2",
            "move-2-0",
            "add-#param_header#",
        ]
    ),
    max_size=8,
)


@given(rows, actions)
def test_only_the_remove_action_loses_a_value(rows, actions):
    editor = Editor(tuple(rows))
    for action in actions:
        try:
            editor = editor.after(action)
        except ParamsError as error:
            assert PARAMS_TEXT[error.code] % error.facts
    if editor.as_json:
        assert all(value in editor.json or '"' in value or "\\" in value for _key, value in rows)
    else:
        assert sorted(value for _key, value in editor.rows if value) == sorted(
            value for _key, value in rows
        )
