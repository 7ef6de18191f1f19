"""Setting unmatched results aside, with a reason."""

from invocations.models import Callback
from invocations.results import inbox, matching
from tests.views.pages import Page, badges_at, opened, words_of


def test_a_person_sets_a_result_aside_with_a_reason(ada, orphan):
    callback, other = orphan("READ", n=1), orphan("READ", n=2)
    [link] = [
        link
        for link in opened(ada, "/results/unmatched/").links
        if link.endswith(f"/set-aside/?id={callback.pk}")
    ]
    form = opened(ada, link).form("reason")
    for reason in ["", "x", "y" * 501]:
        answer = ada.post(link, {"reason": reason})
        assert answer.status_code == 200 and 'aria-invalid="true"' in answer.content.decode()
    assert matching.results_to_review().count() == 2
    answer = ada.post(link, form.fill(reason="The <b>shop</b> sent it").fields, follow=True)
    page = Page(answer)
    assert "Put aside. It still finds its message" in page.html
    assert f"result-{callback.pk}" not in page.html
    assert f"result-{other.pk}" in page.html
    aside = opened(ada, "/results/unmatched/?set-aside")
    assert f"result-{callback.pk}" in aside.html and f"result-{other.pk}" not in aside.html
    assert "Put aside by ada" in aside.html and "The &lt;b&gt;shop&lt;/b&gt; sent it" in aside.html
    again = ada.post(link, {"reason": "Once more"}, follow=True)
    assert "not on the list any more" in again.content.decode()


def test_results_set_aside_are_not_counted_in_the_menu(ada, orphan):
    before = badges_at(ada, "/needs-you/")
    callback = orphan("READ")
    inbox.set_aside(callback, "Nobody knows it", ada.person)
    assert "fits no message" not in opened(ada, "/needs-you/").html
    assert badges_at(ada, "/needs-you/") == before
    assert matching.results_to_review().count() == 0


def test_a_result_set_aside_can_still_be_matched_and_the_page_shows_both(ada, orphan, unknown):
    callback = orphan("DELIVERED")
    inbox.set_aside(callback, "Nobody knows it", ada.person)
    form = next(
        form
        for form in opened(ada, "/results/unmatched/?set-aside").forms
        if form.action.endswith("/match/")
    )
    text = words_of(ada.post(form.action, form.fields, follow=True))
    assert "Matched ada" in text and "Put aside before ada" in text


def test_a_missing_or_matched_result_cannot_be_set_aside(ada, orphan, accepted_result):
    for there in [10**6, 10**30, "x", accepted_result.pk]:
        answer = ada.post(
            f"/results/unmatched/set-aside/?id={there}", {"reason": "Nobody knows it"}, follow=True
        )
        assert "not on the list any more" in answer.content.decode()
        assert not Callback.objects.exclude(set_aside_at=None).exists()
    answer = ada.get("/results/unmatched/set-aside/", follow=True)
    assert "Choose at least one result" in answer.content.decode()


def test_one_reason_sets_all_selected_results_aside(ada, orphan):
    ticked, left = [orphan("READ", n=n) for n in range(3)], orphan("READ", n=3)
    page = opened(ada, "/results/unmatched/")
    assert page.html.count('form="several"') == 4 and "Put the chosen ones aside" in page.html
    address = "/results/unmatched/set-aside/?" + "&".join(
        f"id={callback.pk}" for callback in ticked
    )
    assert "Put 3 results aside" in opened(ada, address).html
    answer = ada.post(address, {"reason": "The shop sent them"}, follow=True)
    assert "3 were put aside" in answer.content.decode()
    assert matching.results_to_review().get() == left


def test_without_the_right_to_settle_no_result_can_be_set_aside(priya, orphan):
    callback = orphan("READ")
    assert not any("/set-aside/" in link for link in opened(priya, "/results/unmatched/").links)
    address = f"/results/unmatched/set-aside/?id={callback.pk}"
    assert priya.post(address, {"reason": "Nobody knows it"}).status_code == 403
