"""Settings from the environment: a wrong one is named with a hint, and its value is not shown."""

import runpy
import time
import warnings

import pytest
from django.core.checks import run_checks

from .environments import GOOD, KEY, SETTINGS, names_that_settings_reads


def test_a_good_environment_has_no_problem(read):
    assert read()["SETTINGS_PROBLEMS"] == []


WRONG = [
    ("SECRET_KEY", ""),
    ("SECRET_KEY", "short"),
    ("SECRET_KEY", "$a-name-that-no-variable-has-and-is-longer-than-forty"),
    ("FIELD_ENCRYPTION_KEYS", ""),
    ("FIELD_ENCRYPTION_KEYS", "short"),
    ("FIELD_ENCRYPTION_KEYS", f"{KEY},broken"),
    ("FIELD_ENCRYPTION_KEYS", "é" * 44),
    ("FIELD_ENCRYPTION_KEYS", GOOD["SECRET_KEY"]),
    ("ALLOWED_HOSTS", ""),
    ("ALLOWED_HOSTS", " , "),
    ("DATABASE_URL", "mysql://console:canary-password@host/db"),
    ("DATABASE_URL", "postgres://console:canary-password@host:port/db"),
    ("DATABASE_URL", "postgre://console:canary-password@host:5432/db"),
    ("DATABASE_URL", "postgres://console:canary-password@[::1/db"),
    ("DATABASE_URL", "canary-password"),
    ("DATABASE_URL", ""),
    ("DEBUG", "perhaps"),
    ("SANDBOX", "2"),
    ("HTTPS_ONLY", "Falsch"),
    ("BEHIND_PROXY", "x"),
    ("PROXY_COUNT", "0"),
    ("PROXY_COUNT", "many"),
    ("EXPORTS_DIR", "/no/such/folder"),
    ("DISPATCHER_STATE_DIR", "/no/such/folder"),
    ("CSRF_TRUSTED_ORIGINS", "console.example.com"),
    ("CSRF_TRUSTED_ORIGINS", "https://["),
    ("HTTPS_PROXY_URL", "proxy.example.com:3128"),
    ("HTTPS_PROXY_URL", "socks5://user:canary-password@proxy:1"),
    ("HTTPS_PROXY_URL", "http://"),
    ("HTTPS_PROXY_URL", "http://user:canary-password@["),
    ("HTTPS_PROXY_URL", "http://user:canary-password@proxy:port"),
    ("CA_BUNDLE", "/no/such/file"),
    ("CA_BUNDLE", "/tmp"),
    ("DUPLICATE_ANSWER_PATTERN", "request(id"),
    ("DUPLICATE_ANSWER_PATTERN", "request(?=.*canary)"),
    ("CELERY_BROKER_URL", "sqs://canary-password@"),
    ("CELERY_BROKER_URL", "canary-password"),
    ("EMAIL_URL", "canary-password"),
    ("EMAIL_URL", "smtp://"),
    ("EMAIL_URL", "smtps://user:canary-password@mail.example.com"),
    ("EMAIL_URL", "smtp+tls://user:canary-password@mail.example.com:port"),
    ("ALERT_EMAILS", "ops"),
    ("ALERT_EMAILS", "ops@example.com"),
    ("DEFAULT_FROM_EMAIL", "console"),
    ("CONSOLE_URL", "console.example.com"),
    ("METRICS_TOKEN", "canary"),
    ("METRICS_TOKEN", "canary with blanks in between"),
    ("TIME_ZONE", "Mars/Olympus"),
    ("TIME_ZONE", "/etc/canary"),
    ("LOG_LEVEL", "chatty"),
    ("SECOND_FACTOR", "canary"),
    ("SSO_ISSUER", "canary.example.com"),
    ("SSO_CLIENT_ID", "canary"),
    ("SSO_CLIENT_SECRET", "canary"),
    ("SSO_GROUPS", "canary"),
    ("SSO_GROUPS_CLAIM", " "),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_named_with_a_hint_and_not_shown(read, name, value):
    with warnings.catch_warnings(record=True) as warned:
        problem = read(**{name: value})["SETTINGS_PROBLEMS"][0]
    assert problem.name == name and problem.wrong.endswith(".") and problem.hint
    assert "canary" not in str(problem) and not warned


def test_a_field_key_is_not_the_secret_key(read):
    assert read(SECRET_KEY=KEY)["SETTINGS_PROBLEMS"][0].name == "FIELD_ENCRYPTION_KEYS"


def test_every_variable_has_a_wrong_value_in_the_table_above():
    assert {name for name, _ in WRONG} == names_that_settings_reads()


def test_several_wrong_settings_are_all_named(read):
    problems = read(SECRET_KEY="", DEBUG="?", LOG_LEVEL="?")["SETTINGS_PROBLEMS"]
    assert [problem.name for problem in problems] == ["SECRET_KEY", "DEBUG", "LOG_LEVEL"]


def test_an_invalid_line_of_the_env_file_is_named_by_its_number_and_not_shown(
    read, tmp_path, caplog
):
    """`DATABASE_URL = …` would else be left out: another database, and the password in the log."""
    package = tmp_path / "fallback_console"
    package.mkdir()
    (package / "settings.py").write_text(SETTINGS.read_text())
    (tmp_path / ".env").write_text(
        "# words\n\nSECRET_KEY=x\nexport DEBUG=False\nDATABASE_URL = postgres://console:canary-password@host/db\n"
    )
    problems = read(package / "settings.py")["SETTINGS_PROBLEMS"]
    assert [(problem.name, problem.wrong) for problem in problems] == [
        (".env", "has a line 5 that is not NAME=value.")
    ]
    assert "canary" not in caplog.text + str(problems)


def test_a_pattern_from_the_environment_ignores_case_and_runs_in_linear_time(read):
    pattern = read(DUPLICATE_ANSWER_PATTERN="(a+ ?)+used")["DUPLICATE_ANSWER"]
    begun = time.thread_time()
    assert pattern.search("A AA used") and not pattern.search("a" * 4000)
    assert time.thread_time() - begun < 0.5


def test_a_time_zone_is_found_by_its_name_in_any_case(read):
    made = read(TIME_ZONE="asia/kolkata")
    assert made["SETTINGS_PROBLEMS"] == [] and made["TIME_ZONE"] == "Asia/Kolkata"


def test_a_missing_setting_has_a_safe_default(read):
    made = read(DEBUG="", SANDBOX="", BEHIND_PROXY="", CSRF_TRUSTED_ORIGINS="", LOG_LEVEL="info")
    assert made["SETTINGS_PROBLEMS"] == []
    assert (
        not made["DEBUG"]
        and not made["SANDBOX"]
        and made["SECURE_PROXY_SSL_HEADER"] is None
        and made["SECURE_SSL_REDIRECT"]
    )


def test_cookies_bind_their_names_to_this_host_wherever_https_alone_is_used(read):
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME"]
    https, plain = read(HTTPS_ONLY="True"), read(HTTPS_ONLY="False")
    assert [https[name] for name in names] == ["__Host-sessionid", "__Host-csrftoken"]
    assert [plain[name] for name in names] == ["sessionid", "csrftoken"]
    assert https["SESSION_COOKIE_SECURE"] and "SESSION_COOKIE_DOMAIN" not in https


def test_a_list_is_read_without_its_blanks(read):
    made = read(ALLOWED_HOSTS=" a.example , b.example ,", FIELD_ENCRYPTION_KEYS=f" {KEY} , {KEY}")
    assert made["ALLOWED_HOSTS"] == ["a.example", "b.example"] and made[
        "FIELD_ENCRYPTION_KEYS"
    ] == [KEY, KEY]


def test_sqlite_waits_for_its_lock_and_survives_a_power_cut(read):
    options = read(DATABASE_URL="sqlite:////var/lib/console/db.sqlite3")["DATABASES"]["default"][
        "OPTIONS"
    ]
    assert options["transaction_mode"] == "IMMEDIATE" and options["timeout"] >= 20
    assert (
        "journal_mode=WAL" in options["init_command"]
        and "synchronous=FULL" in options["init_command"]
    )


def test_postgresql_commits_durably_and_keeps_connections_for_a_minute(read):
    database = read()["DATABASES"]["default"]
    assert (
        database["CONN_MAX_AGE"],
        database["CONN_HEALTH_CHECKS"],
        database["OPTIONS"]["connect_timeout"],
    ) == (60, True, 5)
    given = (
        "?sslmode=require&connect_timeout=2&conn_max_age=0&options=-c%20synchronous_commit%3Doff"
    )
    database = read(DATABASE_URL=GOOD["DATABASE_URL"] + given)["DATABASES"]["default"]
    options = database["OPTIONS"]
    assert (options["sslmode"], options["connect_timeout"], database["CONN_MAX_AGE"]) == (
        "require",
        2,
        0,
    )
    assert options["options"].startswith("-c synchronous_commit=off ") and options[
        "options"
    ].endswith(" -c synchronous_commit=on")


def test_a_broker_with_sqlite_is_refused(read):
    made = read(
        DATABASE_URL="sqlite:////var/lib/console/db.sqlite3",
        CELERY_BROKER_URL="redis://127.0.0.1/0",
    )
    [problem] = made["SETTINGS_PROBLEMS"]
    assert (
        problem.name == "CELERY_BROKER_URL"
        and "SQLite" in problem.wrong
        and "manage.py dispatch" in problem.hint
    )
    assert read(CELERY_BROKER_URL="redis://127.0.0.1/0")["SETTINGS_PROBLEMS"] == []


def test_a_mail_server_is_read_from_its_address(read):
    made = read(
        EMAIL_URL="smtp+tls://user:canary-password@mail.example.com",
        ALERT_EMAILS="a@example.com, b@example.com",
    )
    assert (made["EMAIL_HOST"], made["EMAIL_PORT"], made["EMAIL_USE_TLS"]) == (
        "mail.example.com",
        587,
        True,
    )
    assert made["SETTINGS_PROBLEMS"] == [] and made["ALERT_EMAILS"] == [
        "a@example.com",
        "b@example.com",
    ]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "ERROR"])
def test_sql_and_connections_are_logged_at_no_level(read, level):
    loggers = read(LOG_LEVEL=level)["LOGGING"]["loggers"]
    assert (loggers["django.db.backends"]["level"], loggers["urllib3"]["level"]) == (
        "WARNING",
        "ERROR",
    )


def test_a_check_names_each_problem(settings):
    problem = runpy.run_path(str(SETTINGS))["SettingProblem"]("SOME_NAME", "is wrong.", "Do this.")
    settings.SETTINGS_PROBLEMS = [problem]
    errors = [error for error in run_checks(tags=["settings"]) if error.id == "console.SOME_NAME"]
    assert [(error.msg, error.hint, error.is_serious()) for error in errors] == [
        ("SOME_NAME is wrong.", "Do this.", True)
    ]


def test_the_sandbox_setting_causes_a_warning_in_production(settings):
    settings.SANDBOX = True
    assert "console.SANDBOX" in [
        problem.id for problem in run_checks(tags=["settings"], include_deployment_checks=True)
    ]
    settings.SANDBOX = False
    assert "console.SANDBOX" not in [
        problem.id for problem in run_checks(tags=["settings"], include_deployment_checks=True)
    ]
