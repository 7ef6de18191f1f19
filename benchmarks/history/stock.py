"""Settings for the comparison: Django's stock admin, without the console's shell, same rows."""

from __future__ import annotations

from django.apps import AppConfig

from tests.settings import *  # noqa: F403
from tests.settings import MIDDLEWARE, TEMPLATES

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "benchmarks.history.stock.RowsAlone",
]
MIDDLEWARE = [name for name in MIDDLEWARE if name.startswith("django.")]
TEMPLATES = [{**TEMPLATES[0], "DIRS": []}]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
ROOT_URLCONF = "benchmarks.history.stock_urls"


class RowsAlone(AppConfig):
    """The console's models, and nothing else of it."""

    name = "invocations"
