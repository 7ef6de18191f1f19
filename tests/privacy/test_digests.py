"""Of an erased person no digest of the number is left, but in the list of do not contact."""

from __future__ import annotations

import pytest

from invocations.models.recipients import stored_digest
from invocations.privacy import erasure
from tests.privacy.conftest import DIGITS, columns_with, plant_elsewhere, surround


@pytest.mark.django_db
def test_no_digest_of_the_number_is_left(sent, workflow, django_user_model, exports_dir):
    person = django_user_model.objects.create_user("ada")
    surround(sent(), person)
    plant_elsewhere(workflow, person, sent("919876500009", "Asha"))
    erasure.work_off(erasure.start(DIGITS, None))
    assert columns_with(stored_digest(DIGITS)) == ["invocations.DoNotContact.digest"]
