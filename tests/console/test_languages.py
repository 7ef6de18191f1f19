"""The console's own texts are English, so no page may mix in Django's or Unfold's translations."""

import re

import pytest
from django.urls import reverse

PAGES = ["admin:invocations_account_changelist", "admin:auth_user_add", "admin:password_change"]


def page(client, url, language):
    answer = client.get(url, headers={"Accept-Language": language})
    assert answer.status_code == 200
    fresh_each_time = r'(name="csrfmiddlewaretoken" value)="\w+"'
    return re.sub(fresh_each_time, r"\1", answer.content.decode())


@pytest.mark.django_db
def test_the_sign_in_page_is_english_in_a_german_browser(client):
    url = reverse("admin:login")
    assert page(client, url, "de") == page(client, url, "en")


@pytest.mark.parametrize("name", PAGES)
def test_a_set_up_page_is_english_in_a_german_browser(ada, name):
    url = reverse(name)
    assert page(ada, url, "de-DE,de;q=0.9,en;q=0.5") == page(ada, url, "en")
    assert ada.get(url, headers={"Accept-Language": "de"})["Content-Language"] == "en"
