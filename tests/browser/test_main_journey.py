"""The main job end to end: set up in the admin, send, read Kaleyra's answer."""

import json

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import expect

from invocations.models import ApiKey, Invocation, Pod, WorkflowInstance
from invocations.sandbox import PRACTICE_SID

from .steps import SENT, fill_in, review, send, sent_by


def save(page):
    page.get_by_role("button", name="Save", exact=True).click()


def test_from_an_empty_console_to_kaleyras_answer(
    page, somebody_elses_page, live_server, receiver, meera, sign_in_by_form, sign_in
):
    pod = Pod.objects.create(code="PRACTICE", title="Practice pod", api_domain=receiver.api_domain)
    boss = User.objects.create_user("boss", is_staff=True)
    boss.groups.set(Group.objects.filter(name="Admin"))
    sign_in_by_form(page, boss)
    add_account_and_key(page, pod)
    add_workflow(page, live_server)
    page = somebody_elses_page
    sign_in(page, meera)
    shown = compose_and_send(page, live_server)

    expect(page.get_by_role("heading", name="Order shipped to")).to_be_visible()
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    values = {"recipient": "919876543202", "templateParams": {"01": "Asha", "02": "Friday"}}
    invocation = Invocation.objects.get()
    assert (
        sent_by(receiver)
        == shown
        == {"requestId": str(invocation.request_id), "input": {"send1": values, "send2": values}}
    )
    expect(page.locator("#workflow-invocation-id")).to_have_text(invocation.workflow_invocation_id)
    page.get_by_role("link", name="History").first.click()
    row = page.get_by_role("row", name="CARE-7731")
    expect(row).to_contain_text("Accepted")
    expect(row).to_contain_text("Meera Iyer")
    assert "43202" not in page.content()


def add_account_and_key(page, pod):
    """By the steps of the first home, which go on at the account's hub."""
    page.locator("#step-account").get_by_role("link", name="Start").click()
    page.get_by_label("Title").fill("Kaveri Foods")
    page.locator("[name=pod]").select_option(value=str(pod.pk))
    page.get_by_label("SID").fill(PRACTICE_SID)
    save(page)
    page.locator("#step-key").get_by_role("link", name="Add the key").click()
    expect(page.locator("[name=account] option:checked")).to_have_text("Kaveri Foods")
    page.get_by_label("Title").fill("console")
    page.locator("[name=new_key]").fill("practice-canary0canary0canary0c0fe")
    save(page)


def add_workflow(page, live_server):
    page.locator("#step-workflow").get_by_role("link", name="Add it").click()
    page.get_by_label("Title").fill("Order shipped")
    expect(page.locator("[name=account] option:checked")).to_have_text("Kaveri Foods")
    page.get_by_label("Workflow ID").fill("00112233-4455-6677-8899-aabbccddeeff")
    page.get_by_label("WhatsApp, then SMS").check()
    texts = [page.locator(f"[name={kind}-template_text]") for kind in ("whatsapp", "sms")]
    texts[0].fill("Hello {{1}}, your parcel comes on {{2}}.")
    texts[1].fill("{#var#}, your parcel comes on {#var#}.")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved as version")).to_be_visible()
    workflow = WorkflowInstance.objects.get()
    page.goto(f"{live_server.url}/invocations/workflowinstance/{workflow.pk}/change/")
    for key, label in [("01", "First name"), ("02", "Day")]:
        page.locator(f"[name=whatsapp-{key}-label]").fill(label)
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("Saved as version")).to_be_visible()
    expect(page.get_by_label("WhatsApp message")).to_contain_text(
        "Hello First name, your parcel comes on Day."
    )
    page.goto(f"{live_server.url}/workflows/{workflow.pk}/live/")
    page.get_by_label("Why should it go live without this?").fill("It is practice.")
    page.get_by_role("button", name="Make it live without this").click()
    expect(page.locator(".page-head .badge").first).to_contain_text("Live")


def compose_and_send(page, live_server):
    """Returns the JSON that the review shows."""
    page.goto(f"{live_server.url}/send/")
    page.get_by_role("link", name="Order shipped").click()
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    page.get_by_label("First name").first.fill("Asha")
    page.get_by_label("Day").first.fill("Friday")
    page.get_by_label("Ticket", exact=True).fill("CARE-7731")
    review(page)
    shown = json.loads(page.locator("#json").text_content())
    send(page)
    return shown


