"""The settings that the extra needs. None of them where it is off."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from fallback_console.environment import Environment
from fallback_console.logs import remember_credentials_of

HERE = "fallback_console.sign_in_extra"
SECOND_FACTOR = ["off", "optional", "admins", "all"]
INSTALL = "Install it: pip install --require-hashes -r requirements-sign-in.lock"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def settings_of_extra(env: Environment, base: dict[str, Any]) -> dict[str, Any]:
    """What to add to the settings `base`: nothing where the extra is not switched on.

    Anything wrong, such as a package that is missing, is added to the problems of `env`, which
    keep the console from starting.
    """
    factor = env.one_of(
        "SECOND_FACTOR", SECOND_FACTOR, default="off", hint=f"Use {', '.join(SECOND_FACTOR)}."
    )
    issuer = env.web_url("SSO_ISSUER", example="https://login.example.com/realms/company")
    client_id, secret = env.text("SSO_CLIENT_ID"), env.text("SSO_CLIENT_SECRET")
    groups = _groups_by_value(env)
    claim = env.text("SSO_GROUPS_CLAIM", "groups")
    if not claim.strip():
        env.add_problem("SSO_GROUPS_CLAIM", "is empty.", "Name the claim, or leave it out: groups.")
    _check_single_sign_on(
        env, base, issuer, {"SSO_CLIENT_ID": client_id, "SSO_CLIENT_SECRET": secret}
    )
    if issuer and not groups:
        env.add_problem(
            "SSO_GROUPS", "is empty, so that nobody could sign in.", "See .env.example."
        )
    if factor == "off" and not issuer:
        return {}
    if find_spec("allauth") is None:
        name = "SECOND_FACTOR" if factor != "off" else "SSO_ISSUER"
        env.add_problem(name, "is set, and the package django-allauth is missing.", INSTALL)
        return {}
    remember_credentials_of(secrets=[secret], urls=[])
    chosen = {
        "SIGN_IN_EXTRA": True,
        "SECOND_FACTOR": factor,
        "SSO_ISSUER": issuer,
        "SSO_GROUPS": groups,
        "SSO_GROUPS_CLAIM": claim,
        "SSO_PROVIDER_ID": provider_id(issuer),
    }
    more = _account() | _provider(issuer, client_id, secret)
    return chosen | _wiring(base, chosen) | more | (_factor(base) if factor != "off" else {})


def provider_id(issuer: str) -> str:
    """The provider's name in the tables. Another issuer is another: its people are strangers."""
    return f"sso-{hashlib.sha256(issuer.rstrip('/').encode()).hexdigest()[:12]}"


def _groups_by_value(env: Environment) -> dict[str, str]:
    """The console's group for each value of the claim."""
    pairs = [item.rpartition("=") for item in env.items("SSO_GROUPS")]
    if not all(value.strip() and group.strip() for value, _, group in pairs):
        env.add_problem(
            "SSO_GROUPS",
            "holds an entry that is not value=group.",
            "For example console-admins=Admin,console-support=Support",
        )
        return {}
    return {value.strip(): group.strip() for value, _, group in pairs}


def _check_single_sign_on(
    env: Environment, base: dict[str, Any], issuer: str, credentials: dict[str, str]
) -> None:
    """Names what single sign-on lacks."""
    for name, value in credentials.items():
        if issuer and not value:
            env.add_problem(
                name, "is missing, and SSO_ISSUER is set.", "The provider gives it to you."
            )
        elif value and not issuer:
            env.add_problem(
                name, "is set without an SSO_ISSUER.", "Name the provider, or remove it."
            )
    address = urlsplit(issuer)
    is_practice = base["SANDBOX"] and address.hostname in LOOPBACK
    if issuer and address.scheme != "https" and not is_practice:
        hint = "Anybody between could sign in as anybody. Use https."
        env.add_problem("SSO_ISSUER", "is not an https:// address.", hint)


