"""How many wrong passwords, within which time. No Django: the settings read it too."""

from datetime import timedelta

MAX_FAILURES = 5
"""For one name from one address, or from one known browser."""
MAX_FAILURES_OF_ADDRESS = 100
"""Over all names, within `COOL_OFF`. More than people mistype, though an office shares one."""
COOL_OFF = timedelta(minutes=15)
LOGS_KEPT_FOR = timedelta(days=1)
