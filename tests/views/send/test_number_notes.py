"""What reading changed in a typed number is said wherever the number is shown."""

import pytest

from tests.views.pages import send_form

TYPED, NOTE = "+44 (0)20 7946 0958", "The 0 after the country code was taken out."


@pytest.fixture
def form(priya, typed):
    values = {"value1-01": "Asha", "value1-02": "1 year", "value1-03": "15%"}
    return send_form(priya, typed).fill(values, recipient=TYPED)


def test_the_preview_says_it(priya, typed, form):
    assert NOTE in priya.post(f"/send/{typed.pk}/preview/", form.fields).content.decode()


def test_the_review_says_it(priya, form):
    assert NOTE in form.press(priya, "review").content.decode()


def test_the_review_says_it_of_the_channel_whose_number_it_is(priya, form):
    form.fill(recipient="+44 7700 900123", recipient2=TYPED)
    del form["same_recipient"]
    assert form.press(priya, "review").content.decode().count(NOTE) == 1


def test_a_paste_says_it_before_the_form_shows_another_spelling(priya, typed, form):
    body = '{"input": {"send1": {"recipient": "+44 (0)20 7946 0958"}}}'
    html = form.fill(pasted=body).press(priya, "paste").content.decode()
    assert NOTE in html and "+44 20 7946 0958" in html


def test_the_profile_says_it(priya):
    answer = priya.post("/me/", {"own_number": TYPED}, follow=True)
    assert f"Saved. {NOTE}" in answer.content.decode()
