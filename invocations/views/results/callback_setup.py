"""Results of an account: the address that Kaleyra posts them to, and how to enter it there. For admins."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from invocations.kaleyra.address import is_loopback, is_public
from invocations.models import Account, Callback, CallbackAddress, permissions
from invocations.models.encryption import Unreadable
from invocations.results import endpoints, inbox
from invocations.results.endpoints import BASIC_USER, SECRET_HEADER
from invocations.views.base import StaffRequest, render_page, staff_page

logger = logging.getLogger(__name__)

BODY = '{"workflowevent":"<workflowevent>"}'
BODY_AS_DOCUMENTED = '{"workflowevent":""}'


@staff_page(permissions.CHANGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def callback_setup(request: StaffRequest, account_id: int) -> HttpResponse:
    """Shows what to enter at Kaleyra; makes, rotates, ends and tries the address."""
    account = get_object_or_404(Account.objects.select_related("pod"), pk=account_id)
    if request.method == "POST":
        deed = DEEDS.get(request.POST.get("action", ""))
        if deed:
            deed(request, account)
        return redirect("callback_setup", account_id=account.pk)
    address = endpoints.current_address(account)
    context: dict[str, Any] = {
        "account": account,
        "address": address,
        "before": endpoints.previous_address(account),
        "last": Callback.objects.filter(account=account)
        .defer("body")
        .order_by("-last_received_at")
        .first(),
        "workflows": account.workflow_instances.filter(is_active=True),
        "secret_header": SECRET_HEADER,
        "basic_user": BASIC_USER,
        "body": BODY,
        "body_as_documented": BODY_AS_DOCUMENTED,
        **(_values(request, address) if address else {}),
    }
    return render_page(request, "callback_setup.html", context)


def _values(request: StaffRequest, address: CallbackAddress) -> dict[str, Any]:
    """What is entered at Kaleyra, for the host that this page was opened at."""
    host = request.get_host()
    # Kaleyra is to post over https, even where a proxy has not told us that this page was opened so.
    scheme = "http" if is_loopback(host) else "https"
    try:
        url, secret = f"{scheme}://{host}{endpoints.path_of(address)}", address.secret
    except Unreadable:
        return {"is_unreadable": True}
    return {
        "url": url,
        "secret": secret,
        "is_here_only": not is_public(host),
        "is_plain": not request.is_secure(),
        "curl": f"curl --request POST '{url}' \\\n  --header \"{SECRET_HEADER}: $CALLBACK_SECRET\" \\\n"
        "  --header 'Content-Type: application/json' \\\n  --data '{\"selfTest\": \"from outside\"}'",
    }


# --- deeds ------------------------------------------------------------------------------------------------------------


def _make(request: StaffRequest, account: Account) -> None:
    endpoints.ensure_address(account, by=request.user)
    messages.success(request, _("The address is made. Enter it at Kaleyra as it stands here."))


def _rotate(request: StaffRequest, account: Account) -> None:
    try:
        endpoints.rotate_address(account, by=request.user)
    except endpoints.PreviousStillValid:
        messages.warning(
            request,
            _(
                "The address before this one still lets Kaleyra in. End it first, once Kaleyra posts to the current one."
            ),
        )
    else:
        messages.success(
            request,
            _(
                "There is a new address. The one before stays valid until you end it: enter the new one at Kaleyra first."
            ),
        )


def _end(request: StaffRequest, account: Account) -> None:
    if endpoints.end_previous_address(account):
        messages.success(
            request,
            _("The address before this one is ended. Only the current one lets Kaleyra in."),
        )
    else:
        messages.info(request, _("There was no other address any more."))


def _test(request: StaffRequest, account: Account) -> None:
    address = endpoints.current_address(account)
    if address is None:
        messages.info(request, _("There is no address to test yet."))
        return
    problem = _problem_of(address)
    if problem:
        messages.error(request, problem)
        return
    text = _(
        "The console takes a result at this address with this secret, and refuses one without it. Nothing was kept of the test."
    )
    messages.success(
        request,
        f"{text} {_('Whether Kaleyra can reach the address from outside, “Last result” will show.')}",
    )


def _problem_of(address: CallbackAddress) -> str:
    """What would keep a result out: asked of the same functions that the endpoint asks. An empty text: nothing.

    What is stored for the test is rolled back.
    """
    body = f'{{"workflowInvocationId": "self-test-{secrets.token_hex(8)}", "executionStatus": "COMPLETED"}}'
    try:
        token, secret = address.token, address.secret
        if endpoints.authorised_address(token, {SECRET_HEADER: secret}) != address:
            return _("The console does not find its own address. Rotate it.")
        if endpoints.authorised_address(token, {SECRET_HEADER: f"{secret}-wrong"}):
            return _("The console lets in a wrong secret. Tell whoever looks after it.")
        with transaction.atomic():
            inbox.store_result(address.account, body.encode())
            transaction.set_rollback(True)
    except Unreadable:
        return _(
            "The address cannot be decrypted: a key is missing in FIELD_ENCRYPTION_KEYS. Put it back, or rotate."
        )
    except Exception as error:  # whatever it is would meet Kaleyra's post too
        logger.error(
            "the self-test of account %s broke: %s", address.account_id, type(error).__name__
        )
        return _("The console could not keep a result. The server’s log says where.")
    return ""


DEEDS: dict[str, Callable[[StaffRequest, Account], None]] = {
    "make": _make,
    "rotate": _rotate,
    "end": _end,
    "test": _test,
}
"""What the page's buttons do, by the value of `action`."""
