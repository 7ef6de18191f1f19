"""Django's and axes' settings of sign-in and sessions. What they count: `access/limits.py`."""

from invocations.access.limits import COOL_OFF, MAX_FAILURES

AUTHENTICATION_BACKENDS = [
    "invocations.access.lockout.Backend",
    "fallback_console.sign_in.BackendWithProfile",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "invocations.access.password_strength.GuessablePassword"},
]

SESSION_ENGINE = "invocations.access.session_store"
SESSION_COOKIE_AGE = 12 * 60 * 60

AXES_HANDLER = "invocations.access.lockout.Counter"
AXES_LOCKOUT_PARAMETERS = "invocations.access.lockout.counted_by"
AXES_USERNAME_CALLABLE = "invocations.access.lockout.username_in"
AXES_CLIENT_IP_CALLABLE = "invocations.access.request_address.address_of"
AXES_LOCKOUT_CALLABLE = "invocations.views.setup.locked_out.locked_out"
AXES_FAILURE_LIMIT = MAX_FAILURES
AXES_COOLOFF_TIME = COOL_OFF
AXES_RESET_ON_SUCCESS = AXES_ENABLE_ACCESS_FAILURE_LOG = AXES_DISABLE_ACCESS_LOG = True
# Whoever keeps knocking would otherwise keep the colleague out for ever.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
