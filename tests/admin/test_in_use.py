"""What uses a record is shown, and a record in use is not deleted."""

import pytest
from django.db.models import ProtectedError
from django.urls import reverse

from invocations.admin.pods import PodAdmin
from invocations.models import Account, ApiKey, Pod, WorkflowInstance
from tests.conftest import sign_in_again

RECORDS = {"pod": "pod", "account": "account", "apikey": "key", "workflowinstance": "workflow"}


def page(action, record):
    return reverse(f"admin:invocations_{record._meta.model_name}_{action}", args=[record.pk])


def delete(browser, record):
    return browser.post(page("delete", record), {"post": "yes"}, follow=True)


def test_a_pods_page_links_to_its_accounts(ada, kaleyra):
    html = ada.get(page("change", kaleyra.pod)).content.decode()
    assert "1 account: " in html
    assert f'href="{page("change", kaleyra.account)}"' in html


def test_an_accounts_page_links_to_its_keys_and_workflows(ada, kaleyra, invocation):
    html = ada.get(page("change", kaleyra.account)).content.decode()
    assert f'href="{page("change", kaleyra.key)}"' in html
    assert f'href="{page("change", kaleyra.workflow)}"' in html
    assert "1 message<" in html


def test_a_primary_keys_page_links_to_the_workflows_of_its_account(ada, kaleyra):
    assert (
        f'href="{page("change", kaleyra.workflow)}"'
        in ada.get(page("change", kaleyra.key)).content.decode()
    )


def test_a_key_that_is_not_primary_is_not_in_use(ada, kaleyra):
    secondary = ApiKey.objects.create(account=kaleyra.account, title="aside", key="A" * 33)
    assert "Nowhere yet" in ada.get(page("change", secondary)).content.decode()


def test_names_are_shown_to_people_who_may_view_these_records_only(
    nina, kaleyra, django_user_model
):
    nina.person.user_permissions.add(
        *nina.person.user_permissions.model.objects.filter(codename="view_pod")
    )
    sign_in_again(nina)
    html = nina.get(page("change", kaleyra.pod)).content.decode()
    assert "1 account" in html
    assert "Acme India" not in html


@pytest.mark.parametrize(
    ("model", "reason"),
    [("pod", "1 account"), ("account", "1 workflow"), ("workflowinstance", "1 message")],
)
def test_a_record_in_use_is_not_deleted_and_the_page_shows_its_users(
    ada, kaleyra, invocation, model, reason
):
    record = getattr(kaleyra, RECORDS[model])
    html = delete(ada, record).content.decode()
    assert "cannot be deleted: it is in use" in html
    assert reason in html
    assert 'name="post"' not in html
    assert type(record).objects.filter(pk=record.pk).exists()


def test_a_workflow_with_invocations_can_be_deactivated_instead(ada, kaleyra, invocation):
    assert (
        "Take it off the send page instead"
        in ada.get(page("delete", kaleyra.workflow)).content.decode()
    )


def test_records_that_are_not_in_use_are_deleted(ada, kaleyra):
    for record in [kaleyra.workflow, kaleyra.key, kaleyra.account, kaleyra.pod]:
        assert "Nothing uses it" in ada.get(page("delete", record)).content.decode()
        delete(ada, record)
    assert not WorkflowInstance.objects.exists()
    assert not ApiKey.objects.exists()
    assert not Account.objects.exists()
    assert not Pod.objects.filter(code="IN").exists()


def test_the_only_key_of_an_account_with_workflows_is_not_deleted(ada, kaleyra):
    assert "It is the account&#x27;s only key" in delete(ada, kaleyra.key).content.decode()
    assert ApiKey.objects.exists()


def test_a_primary_key_is_deleted_only_after_it_was_replaced(ada, kaleyra):
    second = ApiKey.objects.create(account=kaleyra.account, title="second", key="A" * 33)
    assert (
        "Make another key of the account primary first" in delete(ada, kaleyra.key).content.decode()
    )
    ada.post(page("change", second), {"title": "second", "make_primary": "on"})
    delete(ada, kaleyra.key)
    assert list(ApiKey.objects.all()) == [second]


def test_a_key_that_is_not_primary_can_be_deleted(ada, kaleyra):
    secondary = ApiKey.objects.create(account=kaleyra.account, title="aside", key="A" * 33)
    delete(ada, secondary)
    assert list(ApiKey.objects.all()) == [kaleyra.key]


@pytest.mark.parametrize("model", RECORDS)
def test_no_list_has_a_bulk_deletion(ada, kaleyra, model):
    record = getattr(kaleyra, RECORDS[model])
    address = reverse(f"admin:invocations_{model}_changelist")
    assert 'name="action"' not in ada.get(address).content.decode()
    ada.post(
        address, {"action": "delete_selected", "_selected_action": str(record.pk), "post": "yes"}
    )
    assert type(record).objects.filter(pk=record.pk).exists()


def test_a_record_that_comes_into_use_during_deletion_stays(ada, kaleyra, monkeypatch):
    monkeypatch.setattr(PodAdmin, "reasons_to_keep", lambda *_: [])
    response = ada.post(page("delete", kaleyra.pod), {"post": "yes"})
    assert response.status_code == 302
    assert "It has just come into use" in ada.get(page("change", kaleyra.account)).content.decode()
    assert Pod.objects.filter(code="IN").exists()


@pytest.mark.parametrize("name", ["pod", "account", "workflow"])
def test_the_database_refuses_too(kaleyra, invocation, name):
    with pytest.raises(ProtectedError):
        getattr(kaleyra, name).delete()
