import uuid, pytest
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from invocations.kaleyra.payload import Send
from invocations.models import *
from invocations.sending.record import record, NotSendable
from tests.many import real_account, workflow_of

@pytest.mark.django_db(transaction=True)
def test_x():
    account = real_account()
    wf = workflow_of(account, "Order", ("sms",))
    LimitSet.objects.create(account_day=7)
    def send(n):
        try:
            record(wf, [Send(f"9198765{n:05}", {"01":"Asha"})], request_id=uuid.uuid4(), created_by=None)
            return True
        except NotSendable as e:
            return e.code
        finally:
            connection.close()
    with ThreadPoolExecutor(30) as pool:
        r = list(pool.map(send, range(43200, 43300)))
    print(r[:20])
    assert r.count(True) == 7
    assert Invocation.objects.count() == 7
    assert LimitCount.objects.get().count == 7
