"""Draft, tested, live: the deeds on a workflow's page."""

import pytest
from django.utils import timezone

from invocations.models import Account, ApiKey, Invocation, Pod, Profile, WorkflowInstance
from tests.views.pages import Page, opened, words_of


def page_of(workflow):
    return f"/invocations/workflowinstance/{workflow.pk}/change/"


@pytest.fixture
def form(ada, typed):
    return opened(ada, page_of(typed)).form("title")


@pytest.fixture
def draft(typed):
    WorkflowInstance.objects.update(stage="draft")
    typed.refresh_from_db()
    return typed


def stored():
    return WorkflowInstance.objects.get()


def text_of(workflow):
    return workflow.channels.get(position=1).template_text


# --- a live one -----------------------------------------------------------------------------------


def test_a_change_of_a_live_one_is_shown_before_it_is_saved(ada, typed, form):
    form.fill({"whatsapp-template_text": "Good day {{1}}, {{2}} {{3}}"})
    page = Page(ada.post(page_of(typed), form.fields))
    assert "Nothing is saved yet: this workflow is live" in page.html
    assert "Hello {{1}}, {{2}} at {{3}}" in page.html and text_of(typed).startswith("Hello")
    asked = page.form("reason")
    assert "Give the reason" in ada.post(page_of(typed), asked.fields).content.decode()
    assert text_of(typed).startswith("Hello")
    asked.fill({"reason": "Approved by legal"})
    assert ada.post(page_of(typed), asked.fields).status_code == 302
    assert text_of(typed).startswith("Good day") and stored().stage == "live"
    entry = typed.history.first()
    assert (entry.history_change_reason, entry.history_user) == ("Approved by legal", ada.person)


def test_what_is_typed_after_the_question_is_asked_about_again(ada, typed, form):
    form.fill({"whatsapp-template_text": "Good day {{1}}, {{2}} {{3}}"})
    asked = Page(ada.post(page_of(typed), form.fields)).form("reason")
    asked.fill({"reason": "Approved", "sms-template_text": "Other {#var#}{#var#}{#var#}"})
    page = Page(ada.post(page_of(typed), asked.fields))
    assert "Nothing is saved yet" in page.html and text_of(typed).startswith("Hello")


def test_a_new_value_is_told_by_what_it_has(ada, typed, form):
    form.fill({"whatsapp-template_text": "Hello {{1}}, {{2}} at {{3}} {{4}}"})
    said = words_of(ada.post(page_of(typed), form.fields))
    assert "WhatsApp, template text" in said and "characters allowed" not in said.split("Why is")[0]


def test_its_title_groups_and_time_change_without_a_reason(ada, typed, form):
    form.fill({"title": "Renamed", "valid_minutes": "30"})
    assert ada.post(page_of(typed), form.fields).status_code == 302
    assert (stored().title, stored().valid_minutes, stored().stage) == ("Renamed", 30, "live")


def test_it_is_taken_off_the_send_page_and_put_back(ada, priya, typed):
    there = f"/workflows/{typed.pk}/send-page/"
    ada.post(there, {"put": "off"})
    assert not stored().is_active and priya.get(f"/send/{typed.pk}/").status_code == 404
    said = words_of(ada.get(page_of(typed)))
    assert "Off the send page: nobody can send it." in said and "Staff can send it" not in said
    ada.post(there, {"put": "on"})
    assert stored().is_active and typed.history.first().history_user == ada.person


def test_it_is_made_a_draft_again_and_says_what_still_leaves(ada, priya, typed):
    said = words_of(ada.post(f"/workflows/{typed.pk}/draft/", follow=True))
    assert "Messages that were queued before still leave." in said
    assert stored().stage == "draft" and priya.get(f"/send/{typed.pk}/").status_code == 404


def test_a_stage_that_moved_meanwhile_is_not_moved_back_by_an_open_page(ada, draft):
    form = opened(ada, page_of(draft)).form("title").fill({"title": "Renamed"})
    WorkflowInstance.objects.update(stage="live")
    ada.post(page_of(draft), form.fields)
    assert (stored().title, stored().stage) == ("Renamed", "live")


# --- a tested one ---------------------------------------------------------------------------------


def test_changing_a_text_of_a_tested_one_makes_it_a_draft(ada, draft):
    WorkflowInstance.objects.update(stage="tested", tested_version=1, tested_at=timezone.now())
    form = opened(ada, page_of(draft)).form("title")
    form.fill({"whatsapp-01-label": "Given name"})
    assert "so it is a draft again" in words_of(ada.post(page_of(draft), form.fields, follow=True))
    assert stored().stage == "draft"


def test_saving_a_tested_one_as_it_is_leaves_it_tested(ada, draft):
    WorkflowInstance.objects.update(stage="tested")
    form = opened(ada, page_of(draft)).form("title").fill({"description": "For delays"})
    ada.post(page_of(draft), form.fields)
    assert stored().stage == "tested"


# --- going live -----------------------------------------------------------------------------------


