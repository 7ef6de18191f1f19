"""Admin pages of workflows: the workflow ID, the channels, and who may send it."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from invocations.models import Account, Channel, WorkflowInstance

LIST = reverse("admin:invocations_workflowinstance_changelist")
ADD = reverse("admin:invocations_workflowinstance_add")


def change(kaleyra):
    return reverse("admin:invocations_workflowinstance_change", args=[kaleyra.workflow.pk])


def channels(workflow):
    return list(workflow.channels.values_list("position", "kind"))


def errors(response):
    [formset] = response.context["inline_admin_formsets"]
    return (
        str(response.context["adminform"].form.errors)
        + str(formset.formset.errors)
        + str(formset.formset.non_form_errors())
    )


def new_workflow(workflow_form, rows, **fields):
    return workflow_form(rows, title="Second", workflow_instance_id="id-2", **fields)


def test_a_workflow_is_added_with_two_channels(ada, kaleyra, workflow_form):
    ada.post(ADD, new_workflow(workflow_form, [("", 1, "sms", ""), ("", 2, "whatsapp", "")]))
    assert channels(WorkflowInstance.objects.get(title="Second")) == [(1, "sms"), (2, "whatsapp")]


def test_the_second_channel_may_be_left_out(ada, kaleyra, workflow_form):
    ada.post(ADD, new_workflow(workflow_form, [("", 1, "sms", ""), ("", 2, "", "")]))
    assert channels(WorkflowInstance.objects.get(title="Second")) == [(1, "sms")]


def test_the_add_page_fills_in_both_positions_and_no_channel(ada, kaleyra):
    [inline] = ada.get(ADD).context["inline_admin_formsets"]
    forms = inline.formset.forms
    assert [form["position"].value() for form in forms] == [1, 2]
    assert all('<option value="" selected>' in str(form["kind"]) for form in forms)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "at least its first channel"),
        ([("", 2, "sms", "")], "The only channel is the first one"),
        ([("", 1, "sms", ""), ("", 1, "whatsapp", "")], "Both channels have the same position"),
        ([("", 1, "sms", ""), ("", 2, "sms", "")], "Both channels are the same"),
        ([("", 3, "sms", "")], "not one of the available choices"),
        ([("", 1, "", "")], "required"),
    ],
)
def test_wrong_channels_are_refused(ada, kaleyra, workflow_form, rows, message):
    assert message in errors(ada.post(ADD, new_workflow(workflow_form, rows)))
    assert not WorkflowInstance.objects.filter(title="Second").exists()


def test_two_channels_can_swap_positions(ada, kaleyra, workflow_form):
    whatsapp, sms = kaleyra.workflow.channels.all()
    rows = [(whatsapp.pk, 2, "whatsapp", "Hello {{1}}"), (sms.pk, 1, "sms", "Hello {#var#}")]
    assert ada.post(change(kaleyra), workflow_form(rows)).status_code == 302
    assert list(kaleyra.workflow.channels.values_list("pk", "position", "kind")) == [
        (sms.pk, 1, "sms"),
        (whatsapp.pk, 2, "whatsapp"),
    ]


def test_parameters_move_with_their_channel(ada, kaleyra, workflow_form):
    whatsapp, sms = kaleyra.workflow.channels.all()
    whatsapp.parameters.create(key="1", label="First name")
    ada.post(
        change(kaleyra), workflow_form([(whatsapp.pk, 2, "whatsapp", ""), (sms.pk, 1, "sms", "")])
    )
    assert kaleyra.workflow.channels.get(position=2).parameters.get().label == "First name"


def test_two_channels_can_swap_kinds(ada, kaleyra, workflow_form):
    first, second = kaleyra.workflow.channels.all()
    ada.post(
        change(kaleyra), workflow_form([(first.pk, 1, "sms", "a"), (second.pk, 2, "whatsapp", "b")])
    )
    assert channels(kaleyra.workflow) == [(1, "sms"), (2, "whatsapp")]


def test_the_second_channel_can_move_up_when_the_first_is_deleted(ada, kaleyra, workflow_form):
    first, second = kaleyra.workflow.channels.all()
    rows = [(first.pk, 1, "whatsapp", ""), (second.pk, 1, "sms", "")]
    ada.post(change(kaleyra), workflow_form(rows, **{"channels-0-DELETE": "on"}))
    assert channels(kaleyra.workflow) == [(1, "sms")]


def test_the_first_channel_can_take_the_kind_of_the_deleted_second(ada, kaleyra, workflow_form):
    first, second = kaleyra.workflow.channels.all()
    rows = [(first.pk, 1, "sms", ""), (second.pk, 2, "sms", "")]
    ada.post(change(kaleyra), workflow_form(rows, **{"channels-1-DELETE": "on"}))
    assert channels(kaleyra.workflow) == [(1, "sms")]


def test_the_first_channel_alone_cannot_be_deleted(ada, kaleyra, workflow_form):
    response = ada.post(change(kaleyra), workflow_form(**{"channels-0-DELETE": "on"}))
    assert "The only channel is the first one" in errors(response)
    assert Channel.objects.count() == 2


def test_both_channels_cannot_be_deleted(ada, kaleyra, workflow_form):
    response = ada.post(
        change(kaleyra), workflow_form(**{"channels-0-DELETE": "on", "channels-1-DELETE": "on"})
    )
    assert "at least its first channel" in errors(response)


@pytest.mark.parametrize("damaged", ["../../x", "a b", "a/b", "a?b", "é", "-a"])
def test_a_workflow_id_that_does_not_fit_a_url_is_refused(ada, kaleyra, workflow_form, damaged):
    response = ada.post(change(kaleyra), workflow_form(workflow_instance_id=damaged))
    assert "Only letters, digits, - and _" in errors(response)


def test_a_repeated_workflow_id_in_an_account_is_refused(ada, kaleyra, workflow_form):
    rows = [("", 1, "sms", "")]
    response = ada.post(ADD, workflow_form(rows, title="Twin"))
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
    for query in [{"q": "00112233"}, {"is_active__exact": "1"}, {"channels__kind__exact": "sms"}]:
        assert "Order shipped" in ada.get(LIST, query).content.decode()
    for query in [{"q": "nothing like it"}, {"is_active__exact": "0"}]:
        assert "Order shipped" not in ada.get(LIST, query).content.decode()


def test_the_number_of_queries_does_not_grow_with_the_list(
    ada, kaleyra, django_assert_max_num_queries
):
    for number in range(20):
        workflow = WorkflowInstance.objects.create(
            account=kaleyra.account, title=f"w{number}", workflow_instance_id=f"w{number}"
        )
        Channel.objects.create(workflow_instance=workflow, position=1, kind="sms")
    with django_assert_max_num_queries(16):
        ada.get(LIST)


def test_an_empty_list_explains_what_it_is_for(ada):
    html = ada.get(LIST).content.decode()
    assert "No workflow yet. Publish a flow in Kaleyra&#x27;s Fallback wizard" in html
    assert f'href="{ADD}"' in html


def test_what_looks_like_a_place_is_warned_of_and_saved(ada, kaleyra, workflow_form):
    rows = [("", 1, "sms", "Order {#number#}"), ("", 2, "whatsapp", "Hello {{ 1 }}")]
    html = ada.post(ADD, new_workflow(workflow_form, rows), follow=True).content.decode()
    assert "SMS: “{#number#}”: no place for a value" in html
    assert "WhatsApp: “{{ 1 }}”: no place for a value" in html
    assert channels(WorkflowInstance.objects.get(title="Second")) == [(1, "sms"), (2, "whatsapp")]
