import pytest
from django.contrib.auth.models import Group, User

from invocations.models.counting import count_statement

pytestmark = pytest.mark.django_db


def test_each_query_is_counted_up_to_the_cap_in_one_statement(django_assert_num_queries):
    for number in range(4):
        User.objects.create(username=f"person{number}", first_name="%s" if number else "")
    with django_assert_num_queries(1):
        counts = count_statement(
            [
                User.objects.all(),
                User.objects.filter(first_name="%s"),
                User.objects.none(),
                Group.objects.filter(name="Admin"),
            ],
            3,
        ).counts()
    assert counts == [3, 3, 0, 1]
