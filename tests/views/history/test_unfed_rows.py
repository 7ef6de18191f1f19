"""A number is found in a batch that has not fed its row yet, and the page says where it is."""

from __future__ import annotations

import pytest
from django.urls import reverse

from invocations.batches.feed import feed_due
from invocations.models import Invocation
from tests.batches.built import cells_of, running_batch

pytestmark = pytest.mark.django_db
CELLS = cells_of(100)


def _search(client, number: str) -> str:
    return client.post(reverse("history"), {"q": number}).content.decode()


def test_a_search_by_number_finds_the_row_that_is_not_fed(workflow, priya):
    running_batch(workflow, CELLS)
    feed_due()
    assert "Row 92 of the batch “Order delayed”" in _search(priya, CELLS[90][0])
    assert "of the batch" not in _search(priya, CELLS[3][0])


def test_the_page_of_a_person_names_it_too(workflow, priya):
    running_batch(workflow, [*CELLS, CELLS[3]])
    feed_due()
    digest = Invocation.objects.get(batch_row=5).recipient_digest
    page = priya.get(reverse("person", args=[digest])).content.decode()
    assert "Row 102 of the batch “Order delayed”" in page
