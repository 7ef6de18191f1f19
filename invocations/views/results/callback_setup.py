"""Set-up of results, for admins: the URL that Kaleyra posts them to, and how to enter it there."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.audit import verbs
from invocations.audit.record import record
from invocations.kaleyra.address import is_loopback, is_public
from invocations.models import Account, Callback, CallbackAddress, permissions
from invocations.models.encryption import Unreadable
from invocations.results import endpoints, inbox
from invocations.results.endpoints import BASIC_USER, SECRET_HEADER
from invocations.views.base import StaffRequest, render_page, staff_page
from invocations.views.step_up import needs_step_up

logger = logging.getLogger(__name__)

Deed = Callable[[StaffRequest, Account], CallbackAddress | None]
BODY = '{"workflowevent":"<workflowevent>"}'
BODY_AS_DOCUMENTED = '{"workflowevent":""}'


@staff_page(permissions.CHANGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
@needs_step_up
def callback_setup(request: StaffRequest, account_id: int) -> HttpResponseBase:
    """Shows what to enter at Kaleyra; creates, rotates, ends and tests the address (`DEEDS`).

    The secret is shown once, in the answer to the press that made it.
    """
    account = get_object_or_404(Account.objects.select_related("pod"), pk=account_id)
    name = request.POST.get("action", "") if request.method == "POST" else ""
    if name in DEEDS:
        return _do(request, account, DEEDS[name])
    if name == "test":
        _test(request, account)
    if request.method == "POST":
        return redirect("callback_setup", account_id=account.pk)
    return _page(request, account)


def _do(request: StaffRequest, account: Account, deed: Deed) -> HttpResponse:
    """The page with the secret if the deed made one: a redirect would have to keep it somewhere."""
    made = deed(request, account)
    if made is None:
        return redirect("callback_setup", account_id=account.pk)
    return _page(request, account, made)


def _page(
    request: StaffRequest, account: Account, made: CallbackAddress | None = None
) -> HttpResponse:
    """`made`: the address whose secret is shown, this once."""
    address = made or endpoints.current_address(account)
    received = Callback.objects.filter(account=account).defer("body")
    context: dict[str, Any] = {
        "account": account,
        "address": address,
        "before": endpoints.previous_address(account),
        "key": account.primary_key,
        "may_check": request.viewer.may(permissions.CHANGE_KEY),
        "last": received.order_by("-last_received_at").first(),
        "workflows": account.workflow_instances.filter(is_active=True),
        "secret_header": SECRET_HEADER,
        "basic_user": BASIC_USER,
        "body": BODY,
        "body_as_documented": BODY_AS_DOCUMENTED,
        **(_address_context(request, address) if address else {}),
    }
    if made:
        context["secret"] = made.secret
    return render_page(request, "callback_setup.html", context)


def _address_context(request: StaffRequest, address: CallbackAddress) -> dict[str, Any]:
    """What to enter at Kaleyra, with the host of this page's own URL."""
    host = request.get_host()
    # Kaleyra must post over https, even if a proxy did not forward that this page uses it.
    scheme = "http" if is_loopback(host) else "https"
    try:
        url, secret = f"{scheme}://{host}{endpoints.path_of(address)}", address.secret
    except Unreadable:
        return {"is_unreadable": True}
    curl = (
        f"curl --request POST '{url}' \\\n"
        f'  --header "{SECRET_HEADER}: $CALLBACK_SECRET" \\\n'
        "  --header 'Content-Type: application/json' \\\n"
        '  --data \'{"selfTest": "from outside"}\''
    )
    return {
        "url": url,
        "secret_end": secret[-4:],
        "is_here_only": not is_public(host),
        "is_plain": not request.is_secure(),
        "curl": curl,
    }


# --- Actions --------------------------------------------------------------------------------------


def _create(request: StaffRequest, account: Account) -> CallbackAddress | None:
    if endpoints.current_address(account):
        return None  # pressed twice
    address = endpoints.ensure_address(account, by=request.user)
    text = _("The address is made. Copy the secret now: it is shown only once.")
    messages.success(request, text)
    return address


def _rotate(request: StaffRequest, account: Account) -> CallbackAddress | None:
    try:
        address = endpoints.rotate_address(account, by=request.user)
    except endpoints.PreviousStillValid:
        text = _(
            "The old address still takes results. "
            "End it first, once Kaleyra posts to the current one."
        )
        messages.warning(request, text)
        return None
    text = _(
        "There is a new address. Copy its secret now: it is shown only once. The old address works"
        " until you end it: enter the new one at Kaleyra first."
    )
    messages.success(request, text)
    return address


def _end_previous(request: StaffRequest, account: Account) -> None:
    if endpoints.end_previous_address(account):
        text = _("The old address is ended. Only the current one takes results.")
        messages.success(request, text)
    else:
        messages.info(request, _("There was no other address any more."))


def _test(request: StaffRequest, account: Account) -> None:
    address = endpoints.current_address(account)
    if address is None:
        messages.info(request, _("There is no address to test yet."))
        return
    facts = {"account": account.title}
    record(verbs.CALLBACK_TESTED, by=request.user, about=account, facts=facts)
    problem = _self_test(address)
    if problem:
        messages.error(request, problem)
        return
    accepted = _(
        "The console takes a result at this address with this secret, "
        "and refuses one without it. Nothing was kept of the test."
    )
    outside = _("Whether Kaleyra reaches the address from outside, only a result shows.")
    messages.success(request, f"{accepted} {outside}")


def _self_test(address: CallbackAddress) -> str:
    """Why the endpoint would not accept a result at `address`; empty if it would.

    Calls the functions that the endpoint calls, and rolls back what they store.
    """
    body = json.dumps(
        {
            "workflowInvocationId": f"self-test-{secrets.token_hex(8)}",
            "executionStatus": "COMPLETED",
        }
    )
    try:
        token, secret = address.token, address.secret
        if endpoints.authorised_address(token, {SECRET_HEADER: secret}) != address:
            return _("The console does not find its own address. Make a new one.")
        if endpoints.authorised_address(token, {SECRET_HEADER: f"{secret}-wrong"}):
            return _("The console accepts a wrong secret. Tell the person who runs it.")
        with transaction.atomic():
            inbox.store_result(address.account, body.encode())
            transaction.set_rollback(True)
    except Unreadable:
        return _(
            "The address cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS. "
            "Put it back, or make a new address."
        )
    except Exception as error:  # Any exception would also make Kaleyra's request fail.
        name = type(error).__name__
        logger.error("the self-test of account %s failed: %s", address.account_id, name)
        return _("The console could not keep a result. The server’s log says where.")
    return ""


DEEDS: dict[str, Deed] = {"make": _create, "rotate": _rotate, "end": _end_previous}
"""By the value of the button `action` that is posted. They return the address that they made."""