def test_a_refused_message_says_why_and_is_sent_again_as_a_new_one(compose, demo, receiver):
    page = compose(demo["Order delayed"])
    fill_in(page, "+91 98765 43400")
    review(page)
    send(page)
    expect(page.locator(".page-head .badge").first).to_contain_text("Rejected")
    expect(page.get_by_text("is not published.").first).to_be_visible()
    expect(
        page.get_by_text("Whoever keeps it in Kaleyra’s Fallback page can publish it.")
    ).to_be_visible()
    page.get_by_role("link", name="Send again with these values").click()
    expect(page.get_by_label("First name").first).to_have_value("Asha")
    expect(page.get_by_text("If empty, it goes to")).to_be_visible()
    page.get_by_label("Phone number").first.fill("+91 98765 43202")
    review(page)
    send(page)
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    page.get_by_text("Sent again from").locator("xpath=following-sibling::dd[1]").get_by_role(
        "link"
    ).click()
    expect(page.get_by_text("Sent again as")).to_be_visible()
    first, second = [json.loads(request.body)["requestId"] for request in receiver.wait_for(2)]
    assert first != second and receiver.accepted == [second]


def test_silence_is_unknown_until_a_safe_check_settles_it(compose, demo, receiver):
    page = compose(demo["Order delayed"])
    fill_in(page, "+91 98765 43408")
    review(page)
    send(page)
    expect(page.locator(".page-head .badge").first).to_contain_text("Outcome unknown")
    expect(page.get_by_role("heading", name="What to do next")).to_be_visible()
    page.get_by_role("button", name="Check safely").click()
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    expect(page.get_by_text("so it had received the earlier attempt").first).to_be_visible()
    expect(page.locator("[id^=attempt-]")).to_have_count(2)
    requests = receiver.wait_for(2)
    assert (
        len({json.loads(request.body)["requestId"] for request in requests}) == 1
        and len(receiver.accepted) == 1
    )


def test_a_refused_key_holds_the_message_until_an_admin_has_mended_it(
    compose, demo, receiver, page, somebody_elses_page, live_server, sign_in, admin_user
):
    key = ApiKey.objects.get()
    key.key = "A-wrong-one-entirely-0000000000000"
    key.save()
    compose(demo["Order delayed"])
    fill_in(page)
    review(page)
    send(page)
    held = page.url
    expect(page.locator(".page-head .badge").first).to_contain_text("On hold")
    page = somebody_elses_page
    sign_in(page, admin_user)
    page.goto(f"{live_server.url}/invocations/apikey/{key.pk}/change/")
    page.locator("[name=new_key]").fill("practice-canary0canary0canary0c0fe")
    save(page)
    page.goto(held)
    page.get_by_role("button", name="Try now").click()
    expect(page.locator(".page-head .badge").first).to_contain_text("Accepted")
    assert len(receiver.accepted) == 1


def test_the_page_of_a_message_under_way_changes_by_itself_and_disturbs_nobody(
    compose, demo, receiver, page
):
    compose(demo["Order delayed"])
    fill_in(page, "+91 98765 43429")
    review(page)
    send(page)
    expect(page.locator(".page-head .badge").first).to_contain_text("Queued")
    page.locator("#attempt-1 summary").click()
    with page.expect_response("**/history/*/"):
        pass
    page.wait_for_timeout(200)
    # Polling replaces nothing as long as nothing has changed, so the details stay open.
    expect(page.locator("#attempt-1")).to_have_attribute("open", "")
    Invocation.objects.update(status="expired", reason="too_late", due_at=None)
    expect(page.locator(".page-head .badge").first).to_contain_text("Expired")
    expect(page.locator("#said")).to_have_text("Expired")
    assert page.locator("#state").get_attribute("hx-get") is None


@pytest.mark.parametrize("width", [360])
def test_a_send_on_a_phone(compose, demo, receiver, page):
    compose(demo["Order delayed"])
    fill_in(page)
    review(page)
    send(page)
    following, timeline = page.locator(".next"), page.get_by_role("heading", name="What happened")
    assert following.bounding_box()["y"] < timeline.bounding_box()["y"]  # next steps come first
    assert {
        name: send["templateParams"] for name, send in sent_by(receiver)["input"].items()
    } == SENT
    assert WorkflowInstance.objects.count() == 2
