"""Choices of several records, with IDs that no column can hold."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse


@pytest.mark.parametrize("junk", ["9" * 19, "9" * 5000, "-" + "9" * 22, "zz"])
@pytest.mark.parametrize(
    ("page", "field"),
    [
        ("auth_group", "permissions"),
        ("auth_user", "groups"),
        ("invocations_workflowinstance", "groups"),
    ],
)
def test_an_impossible_id_is_an_error_of_its_field(sven, priya, workflow, page, field, junk):
    records = {"auth_group": Group.objects.get(name="Admin"), "auth_user": priya.person}
    there = reverse(f"admin:{page}_change", args=[records.get(page, workflow).pk])
    answer = sven.post(there, {field: [junk]})
    shown = answer.context
    form = shown["setup"].main if "setup" in shown else shown["adminform"].form
    assert answer.status_code == 200 and field in form.errors