def test_going_live_says_what_is_missing_and_goes_on_only_with_a_reason(ada, draft):
    there = f"/workflows/{draft.pk}/live/"
    said = words_of(ada.get(there))
    assert "Kaleyra has not accepted the API key yet." in said and "Not tried yet" in said
    assert "Give the reason" in ada.post(there).content.decode() and stored().stage == "draft"
    assert "At most 100" in ada.post(there, {"reason": "x" * 101}).content.decode()
    ada.post(there, {"reason": "Kaleyra tested it"})
    assert stored().stage == "live"
    assert draft.history.first().history_change_reason == "Kaleyra tested it"


def test_one_that_lacks_nothing_is_live_with_one_press(ada, draft, workflow_is_ready):
    form = opened(ada, page_of(draft)).form("title").fill({"deed": "live"})
    said = words_of(ada.post(page_of(draft), form.fields, follow=True))
    assert "It is live. Staff can send it from now on." in said and stored().stage == "live"


@pytest.fixture
def workflow_is_ready(ada, draft):
    ada.post(page_of(draft), opened(ada, page_of(draft)).form("title").fields)  # a version
    ApiKey.objects.update(last_accepted_at=timezone.now())
    WorkflowInstance.objects.update(stage="tested", tested_version=1, expects_callback=True)


def test_pressing_live_with_a_change_leads_to_what_is_missing(ada, draft, workflow_is_ready):
    form = opened(ada, page_of(draft)).form("title")
    form.fill({"deed": "live", "whatsapp-01-label": "Given name"})
    answer = ada.post(page_of(draft), form.fields)
    assert answer.headers["Location"] == f"/workflows/{draft.pk}/live/"
    assert stored().stage == "draft"


# --- the test -------------------------------------------------------------------------------------


def test_a_test_on_practice_sends_the_examples(ada, draft, posted):
    draft.channels.get(position=1).parameters.filter(key="01").update(sample="Noor")
    there = f"/workflows/{draft.pk}/test/"
    answer = ada.post(there, opened(ada, there).form("intent").fields)
    row = Invocation.objects.get()
    assert answer.headers["Location"] == f"/history/{row.request_id}/"
    assert posted().body["input"]["send1"]["templateParams"]["01"] == "Noor"
    assert row.status == "accepted"


def test_pressing_twice_sends_one_test(ada, draft, posted):
    there = f"/workflows/{draft.pk}/test/"
    form = opened(ada, there).form("intent")
    first, second = (ada.post(there, form.fields) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"] and posted(1)


@pytest.fixture
def at_kaleyra(draft):
    Account.objects.update(pod=Pod.objects.get(code="IN"))
    ApiKey.objects.all().delete()  # so that nothing leaves
    return draft


def test_a_real_test_goes_to_ones_own_number_which_is_kept(ada, at_kaleyra):
    there = f"/workflows/{at_kaleyra.pk}/test/"
    form = opened(ada, there).form("intent")
    assert form["own_number"] == ""
    ada.post(there, form.fill({"own_number": "+91 80 6123 4581"}).fields)
    assert Profile.objects.get(user=ada.person).own_number == "+91 80 6123 4581"
    assert Invocation.objects.get().recipient_last_four == "4581"


def test_a_real_test_without_a_number_says_so(ada, at_kaleyra):
    there = f"/workflows/{at_kaleyra.pk}/test/"
    page = Page(ada.post(there, opened(ada, there).form("intent").fields))
    assert "required" in page.html and not Invocation.objects.exists()


# --- without a test, and back to where one came from ----------------------------------------------


def test_a_draft_goes_on_to_what_is_missing_without_a_test(ada, draft):
    page = opened(ada, page_of(draft))
    assert "Make it live without a test…" in page.html
    fields = {**page.form("title").fields, "deed": "live"}
    fields["description"] = "Typed before pressing it"
    response = ada.post(page_of(draft), fields)
    assert response["Location"] == f"/workflows/{draft.pk}/live/"
    assert (stored().stage, stored().description) == ("draft", "Typed before pressing it")


@pytest.mark.parametrize("page", ["/accounts/1/hub/", "/history/?page=2"])
def test_a_saved_workflow_leads_back_to_the_page_that_the_link_named(ada, draft, page):
    address = f"{page_of(draft)}?next={page.replace('?', '%3F')}"
    fields = {**opened(ada, address).form("title").fields, "deed": "save"}
    assert ada.post(address, fields)["Location"] == page


@pytest.mark.parametrize("page", ["https://example.com/", "//example.com/", "javascript:alert(1)"])
def test_a_saved_workflow_leads_to_no_other_site(ada, draft, page):
    address = f"{page_of(draft)}?next={page}"
    fields = {**opened(ada, address).form("title").fields, "deed": "save"}
    assert (
        ada.post(address, fields)["Location"] == f"/invocations/workflowinstance/{draft.pk}/change/"
    )


def test_the_message_of_a_test_leads_back_to_its_workflow(ada, draft, receiver):
    form = opened(ada, f"/workflows/{draft.pk}/test/").form("own_number")
    page = Page(
        ada.post(
            f"/workflows/{draft.pk}/test/",
            form.fill(own_number="+919876543218").fields,
            follow=True,
        )
    )
    assert "Once its result is back, the workflow is tested." in page.html
    assert page_of(draft) in page.links
