"""Whether an answer tells about its account as it is set up when it is stored.

An admin may have changed the pod, the SID or the key since the claim. What the earlier target or
key answered then neither pauses nor resumes, slows, opens or closes anything.
"""

from __future__ import annotations

from collections.abc import Sequence

from invocations.models import Account, ApiKey
from invocations.sending.claim import Claim


class TodaysSetup:
    """The accounts and keys of `claims`, read once for a round of results."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        accounts = Account.objects.filter(pk__in={claim.account.pk for claim in claims})
        self._addresses = {
            pk: (host, sid)
            for pk, host, sid in accounts.values_list("pk", "pod__api_domain", "sid")
        }
        keys = ApiKey.objects.filter(is_primary=True, account_id__in=self._addresses)
        self._keys = {
            account_pk: (pk, last_four)
            for account_pk, pk, last_four in keys.values_list("account_id", "pk", "last_four")
        }

    def is_of_account(self, claim: Claim) -> bool:
        """Whether host, SID and key are those of the account now."""
        now = self._addresses.get(claim.account.pk)
        key = claim.api_key
        has_key = self._keys.get(claim.account.pk) == (key and (key.pk, key.last_four))
        return claim.route.is_of_account and claim.target.parts[:2] == now and has_key
