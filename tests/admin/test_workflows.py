"""Admin pages of workflows: the workflow ID, the channels, and who may send it."""

import re

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from invocations.models import Account, Channel, WorkflowInstance
from tests.views.pages import Page, words_of

LIST = reverse("admin:invocations_workflowinstance_changelist")
ADD = reverse("admin:invocations_workflowinstance_add")


def change(kaleyra):
    return reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk])


def channels(workflow):
    return list(workflow.channels.values_list("position", "kind"))


def errors(response):
    assert response.status_code == 200
    return Page(response).html


def new_workflow(workflow_form, **fields):
    return workflow_form(title="Second", workflow_instance_id="id-2", **fields)


def test_a_workflow_is_added_with_two_channels_as_a_draft(ada, kaleyra, workflow_form):
    ada.post(ADD, new_workflow(workflow_form, route="sms-whatsapp"))
    made = WorkflowInstance.objects.get(title="Second")
    assert channels(made) == [(1, "sms"), (2, "whatsapp")]
    assert made.stage == "draft"


def test_the_second_channel_may_be_left_out(ada, kaleyra, workflow_form):
    ada.post(ADD, new_workflow(workflow_form, route="sms", whatsapp__template_text=""))
    assert channels(WorkflowInstance.objects.get(title="Second")) == [(1, "sms")]


def test_the_add_page_chooses_no_channel_and_the_only_account(ada, kaleyra):
    form = Page(ada.get(ADD)).form("title")
    assert "route" not in form and form["account"] == str(kaleyra.account.pk)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"route": ""}, "Choose what Kaleyra’s flow sends"),
        ({"route": "fax"}, "not one of the available choices"),
        ({"route": "sms"}, "There is a text for WhatsApp. Choose both, or empty it."),
    ],
)
def test_wrong_channels_are_refused(ada, kaleyra, workflow_form, changes, message):
    assert message in errors(ada.post(ADD, new_workflow(workflow_form, **changes)))
    assert not WorkflowInstance.objects.filter(title="Second").exists()


def test_two_channels_can_swap_positions(ada, draft, workflow_form):
    whatsapp, sms = draft.workflow.channels.all()
    assert ada.post(change(draft), workflow_form(route="sms-whatsapp")).status_code == 302
    assert list(draft.workflow.channels.values_list("pk", "position", "kind")) == [
        (sms.pk, 1, "sms"),
        (whatsapp.pk, 2, "whatsapp"),
    ]


def test_values_move_with_their_channel(ada, draft, workflow_form):
    whatsapp, _sms = draft.workflow.channels.all()
    whatsapp.parameters.create(key="01", label="First name")
    ada.post(change(draft), workflow_form(route="sms-whatsapp"))
    assert draft.workflow.channels.get(position=2).parameters.get().label == "First name"


def test_the_second_channel_moves_up_when_the_first_is_left_out(ada, draft, workflow_form):
    ada.post(change(draft), workflow_form(route="sms", whatsapp__template_text=""))
    assert channels(draft.workflow) == [(1, "sms")]


def test_a_channel_with_a_text_is_not_left_out_without_a_word(ada, draft, workflow_form):
    response = ada.post(change(draft), workflow_form(route="sms"))
    assert "There is a text for WhatsApp" in errors(response)
    assert Channel.objects.count() == 2


def test_a_channel_added_meanwhile_is_not_left_out(ada, draft, workflow_form):
    data = workflow_form(route="whatsapp")
    del data["sms-template_text"]
    assert "SMS was added meanwhile" in errors(ada.post(change(draft), data))
    assert Channel.objects.count() == 2


@pytest.mark.parametrize("damaged", ["../../x", "a b", "a/b", "a?b", "é", "-a"])
def test_a_workflow_id_that_does_not_fit_a_url_is_refused(ada, kaleyra, workflow_form, damaged):
    response = ada.post(change(kaleyra), workflow_form(workflow_instance_id=damaged))
    assert "Only letters, digits, - and _" in errors(response)


def test_a_repeated_workflow_id_in_an_account_is_refused(ada, kaleyra, workflow_form):
    response = ada.post(ADD, workflow_form(title="Twin"))
    assert "already exists" in errors(response)


