"""The tests in `on` need the extra's settings: `test_on` runs them in processes of their own."""

from django.conf import settings

collect_ignore = ["test_on.py", "test_off.py"] if settings.SIGN_IN_EXTRA else ["on"]
