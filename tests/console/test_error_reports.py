"""An error page or mail shows lines of code and no values, whether DEBUG is on or off."""

import sys

import pytest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_exception_reporter_filter

CANARIES = {name: f"canary-{name}" for name in ["local", "post", "cookie", "header", "inner"]}


def view(request):
    number = CANARIES["local"]
    password = request.POST["recipient"]
    return inner(number + password)


def inner(text):
    message = CANARIES["inner"]
    raise LookupError(len(message + text))


@pytest.fixture(params=[True, False], ids=["DEBUG", "no DEBUG"])
def reports(request, settings):
    """The page and the mail about a view that broke."""
    settings.DEBUG = request.param
    asked = RequestFactory().post(
        "/send/1/",
        {"recipient": CANARIES["post"], "api_key": CANARIES["post"]},
        HTTP_X_SIGNATURE=CANARIES["header"],
    )
    asked.COOKIES["sessionid"] = CANARIES["cookie"]
    try:
        view(asked)
    except LookupError:
        reporter = ExceptionReporter(asked, *sys.exc_info())
    return reporter.get_traceback_html() + reporter.get_traceback_text()


@pytest.mark.parametrize("canary", CANARIES.values())
def test_no_value_is_shown(reports, canary):
    assert canary not in reports


def test_no_setting_is_shown(reports, settings):
    for name in ["SECRET_KEY", "FIELD_ENCRYPTION_KEYS", "DATABASES", "HTTPS_PROXY_URL"]:
        assert name not in reports
    assert settings.SECRET_KEY not in reports and settings.FIELD_ENCRYPTION_KEYS[0] not in reports


def test_the_trace_is_shown(reports):
    assert (
        "LookupError" in reports
        and "return inner(number + password)" in reports
        and "/send/1/" in reports
    )


def test_it_is_the_filter_of_every_request():
    assert type(get_exception_reporter_filter(None)).__name__ == "NothingButTheTrace"


def test_without_a_request_nothing_is_shown_either(settings):
    settings.DEBUG = True
    try:
        inner(CANARIES["local"])
    except LookupError:
        reporter = ExceptionReporter(None, *sys.exc_info())
    report = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert "LookupError" in report and not any(canary in report for canary in CANARIES.values())


@pytest.mark.django_db
@pytest.mark.parametrize("debug", [True, False])
def test_the_page_of_a_broken_view_shows_no_value(client, settings, monkeypatch, debug):
    settings.DEBUG = debug
    client.raise_request_exception = False
    monkeypatch.setattr(
        "django.contrib.auth.forms.AuthenticationForm.clean",
        lambda form: inner(form.data["password"]),
    )
    answer = client.post("/login/", {"username": "priya", "password": CANARIES["post"]})
    assert answer.status_code == 500 and not any(
        canary in answer.content.decode() for canary in CANARIES.values()
    )
