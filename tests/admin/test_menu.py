"""The menu: what each person may open, in the order of their work, and where they are."""

import pytest

from tests.views.pages import opened, words_of


def menu(client, page="/me/"):
    """Title -> whether it is marked, of each item."""
    groups = client.get(page).context["sidebar_navigation"]
    return {str(item["title"]): item["active"] for group in groups for item in group["items"]}


@pytest.mark.parametrize(
    ("who", "lacks"),
    [
        ("ada", set()),
        ("rosa", {"Send", "People", "Stop sending"}),
        ("priya", {"Accounts", "Workflows", "People", "Stop sending"}),
        (
            "nina",
            {"Send", "History", "Errors explained", "Accounts", "Workflows", "People"}
            | {"Stop sending"},
        ),
    ],
)
def test_it_lists_what_the_person_may_open(request, who, lacks):
    all_items = {"Home", "Send", "History", "Errors explained", "Accounts", "Workflows", "People"}
    all_items |= {"Stop sending", "What the words mean", "My details"}
    found = set(menu(request.getfixturevalue(who)))
    assert found & all_items == all_items - lacks


@pytest.mark.parametrize(
    ("page", "marked"),
    [
        ("/", "Home"),
        ("/history/exports/", "History"),
        ("/history/errors/", "Errors explained"),
        ("/invocations/apikey/", "Accounts"),
        ("/auth/group/", "People"),
        ("/password_change/", "My details"),
    ],
)
def test_one_item_is_marked_also_on_the_pages_below_it(ada, page, marked):
    assert [title for title, active in menu(ada, page).items() if active] == [marked]


def test_what_has_no_item_is_linked_from_the_page_it_belongs_to_and_found_by_name(ada, rosa):
    for page, link in [
        ("/history/", "/history/exports/"),
        ("/invocations/account/", "/invocations/apikey/"),
        ("/invocations/account/", "/invocations/pod/"),
        ("/auth/user/", "/auth/group/"),
    ]:
        assert link in opened(ada, page).links
    assert ada.post("/find/", {"q": "api keys"}).headers["Location"] == "/invocations/apikey/"
    assert "Nothing found." in words_of(rosa.post("/find/", {"q": "groups"}))
