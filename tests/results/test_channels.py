"""The number in a result is masked and found as the same number in a message is."""

import pytest

from invocations.kaleyra import recipients
from invocations.models import Invocation
from invocations.models.recipients import stored_digest
from invocations.results.channels import Recipients

NUMBERS = ["919876543202", "4915112345678", "553187654202", "5215512345678", "12025550123"]


def message_to(number):
    recipient = recipients.clean(number)
    return Invocation(
        recipient_digest=stored_digest(recipient.digits),
        recipient_hint=recipients.mask(recipient.formatted),
    )


@pytest.mark.parametrize("number", [*NUMBERS, "919620838XXX", "", "12", "+91 98765 43202"])
@pytest.mark.parametrize("of", NUMBERS)
def test_a_number_that_is_known_from_its_message_is_kept_as_one_that_is_not(number, of):
    assert Recipients([message_to(of)]).digest_and_hint(number) == Recipients([]).digest_and_hint(
        number
    )