def test_the_account_of_a_workflow_that_was_sent_cannot_be_changed(
    ada, kaleyra, invocation, workflow_form
):
    other = Account.objects.create(title="Other", pod=kaleyra.pod, sid="HX22222222IN")
    ada.post(change(kaleyra), workflow_form(account=other.pk, title="Renamed"))
    kaleyra.workflow.refresh_from_db()
    assert (kaleyra.workflow.title, kaleyra.workflow.account) == ("Renamed", kaleyra.account)


def test_a_workflow_that_was_never_sent_can_move_to_another_account(ada, kaleyra, workflow_form):
    other = Account.objects.create(title="Other", pod=kaleyra.pod, sid="HX22222222IN")
    ada.post(change(kaleyra), workflow_form(account=other.pk))
    kaleyra.workflow.refresh_from_db()
    assert kaleyra.workflow.account == other


def test_it_can_be_restricted_to_a_group(ada, kaleyra, workflow_form):
    support = Group.objects.get(name="Support")
    ada.post(change(kaleyra), workflow_form(groups=[support.pk]))
    assert list(kaleyra.workflow.groups.all()) == [support]


def test_the_list_shows_the_route_and_the_last_use(ada, kaleyra, invocation):
    html = ada.get(LIST).content.decode()
    assert "WhatsApp → SMS" in html
    assert "never" not in html


def test_a_workflow_without_invocations_was_never_used(ada, kaleyra):
    assert "never" in ada.get(LIST).content.decode()


def test_the_list_is_searched_and_filtered(ada, kaleyra):
    for query in [{"q": "00112233"}, {"stage__exact": "live"}, {"channels__kind__exact": "sms"}]:
        assert "Order shipped" in ada.get(LIST, query).content.decode()
    for query in [{"q": "nothing like it"}, {"stage__exact": "draft"}]:
        assert "Order shipped" not in ada.get(LIST, query).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_list(
    ada, kaleyra, django_assert_max_num_queries
):
    for number in range(20):
        workflow = WorkflowInstance.objects.create(
            account=kaleyra.account, title=f"w{number}", workflow_instance_id=f"w{number}"
        )
        Channel.objects.create(workflow_instance=workflow, position=1, kind="sms")
    ada.get(LIST)  # counts what stands in the menu, which is kept for the next page
    with django_assert_max_num_queries(11):
        ada.get(LIST)


def test_an_empty_list_explains_what_it_is_for(ada):
    html = ada.get(LIST).content.decode()
    assert "No workflow yet. Publish a flow in Kaleyra&#x27;s Fallback wizard" in html
    assert f'href="{ADD}"' in html


def test_what_looks_like_a_place_is_warned_of_and_saved(ada, kaleyra, workflow_form):
    texts = {"sms__template_text": "Order {#number#}", "whatsapp__template_text": "Hello {{ 1 }}"}
    html = ada.post(ADD, new_workflow(workflow_form, **texts), follow=True).content.decode()
    assert "“{#number#}”: not a place for a value" in html
    assert "“{{ 1 }}”: not a place for a value" in html
    assert WorkflowInstance.objects.filter(title="Second").exists()


@pytest.mark.parametrize(
    ("columns", "badge"),
    [
        ({"stage": "live"}, "Live"),
        ({"stage": "draft"}, "Draft"),
        ({"stage": "tested"}, "Tested"),
        ({"is_active": False}, "Off the send page"),
        ({"is_paused": True}, "Paused"),
    ],
)
def test_the_list_says_one_thing_of_each(ada, kaleyra, columns, badge):
    WorkflowInstance.objects.update(**columns)
    row = words_of(ada.get(LIST)).split("Last sent")[-1].split("By stage")[0]
    others = {"Draft", "Tested", "Off the send page", "Paused"} - {badge}
    assert badge in row and not any(other in row for other in others)


def test_a_live_workflow_that_is_off_is_not_called_live(ada, kaleyra):
    WorkflowInstance.objects.update(is_active=False)
    [row] = re.findall(r"<tr.*?Order shipped.*?</tr>", ada.get(LIST).content.decode(), re.DOTALL)
    assert "Off the send page" in row and ">check<" not in row


def test_another_spelling_of_the_address_leads_to_the_page(ada, kaleyra):
    answer = ada.get(f"/invocations/workflowinstance/+{kaleyra.workflow.pk}/change/")
    assert answer.headers["Location"] == change(kaleyra)
