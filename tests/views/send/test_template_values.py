"""The fields that a workflow's templates ask for, and the keys that are sent."""

from invocations.models import Invocation
from tests.views.conftest import NUMBER
from tests.views.pages import form_of, opened, send_form
from tests.views.send.send_page import expected_body, send_and_receive


def test_the_form_shows_the_admins_labels_and_sends_the_keys(priya, typed, posted):
    page = opened(priya, f"/send/{typed.pk}/")
    assert "First name" in page.html and "For how long" in page.html
    form = page.form("review").fill(
        {"recipient": NUMBER, "value1-01": "Asha", "value1-02": "1 year", "value1-03": "15%"}
    )
    values = {"templateParams": {"01": "Asha", "02": "1 year", "03": "15%"}}
    request = send_and_receive(priya, form, posted)
    assert request.body == expected_body(values, values)


def test_ten_and_more_values_keep_their_order(priya, make_workflow, posted):
    workflow = make_workflow(" ".join(f"{{{{{n}}}}}" for n in range(1, 13)), None)
    form = send_form(priya, workflow).fill(
        {f"value1-{n:02}": f"v{n}" for n in range(1, 13)}, recipient=NUMBER
    )
    request = send_and_receive(priya, form, posted)
    assert list(request.body["input"]["send1"]["templateParams"].items()) == [
        (f"{n:02}", f"v{n}") for n in range(1, 13)
    ]


def test_each_channel_gets_only_the_values_of_its_template(priya, make_workflow, posted):
    workflow = make_workflow(
        {"template_text": "Hi {{name}}", "button_url": "https://x.example/{{1}}"}, "{name}: {code}"
    )
    form = send_form(priya, workflow).fill(
        {"value1-name": "Asha", "value1-_23_param_5f_url_23_": "a1", "value2-code": "77"},
        recipient=NUMBER,
    )
    request = send_and_receive(priya, form, posted)
    assert request.body == expected_body(
        {"templateParams": {"name": "Asha", "#param_url#": "a1"}},
        {"templateParams": {"name": "Asha", "code": "77"}},
    )


def test_a_template_without_values_gets_none(priya, make_workflow, posted):
    form = send_form(priya, make_workflow("Hi {{1}}", "Your order is on its way.")).fill(
        {"recipient": NUMBER, "value1-01": "Asha"}
    )
    request = send_and_receive(priya, form, posted)
    assert request.body == expected_body({"templateParams": {"01": "Asha"}}, {})


def test_a_value_that_only_the_second_channel_requires_is_required(priya, make_workflow):
    words = [
        {"key": "name", "required": False, "position": 1},
        {"key": "name", "required": True, "position": 2},
    ]
    workflow = make_workflow("Hi {{name}}", "Dear {name}", words=words)
    response = send_form(priya, workflow).fill(recipient=NUMBER).press(priya, "review")
    assert "Fill this in" in response.content.decode() and not Invocation.objects.exists()


def test_the_second_channel_can_have_its_own_values(priya, typed, posted):
    form = send_form(priya, typed).fill(
        {f"value1-0{n}": f"a{n}" for n in (1, 2, 3)}, recipient=NUMBER
    )
    del form["same_values"]
    form.fill({f"value2-0{n}": f"b{n}" for n in (1, 2, 3)})
    request = send_and_receive(priya, form, posted)
    assert request.body["input"]["send2"]["templateParams"] == {"01": "b1", "02": "b2", "03": "b3"}


def test_a_free_key_that_a_field_already_has_is_refused(priya, make_workflow):
    workflow = make_workflow("Hi {{name}}", "{name} {code}")
    form = form_of(send_form(priya, workflow).press(priya, "params:add"))
    form.fill(
        {
            "recipient": NUMBER,
            "value1-name": "Asha",
            "value2-code": "77",
            "params-key": "code",
            "params-value": "99",
        }
    )
    # Otherwise 99 would be sent in place of the field's 77.
    assert "is above already" in form.press(priya, "review").content.decode()


def test_values_left_over_for_the_second_channel_are_ignored_while_values_are_shared(
    priya, typed, posted
):
    form = send_form(priya, typed).fill(
        {f"value1-0{n}": f"a{n}" for n in (1, 2, 3)}, recipient=NUMBER
    )
    form.fill({"params2-key": "01", "params2-value": "left"})
    request = send_and_receive(priya, form, posted)
    assert request.body["input"]["send2"]["templateParams"] == {"01": "a1", "02": "a2", "03": "a3"}
