"""The settings of the extra, as they are where it is off."""

from __future__ import annotations

SIGN_IN_EXTRA = False
SECOND_FACTOR = "off"
"""Who needs one: nobody ("off", "optional"), "admins" or "all". "off": nobody can have one."""
SSO_ISSUER = ""
SSO_PROVIDER_ID = ""
"""The provider's name in the tables, by its issuer."""
SSO_GROUPS: dict[str, str] = {}
"""The console's group for each value of the claim SSO_GROUPS_CLAIM."""
SSO_GROUPS_CLAIM = "groups"
