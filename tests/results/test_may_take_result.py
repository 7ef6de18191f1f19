"""The rule for which message may take a result says the same in Python and as a query."""

from itertools import product

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from invocations.history.reasons import REASONS
from invocations.models import Invocation
from invocations.results.suggestions import MAY_TAKE_RESULT, may_take_result

pytestmark = pytest.mark.django_db

known_reasons = st.sampled_from(sorted(REASONS))
other_reasons = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@pytest.fixture
def in_every_state(in_status):
    """One message for each status together with each delivery."""
    for status, delivery in product(Invocation.Status.values, Invocation.Delivery.values):
        in_status(status, delivery=delivery, result_due_at=timezone.now())


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(reason=known_reasons | other_reasons)
@example(reason="settled_not_delivered")
@example(reason="settled_delivered")
@example(reason="")
def test_python_and_the_query_name_the_same_messages(in_every_state, reason):
    Invocation.objects.update(reason=reason)
    by_python = {row.pk for row in Invocation.objects.all() if may_take_result(row)}
    by_query = set(Invocation.objects.filter(MAY_TAKE_RESULT).values_list("pk", flat=True))
    assert by_python == by_query
