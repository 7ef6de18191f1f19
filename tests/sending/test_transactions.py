"""During the request other connections see the row and its attempt, and no transaction is open."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from invocations.models import Invocation, Pod
from invocations.monitoring.sweep import run_once
from invocations.sending.deliver import deliver
from tests.faults.server import FaultServer
from tests.sending.answer_rows import ACCEPTED, says
from tests.sending.moves import enter_keys_again
from tests.views.conftest import NUMBER
from tests.views.pages import confirm, send_form

pytestmark = pytest.mark.django_db(transaction=True)


def from_the_page(workflow, request):
    workflow.channels.update(template_text="")
    priya = request.getfixturevalue("priya")
    confirm(priya, send_form(priya, workflow).fill(recipient=NUMBER).press(priya, "review"))


def from_a_shell(workflow, request):
    words = ["--recipient", "919876543202", "--param", "01=Asha"]
    manage = request.getfixturevalue("manage")
    assert manage("invoke", workflow.workflow_instance_id, *words).wait(30) == 0


def by_a_dispatcher(workflow, request):
    request.getfixturevalue("recorded")()
    Invocation.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert run_once() == 1


def by_hand(workflow, request):
    assert deliver(request.getfixturevalue("recorded")().pk)


@pytest.fixture
def seen(account, workflow, request):
    """seen(door, look): the result of `look` in another connection, before a byte is read."""

    def seen(door, look):
        found = []

        def looks_first(visit):
            try:
                found.append(look())
            finally:
                connection.close()
            says(202, ACCEPTED)(visit)

        with FaultServer(looks_first) as server:
            Pod.objects.filter(pk=account.pod_id).update(api_domain=server.api_domain)
            enter_keys_again()
            door(workflow, request)
        assert Invocation.objects.get().status == "accepted"
        [only] = found
        return only

    return seen


DOORS = pytest.mark.parametrize("door", [from_the_page, from_a_shell, by_a_dispatcher, by_hand])


@DOORS
def test_the_row_and_its_attempt_are_there_before_the_first_byte(seen, door):
    assert seen(
        door, lambda: Invocation.objects.values_list("status", "attempts__outcome").get()
    ) == ("sending", "under_way")


@pytest.mark.postgres
@DOORS
def test_no_transaction_is_open_during_the_request(seen, door):
    def others():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT state, xact_start IS NOT NULL FROM pg_stat_activity"
                " WHERE datname = current_database() AND backend_type = 'client backend'"
                " AND pid <> pg_backend_pid()"
            )
            return cursor.fetchall()

    found = seen(door, others)
    assert found and set(found) == {("idle", False)}


@pytest.mark.postgres
def test_a_commit_waits_for_the_disk_with_any_setting_of_the_database(db):
    with connection.cursor() as cursor:
        cursor.execute(
            f'ALTER DATABASE "{connection.settings_dict["NAME"]}" SET synchronous_commit = off'
        )
        connection.close()
        try:
            cursor = connection.cursor()
            cursor.execute("SHOW synchronous_commit")
            assert cursor.fetchone() == ("on",)
        finally:
            cursor.execute(
                f'ALTER DATABASE "{connection.settings_dict["NAME"]}" RESET synchronous_commit'
            )
