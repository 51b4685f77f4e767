"""The environment: read once, checked, refused with the variable's name and what it may be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from config import ROOT, Config, SettingRefused, StaffRule
from tests.support.environment import SECRET_KEY

GOOD = {"SECRET_KEY": SECRET_KEY}


def test_everything_but_the_secret_has_a_default() -> None:
    config = Config.from_env(GOOD)
    assert (config.host, config.port, config.web_processes, config.db_pool_size) == ("127.0.0.1", 5000, 1, 5)
    assert (config.password_cost, config.answer_cost, config.xp_period_seconds) == (12, 10, 3600)
    assert config.database_url == f"sqlite:///{ROOT}/instance/infinity.db"
    assert config.content_file == ROOT / "data" / "demo_hunt.json"


OIDC = {
    "OIDC_ISSUER": "https://login.example.org", "OIDC_CLIENT_ID": "hunt", "OIDC_CLIENT_SECRET": "secret",
    "OIDC_STAFF": "groups=puzzlers:writer",
}  # fmt: skip


def test_an_empty_variable_counts_as_absent() -> None:
    assert Config.from_env({**GOOD, "PORT": " ", "REDIS_URL": ""}).port == 5000


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_way_to_write_postgresql_names_the_driver(scheme: str) -> None:
    config = Config.from_env({**GOOD, "DATABASE_URL": f"{scheme}://me@127.0.0.1/hunt"})
    assert config.database_url == "postgresql+psycopg2://me@127.0.0.1/hunt"


def test_a_relative_sqlite_file_starts_at_the_project_and_an_absolute_one_does_not() -> None:
    assert Config.from_env({**GOOD, "DATABASE_URL": "sqlite:///x/y.db"}).database_url == f"sqlite:///{ROOT}/x/y.db"
    assert Config.from_env({**GOOD, "DATABASE_URL": "sqlite:////tmp/y.db"}).database_url == "sqlite:////tmp/y.db"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "x" * 31), ("SECRET_KEY_FALLBACKS", "y" * 32 + ",x"),
        ("DATABASE_URL", "mysql://x/y"), ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"), ("REDIS_URL", "http://x"), ("PORT", "0"), ("PORT", "65536"),
        ("PORT", "five"), ("PORT", "-1"), ("PORT", "9" * 5000), ("WEB_PROCESSES", "0"), ("AGENT_PORT", "0"),
        ("DB_POOL_SIZE", "0"), ("DB_POOL_TIMEOUT", "soon"), ("DB_POOL_TIMEOUT", "nan"), ("TRUSTED_PROXIES", "-1"),
        ("PASSWORD_COST", "3"), ("ANSWER_COST", "32"), ("XP_PERIOD_SECONDS", "0"), ("PROX_ALLOWED_HOSTS", "https://i.imgur.com"),
        ("PROX_ALLOWED_HOSTS", "*"), ("PROX_PRIVATE_HOSTS", "localhost"), ("SMTP_URL", "mail"),
        ("SITE_URL", "hunt.example"), ("SITE_URL", "ftp://hunt.example"), ("SITE_URL", "https://"),
        ("SITE_URL", "https://hunt.example/game"), ("SITE_URL", "https://me@hunt.example"),
        ("SITE_URL", "https://hunt.example?x"), ("SITE_URL", "https://hunt.example:99999"), ("SITE_URL", "https://a b"),
        ("SOCKETS_PER_ADDRESS", "0"),
        ("AIRTABLE_ENDPOINT_URL", "file:///etc/passwd"), ("NOTIFY_WEBHOOK_URL", "javascript:alert(1)"),
        ("OIDC_ISSUER", "login.example.org"), ("OIDC_ISSUER", "http://login.example.org"),
        ("OIDC_ISSUER", "https://me:pw@login.example.org"), ("OIDC_ISSUER", "https://login.example.org/?x"),
        ("OIDC_STAFF", "groups"), ("OIDC_STAFF", "groups=a"), ("OIDC_STAFF", "groups=a:chief"),
        ("OIDC_STAFF", "=a:admin"),
        ("OIDC_STAFF", "groups=a:admin;x"), ("OIDC_STAFF", "groups=:admin"), ("OIDC_STAFF", "groups=a:admin,"),
    ],
)  # fmt: skip
def test_what_cannot_be_right_is_refused_with_its_name_and_what_it_may_be(name: str, value: str) -> None:
    with pytest.raises(SettingRefused, match=f"^{name}: must ") as refused:
        Config.from_env({**GOOD, name: value})
    assert refused.value.name == name


def test_older_secrets_are_read_from_the_newest_to_the_oldest() -> None:
    config = Config.from_env({**GOOD, "SECRET_KEY_FALLBACKS": f" {'b' * 32}, {'a' * 40},"})
    assert config.secret_keys == (SECRET_KEY.encode(), b"b" * 32, b"a" * 40)


def test_without_a_secret_nothing_starts() -> None:
    with pytest.raises(SettingRefused, match=r"^SECRET_KEY: is required"):
        Config.from_env({})


@pytest.mark.parametrize("name", ["ADMIN_NAME", "ADMIN_PASSWORD", "MAIL_FROM", "AIRTABLE_VIEW", "BROADCAST_TOKEN"])
def test_what_is_no_text_is_refused(name: str) -> None:
    with pytest.raises(SettingRefused, match=f"^{name}: must be text in UTF-8"):
        Config.from_env({**GOOD, name: "half \udcff"})


@pytest.mark.parametrize(
    "sender", ["x", "hunt@", "@example.org", "a@b.example, c@d.example", "a@b.example\nBcc: c@d.example"]
)
def test_a_sender_that_is_no_address_is_refused(sender: str) -> None:
    with pytest.raises(SettingRefused, match=r"^MAIL_FROM: must be an address"):
        Config.from_env({**GOOD, "MAIL_FROM": sender})


@pytest.mark.parametrize("sender", ["hunt@localhost", "Größe <hunt@example.org>", '"Hunt, The" <hunt@example.org>'])
def test_a_sender_may_have_a_name(sender: str) -> None:
    assert Config.from_env({**GOOD, "MAIL_FROM": sender}).mail_from == sender


@pytest.mark.parametrize("name", ["SITE_URL", "NOTIFY_WEBHOOK_URL", "AIRTABLE_ENDPOINT_URL"])
@pytest.mark.parametrize(
    "address",
    [
        "https://例え.example",
        "https://a;b/",
        "https://a..b/",
        "https://a.example/ü",
        "https://a.example/x y",
        "https://a b",
    ],
)
def test_an_address_that_no_header_takes_is_refused(name: str, address: str) -> None:
    with pytest.raises(SettingRefused, match=f"^{name}: must "):
        Config.from_env({**GOOD, name: address})
    assert Config.from_env({**GOOD, "SITE_URL": "https://xn--r8jz45g.example"}).site_url


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"WEB_PROCESSES": "2", "DATABASE_URL": "postgresql://x/y"}, "REDIS_URL"),
        ({"WEB_PROCESSES": "2", "REDIS_URL": "redis://127.0.0.1:6379"}, "DATABASE_URL"),
        ({"AIRTABLE_API_KEY": "key"}, "AIRTABLE_BASE_ID"),
        ({"AIRTABLE_BASE_ID": "app"}, "AIRTABLE_API_KEY"),
        ({"TRUSTED_PROXIES": "1"}, "SITE_URL"),
        ({"SMTP_URL": "smtp://127.0.0.1"}, "SITE_URL"),
        ({"NOTIFY_WEBHOOK_URL": "https://chat.example/x"}, "SITE_URL"),
        *(({name: value for name, value in OIDC.items() if name != lacking}, lacking) for lacking in OIDC),
        (OIDC | {"OIDC_STAFF": ";"}, "OIDC_STAFF"),
        (OIDC | {"HOST": "0.0.0.0"}, "SITE_URL"),
    ],
)
def test_settings_that_are_wrong_in_company_are_refused(given: dict[str, str], name: str) -> None:
    with pytest.raises(SettingRefused, match=f"^{name}: "):
        Config.from_env({**GOOD, **given})


@pytest.mark.parametrize("site", ["https://hunt.example", "http://127.0.0.1:5000/", "https://[::1]:8443"])
def test_with_the_sites_address_links_may_leave_it(site: str) -> None:
    given = {"TRUSTED_PROXIES": "1", "SMTP_URL": "smtps://mail.example", "NOTIFY_WEBHOOK_URL": "https://chat.example/x"}
    assert Config.from_env({**GOOD, **given, "SITE_URL": site}).site_url == site


def test_the_rules_for_staff_are_read_with_colons_and_blanks_in_their_values() -> None:
    rules = " groups=urn:x:puzzle team : writer, helper ;email=chief@example.org:admin;"
    config = Config.from_env({**GOOD, **OIDC, "OIDC_STAFF": rules})
    assert config.oidc_staff == (
        StaffRule("groups", "urn:x:puzzle team", frozenset({"writer", "helper"})),
        StaffRule("email", "chief@example.org", frozenset({"admin"})),
    )


def test_the_command_line_says_it_in_one_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "hunt", "settings"]
    done = subprocess.run(
        command, cwd=ROOT, env={"SECRET_KEY": "short", "FLASK_SKIP_DOTENV": "1", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith("SECRET_KEY: must have at least 32 characters")
    assert "Traceback" not in done.stderr