def _wiring(base: dict[str, Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """Apps, middleware, backends, templates and cache, added to those of `base`."""
    apps = ["allauth", "allauth.account"]
    if chosen["SECOND_FACTOR"] != "off":
        apps.append("allauth.mfa")
    if chosen["SSO_ISSUER"]:
        apps += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    middleware = list(base["MIDDLEWARE"])
    place = middleware.index("django.contrib.messages.middleware.MessageMiddleware") + 1
    middleware[place:place] = [
        "allauth.account.middleware.AccountMiddleware",
        f"{HERE}.middleware.let_button_lead_to_provider",
        f"{HERE}.middleware.ask_for_a_second_factor",
    ]
    backends = list(base["AUTHENTICATION_BACKENDS"])
    # After what refuses too many attempts, before what checks passwords.
    place = backends.index("fallback_console.sign_in.BackendWithProfile")
    backends.insert(place, f"{HERE}.passwords.RefusePasswordsOfProvidersPeople")
    (templates,) = base["TEMPLATES"]
    options = templates["OPTIONS"]
    processors = [*options["context_processors"], f"{HERE}.context.ways_to_sign_in"]
    return {
        "INSTALLED_APPS": [*base["INSTALLED_APPS"], *apps, f"{HERE}.apps.SignInExtraConfig"],
        "MIDDLEWARE": middleware,
        "AUTHENTICATION_BACKENDS": backends,
        "TEMPLATES": [templates | {"OPTIONS": options | {"context_processors": processors}}],
        "CACHES": _shared_cache(),
    }


def _shared_cache() -> dict[str, Any]:
    """In the database: a code used at one process is used at all, and attempts are counted once.

    `MAX_ENTRIES` is far above what is kept, because Django throws away a third when it is reached,
    and with it limits and used codes.
    """
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "sign_in_cache",
            "OPTIONS": {"MAX_ENTRIES": 1_000_000},
        }
    }


def _account() -> dict[str, Any]:
    return {
        "ACCOUNT_ADAPTER": f"{HERE}.adapters.AccountAdapter",
        "ACCOUNT_EMAIL_VERIFICATION": "none",
        "ACCOUNT_LOGIN_METHODS": {"username"},
        "ACCOUNT_SIGNUP_FIELDS": ["username*", "password1*"],
        # How long the second step may take after the first.
        "ACCOUNT_LOGIN_TIMEOUT": 5 * 60,
        # allauth's own limit counts per name, from everywhere: a stranger could lock somebody out.
        "ACCOUNT_RATE_LIMITS": {
            "login_failed": "60/m/ip",
            "code_here": "5/15m/key",
            "code_anywhere": "60/h/key",
        },
    }


def _factor(base: dict[str, Any]) -> dict[str, Any]:
    features = ["publickey-credentials-create", "publickey-credentials-get"]
    return {
        "USED_BROWSER_FEATURES": [*base.get("USED_BROWSER_FEATURES", []), *features],
        "UNFOLD": base["UNFOLD"] | {"LOGIN": {"form": f"{HERE}.forms.SignInWithSecondFactor"}},
        "MFA_ADAPTER": f"{HERE}.factors.FactorAdapter",
        "MFA_SUPPORTED_TYPES": ["totp", "webauthn", "recovery_codes"],
        "MFA_PASSKEY_LOGIN_ENABLED": True,
        "MFA_RECOVERY_CODES_SHOW_ONCE": True,
        # Of passkeys, where there is nothing to guess. Offices share an address.
        "MFA_RATE_LIMITS": {"webauthn_login": "60/m/ip"},
        "MFA_ALLOW_UNVERIFIED_EMAIL": True,
        # Clocks of phones differ by some seconds. A code is good for at most 90 seconds.
        "MFA_TOTP_TOLERANCE": 1,
        "MFA_TOTP_ISSUER": "Fallback console",
        "MFA_FORMS": {
            "authenticate": f"{HERE}.forms.CodeForm",
            "activate_totp": f"{HERE}.forms.SetUpAppForm",
            "add_webauthn": f"{HERE}.forms.AddPasskeyForm",
        },
    }


def _provider(issuer: str, client_id: str, secret: str) -> dict[str, Any]:
    if not issuer:
        return {}
    app = {
        "provider_id": provider_id(issuer),
        "name": "Single sign-on",
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": issuer, "oauth_pkce_enabled": True},
    }
    return {
        "SOCIALACCOUNT_ADAPTER": f"{HERE}.provider.ProviderAdapter",
        "SOCIALACCOUNT_STORE_TOKENS": False,
        "SOCIALACCOUNT_EMAIL_AUTHENTICATION": False,
        "SOCIALACCOUNT_PROVIDERS": {"openid_connect": {"APPS": [app]}},
    }
