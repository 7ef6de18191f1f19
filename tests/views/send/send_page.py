"""Filling in the send page's form and sending it, as a browser without scripts does."""

from invocations.models import Invocation
from tests.views.conftest import DIGITS
from tests.views.pages import confirm_anyway, form_of


def with_rows(client, form, editor, values):
    """Adds a row for each value by the editor's button, and fills them in."""
    for _value in values:
        form = form_of(form.press(client, f"{editor}:add"))
    return form.fill({f"{editor}-key": list(values), f"{editor}-value": list(values.values())})


def send_and_receive(client, form, posted, count=1):
    """Reviews the form, sends it whatever has to be acknowledged, and returns the request that
    reached the receiver.
    """
    response = confirm_anyway(client, form.press(client, "review"))
    assert response.status_code == 302
    return posted(count)


def expected_body(first, second):
    """The body of the only message, with these fields beside the recipient for each channel."""
    row = Invocation.objects.get()
    return {
        "requestId": str(row.request_id),
        "input": {
            "send1": {"recipient": DIGITS, **first},
            "send2": {"recipient": DIGITS, **second},
        },
    }
