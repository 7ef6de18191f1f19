"""Settings of the tests with the extra on: `pytest --ds=tests.sign_in_extra.on.settings`."""

import os

os.environ.update(
    TEST_SECOND_FACTOR="optional",
    TEST_SSO_ISSUER="http://127.0.0.1:1",  # each test names the port of its own provider
    TEST_SSO_CLIENT="console-and-its-secret-for-tests-alone",
    TEST_SSO_GROUPS="console-admins=Admin,console-support=Support",
)

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

# The tests without the extra may be running on the same server.
DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_sign_in_extra_{os.getpid()}"
