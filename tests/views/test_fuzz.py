"""Arbitrary input never causes a server error (property-based)."""

from functools import partial

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.forms.submission_token import SubmissionToken
from invocations.models import Invocation
from tests.views.conftest import NUMBER
from tests.views.pages import opened

NASTY = [
    "",
    " ",
    "\0",
    "%s",
    "{{ 7 }}",
    "{% x %}",
    "{0.__class__}",
    "<script>",
    "' OR 1=1 --",
    "٣٣٣",
    "9" * 5000,
    "-1",
    "1e9",
    "null",
    "[]",
    "{",
    '{"a":"1"}',
    '{"\\ud800":"\\ud800"}',
    'curl -d \'{"a":"\\ud800"}\'',
    "\u202e",
    "on",
    NUMBER,
    "0001-01-01",
    "9999-12-31",
    "a{9999999999}",
]
anything = st.sampled_from(NASTY) | st.text(max_size=40)
ACTIONS = [
    "review",
    "edit",
    "paste",
    "mine",
    "save-preset",
    "nonsense",
    ":",
    "params:",
    "params2:up-9",
    "recipient:add",
    "params:rows",
    "params:json",
]
actions = st.sampled_from(ACTIONS) | st.builds(
    "params{}:{}-{}".format,
    st.sampled_from(["", "2"]),
    st.sampled_from(["add", "remove", "up", "down", "move", "number"]),
    anything,
)
one_of_each = partial(
    settings,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def answered(answer, *allowed):
    assert answer.status_code in (allowed or (200, 302, 400)), answer.status_code
    answer.content.decode()


@pytest.fixture
def names(priya, typed):
    """Field names that a browser would post, and some more."""
    form = opened(priya, f"/send/{typed.pk}/").form("review")
    besides = [
        "params-key",
        "params-value",
        "params-json",
        "params2-json",
        "preset_title",
        "preset_shared",
        "x\ud7ff",
    ]
    return [*sorted(form.fields.keys() - {"intent", "csrfmiddlewaretoken"}), *besides]


@pytest.mark.django_db
@one_of_each(max_examples=100)
@given(st.data())
def test_the_send_page_and_its_preview(priya, typed, names, data):
    posted = data.draw(
        st.dictionaries(st.sampled_from(names), st.lists(anything, max_size=3), max_size=8)
    )
    if data.draw(st.booleans()):
        posted |= {"recipient": [NUMBER], "same_recipient": ["on"]} | {
            f"value1-0{n}": ["a"] for n in (1, 2, 3)
        }
    posted["intent"] = data.draw(
        st.just(SubmissionToken.new(priya.person.pk, typed.pk).token) | anything
    )
    if data.draw(st.booleans()):
        answered(priya.post(f"/send/{typed.pk}/", posted | {"action": data.draw(actions)}))
    else:
        answered(priya.post(f"/send/{typed.pk}/preview/", posted))
    assert not Invocation.objects.exists()


@pytest.mark.django_db
@one_of_each(max_examples=70)
@given(
    st.dictionaries(
        st.sampled_from(
            ["status", "workflow", "account", "person", "since", "until", "before", "q"]
        ),
        anything,
        max_size=4,
    ),
    anything,
    st.booleans(),
)
def test_the_history(priya, recorded, query, q, searching):
    if not Invocation.objects.exists():
        recorded()
    answered(
        priya.post("/history/", query | {"q": q}) if searching else priya.get("/history/", query)
    )


@pytest.fixture
def contract(ada, typed):
    return opened(ada, f"/workflows/{typed.pk}/contract/").form("whatsapp-template_text")


TEXTS = (
    st.sampled_from(
        ["{{1}}", "{{name}}", "{name}", "{{9999}}", "{#var#}", "{{1}}{{a b}}", "{{ü_62}} {{-}}"]
    )
    | anything
)


@pytest.mark.django_db
@one_of_each(max_examples=50)
@given(st.data())
def test_the_texts_and_values(ada, typed, contract, data):
    posted = dict(contract.fields)
    for name in data.draw(st.lists(st.sampled_from(sorted(contract.fields)), max_size=5)):
        posted[name] = data.draw(TEXTS if name.endswith("_text") else anything)
    answered(ada.post(f"/workflows/{typed.pk}/contract/", posted))


@pytest.mark.django_db
@one_of_each(max_examples=40)
@given(anything, anything)
def test_the_rest(priya, plain, one, other):
    answered(priya.post("/me/", {"own_number": one}))
    answered(
        priya.get(f"/send/{plain.pk}/", {"again": one, "like": other, "preset": other}), 200, 404
    )
    priya.cookies["timezone"] = "".join(c for c in one if c.isascii() and c.isprintable())[:50]


def test_more_fields_than_any_form_has(priya, plain):
    answered(priya.post(f"/send/{plain.pk}/", {"params-key": ["k"] * 1100}), 400)


def test_more_bytes_than_any_form_has(priya, plain):
    answered(priya.post(f"/send/{plain.pk}/", {"note": "n" * 3_000_000}), 400)
