"""What the set-up pages are called: by the kind and the record, never by Django's app."""

import re

import pytest

from tests.views.pages import words_of


def title_of(answer):
    return re.search(r"<title>\s*(.*?)\s*</title>", answer.content.decode(), re.S)[1]


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/auth/user/", "People"),
        ("/auth/user/add/", "Add person | People"),
        ("/auth/user/{ada}/change/", "Ada Byron | People"),
        ("/auth/user/{ada}/password/", "New password | Ada Byron | People"),
        ("/invocations/account/{account}/delete/", "Delete | Acme India | Accounts"),
    ],
)
def test_a_title_begins_with_the_page_and_ends_with_its_list(ada, kaleyra, address, title):
    ada.person.first_name, ada.person.last_name = "Ada", "Byron"
    ada.person.save()
    answer = ada.get(address.format(ada=ada.person.pk, account=kaleyra.account.pk))
    assert title_of(answer) == f"{title} | Fallback console"


def test_no_page_names_the_app(ada, kaleyra):
    for address in ("/auth/user/", "/invocations/account/add/", "/invocations/account/"):
        said = words_of(ada.get(address))
        assert "Authentication and Authorization" not in said and "Invocations" not in said
    assert ada.get("/auth/").headers["Location"] == "/"


def test_a_list_offers_to_add_in_words_and_a_record_does_not(ada, kaleyra):
    assert "Add account" in words_of(ada.get("/invocations/account/"))
    change = words_of(ada.get(f"/invocations/account/{kaleyra.account.pk}/change/"))
    assert "Add account" not in change and "Changes" in change and "fact_check" in change


def test_the_title_of_a_staff_page_begins_with_the_page_too(ada):
    assert title_of(ada.get("/password_change/")) == "My password | My details | Fallback console"
