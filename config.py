"""Every setting of the environment, read once, checked, and refused in words when it cannot be right.

:meth:`Config.from_env` is the only reader of the environment. What an organiser changes while the hunt runs is not
here but in the database (:mod:`app.core.hunt_settings`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import getaddresses
from pathlib import Path
from urllib.parse import urlsplit

from app.core.clean_text import is_storable
from app.core.host_names import HostInvalid, ascii_host

ROOT = Path(__file__).resolve().parent
DEMO_HUNT = ROOT / "data" / "demo_hunt.json"


OIDC = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_STAFF")
STAFF_ROLES = {"helper", "writer", "admin"}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class SettingRefused(SystemExit):
    """A variable of the environment holds something the program cannot work with. The text names both.

    Where nobody catches it, it ends the program with that one sentence.
    """

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
        self.name = name


@dataclass(frozen=True, slots=True)
class StaffRule:
    """Whose ``claim`` in the organisation's log-in has this value gets these roles."""

    claim: str
    value: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Config:
    """The program's settings. Sizes in what the names say: seconds, connections, bcrypt costs (powers of two)."""

    secret_key: str
    secret_key_fallbacks: tuple[str, ...] = ()
    database_url: str = f"sqlite:///{ROOT}/instance/infinity.db"
    database_direct_url: str = ""
    redis_url: str = ""
    airtable_api_key: str = ""
    airtable_base_id: str = ""
    airtable_endpoint_url: str = ""
    airtable_view: str = ""
    content_file: Path = DEMO_HUNT
    host: str = "127.0.0.1"
    port: int = 5000
    web_processes: int = 1
    agent_port: int = 0
    drain_file: Path | None = None
    db_pool_size: int = 5
    db_pool_timeout: float = 5.0
    slow_query_ms: int = 500
    admin_name: str = ""
    admin_password: str = ""
    trusted_proxies: int = 0
    broadcast_token: str = ""
    metrics_token: str = ""
    prox_allowed_hosts: tuple[str, ...] = ("i.imgur.com", "imgur.com", "*.airtableusercontent.com", "dl.airtable.com")
    prox_private_hosts: tuple[str, ...] = ()
    notify_webhook_url: str = ""
    smtp_url: str = ""
    mail_from: str = ""
    site_url: str = ""
    sockets_per_address: int = 500
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_staff: tuple[StaffRule, ...] = ()
    password_cost: int = 12
    answer_cost: int = 10
    xp_period_seconds: int = 3600
    kept_pages_mb: int = 48

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Config:
        """The settings that ``environ`` asks for; an empty variable counts as absent.

        Raises :class:`SettingRefused` with the variable's name and what it may be.
        """
        settings, refused = _read_all(environ)
        config = cls(**settings)  # type: ignore[arg-type]
        for fault in (*refused, *config.faults_together()):
            raise fault
        return config

    def faults_together(self) -> Iterator[SettingRefused]:
        """Settings that are right alone and wrong in company."""
        if self.web_processes > 1 and not self.redis_url:
            yield SettingRefused("REDIS_URL", "is needed as soon as WEB_PROCESSES is more than 1")
        if self.web_processes > 1 and self.is_sqlite:
            yield SettingRefused("DATABASE_URL", "must be postgresql://… as soon as WEB_PROCESSES is more than 1")
        if self.database_direct_url and self.is_sqlite != self.database_direct_url.startswith("sqlite"):
            yield SettingRefused("DATABASE_DIRECT_URL", "must be another way to the database of DATABASE_URL")
        if bool(self.airtable_api_key) != bool(self.airtable_base_id):
            lacking = "AIRTABLE_BASE_ID" if self.airtable_api_key else "AIRTABLE_API_KEY"
            yield SettingRefused(lacking, "AIRTABLE_API_KEY and AIRTABLE_BASE_ID are set together or not at all")
        oidc = {name: getattr(self, name.lower()) for name in OIDC}
        if any(oidc.values()) and not all(oidc.values()):
            lacking = next(name for name, value in oidc.items() if not value)
            yield SettingRefused(lacking, f"{', '.join(OIDC)} are set together or not at all")
        yield from self._site_url_faults()

    def _site_url_faults(self) -> Iterator[SettingRefused]:
        """A link that leaves the site must not carry the host that some visitor asked for: it may be anybody's."""
        if self.site_url:
            return
        if self.oidc_issuer and self.host not in LOOPBACK:
            yield SettingRefused("SITE_URL", "is needed with OIDC_ISSUER: the provider sends people back to it")
        needs = {
            "SMTP_URL": self.smtp_url,
            "NOTIFY_WEBHOOK_URL": self.notify_webhook_url,
            "TRUSTED_PROXIES": self.trusted_proxies,
        }
        because = [name for name, is_set in needs.items() if is_set]
        if because:
            why = f"is required because {' and '.join(because)} is set: the site's address, for links that leave it"
            yield SettingRefused("SITE_URL", why)

    @property
    def secret_keys(self) -> tuple[bytes, ...]:
        """All secrets, the one to write with first and the others from the newest to the oldest."""
        return tuple(secret.encode() for secret in (self.secret_key, *self.secret_key_fallbacks))

    @property
    def is_sqlite(self) -> bool:
        """Whether the embedded database is used: one process, no server."""
        return self.database_url.startswith("sqlite")

    @property
    def instance(self) -> Path:
        """The folder of what the program makes for itself: beside an embedded database, else its own."""
        return Path(self.database_url.removeprefix("sqlite:///")).parent if self.is_sqlite else ROOT / "instance"

    @property
    def has_airtable(self) -> bool:
        """Whether the content comes from an Airtable base rather than from the file."""
        return bool(self.airtable_api_key)


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError(
            "must have at least 32 characters; make one with: python3 -c 'import secrets; print(secrets.token_hex(32))'"
        )
    return text


def _secrets(text: str) -> tuple[str, ...]:
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if any(len(one) < 32 for one in found):
        raise ValueError("must be older values of SECRET_KEY, of at least 32 characters each, separated by commas")
    return found


def _database(text: str) -> str:
    """SQLAlchemy's address for what operators write: with the driver; a relative SQLite path starts at the project."""
    for scheme in ("postgres://", "postgresql://", "postgresql+psycopg2://"):
        if text.startswith(scheme):
            return "postgresql+psycopg2://" + text[len(scheme) :]
    if not text.startswith("sqlite:///") or text == "sqlite:///":
        raise ValueError("must be postgresql://… or sqlite:///FILE")
    path = text[len("sqlite:///") :]
    if path.startswith(":memory:"):
        raise ValueError("must name a file: a database in memory would be empty for every connection")
    return f"sqlite:///{ROOT / path}"


def _url(*schemes: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            parts = urlsplit("")
        if parts.scheme not in schemes or not (parts.hostname or parts.scheme == "unix"):
            raise ValueError("must be an address that begins with " + " or ".join(f"{scheme}://" for scheme in schemes))
        return text

    return read


def _web_address(text: str) -> str:
    address = _url("https", "http")(text)
    try:
        ascii_host(urlsplit(address).hostname or "")
    except HostInvalid:
        raise ValueError("must name a host as browsers know it") from None
    if not re.fullmatch(r"[!-~]+", address):
        raise ValueError("must be written in ASCII without spaces: a host in another script as xn--…, the rest with %")
    return address


def _site(text: str) -> str:
    """The site's own address: no path, no account, or a link would lead elsewhere than it seems to."""
    address = _web_address(text)
    if not re.fullmatch(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?", address):
        raise ValueError("must be the site's address without a path, such as https://hunt.example.org")
    return address


def _issuer(text: str) -> str:
    """The issuer just as the provider spells it. Plain http would let anybody on the way log in as anybody."""
    _url("https", "http")(text)
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must begin with https:// (http:// is for tests on this machine alone)")
    if parts.query or parts.fragment or "@" in parts.netloc or not text.isprintable():
        raise ValueError("must be the provider's address without a name, a question mark or a fragment in it")
    return text


def _staff_rules(text: str) -> tuple[StaffRule, ...]:
    return tuple(_staff_rule(part.strip()) for part in text.split(";") if part.strip())


def _staff_rule(text: str) -> StaffRule:
    found = re.fullmatch(r"([^=\s]+)\s*=\s*(.*\S)\s*:\s*([a-z, ]+)", text)
    roles = frozenset(part.strip() for part in found[3].split(",")) if found else frozenset[str]()
    if found is None or not roles <= STAFF_ROLES:
        raise ValueError(
            f"must be like groups=puzzlers:writer,helper;email=chief@example.org:admin, with the roles helper, writer"
            f" and admin; cannot read {text!r}"
        )
    return StaffRule(found[1], found[2], roles)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", text) or not 0.1 <= float(text) <= 600:
        raise ValueError("must be a number of seconds from 0.1 to 600")
    return float(text)


def _file(text: str) -> Path:
    return ROOT / text


def _sender(text: str) -> str:
    """A mail server would refuse all mail of a sender that is none, for good."""
    found = [address for _, address in getaddresses([text])]
    if not text.isprintable() or len(found) != 1 or not re.fullmatch(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+", found[0]):
        raise ValueError("must be an address, also with a name: hunt@example.org, Our hunt <hunt@example.org>")
    return text


def _text(text: str) -> str:
    return text


def _host_list(pattern: str, what: str) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
        wrong = [host for host in hosts if not re.fullmatch(pattern, host)]
        if wrong:
            raise ValueError(f"must be {what}, separated by commas; cannot read {wrong[0]!r}")
        return hosts

    return read


# A path may be any bytes.
PATHS = {"CONTENT_FILE", "DATABASE_URL", "DATABASE_DIRECT_URL", "DRAIN_FILE"}
_READERS: Mapping[str, Callable[[str], object]] = {
    "SECRET_KEY": _secret,
    "SECRET_KEY_FALLBACKS": _secrets,
    "DATABASE_URL": _database,
    "DATABASE_DIRECT_URL": _database,
    "REDIS_URL": _url("redis", "rediss", "unix"),
    "AIRTABLE_API_KEY": _text,
    "AIRTABLE_BASE_ID": _text,
    "AIRTABLE_ENDPOINT_URL": _web_address,
    "AIRTABLE_VIEW": _text,
    "CONTENT_FILE": _file,
    "HOST": _text,
    "PORT": _whole(1, 65535),
    "WEB_PROCESSES": _whole(1, 64),
    "AGENT_PORT": _whole(1, 65535),
    "DRAIN_FILE": _file,
    "DB_POOL_SIZE": _whole(1, 100),
    "DB_POOL_TIMEOUT": _seconds,
    "SLOW_QUERY_MS": _whole(0, 60_000),
    "ADMIN_NAME": _text,
    "ADMIN_PASSWORD": _text,
    "TRUSTED_PROXIES": _whole(0, 10),
    "BROADCAST_TOKEN": _text,
    "METRICS_TOKEN": _text,
    "PROX_ALLOWED_HOSTS": _host_list(r"(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*", "host names, *. in front for subdomains"),
    "PROX_PRIVATE_HOSTS": _host_list(r"(\[[0-9a-f:]+\]|[a-z0-9.-]+):[0-9]{1,5}", "host:port pairs"),
    "NOTIFY_WEBHOOK_URL": _web_address,
    "SMTP_URL": _url("smtp", "smtps"),
    "MAIL_FROM": _sender,
    "SITE_URL": _site,
    "SOCKETS_PER_ADDRESS": _whole(1, 100_000),
    "OIDC_ISSUER": _issuer,
    "OIDC_CLIENT_ID": _text,
    "OIDC_CLIENT_SECRET": _text,
    "OIDC_STAFF": _staff_rules,
    "PASSWORD_COST": _whole(4, 16),
    "ANSWER_COST": _whole(4, 16),
    "XP_PERIOD_SECONDS": _whole(1, 86400),
    "KEPT_PAGES_MB": _whole(0, 4096),
}


NAMES = frozenset(_READERS)


def faults(environ: Mapping[str, str]) -> list[SettingRefused]:
    """Everything that :meth:`Config.from_env` would refuse, not only the first."""
    settings, refused = _read_all(environ)
    config = Config(**settings)  # type: ignore[arg-type]
    # A setting that cannot be read has not been left out.
    unread = {fault.name for fault in refused}
    return [*refused, *(fault for fault in config.faults_together() if fault.name not in unread)]


def _read_all(environ: Mapping[str, str]) -> tuple[dict[str, object], list[SettingRefused]]:
    """The settings that can be read, by the names of their fields, and why the others cannot."""
    settings: dict[str, object] = {"secret_key": ""}
    refused = []
    for name in _READERS:
        text = environ.get(name, "").strip()
        try:
            if text:
                settings[name.lower()] = _read(name, text)
            elif name == "SECRET_KEY":
                raise SettingRefused(name, "is required: at least 32 random characters")
        except SettingRefused as fault:
            refused.append(fault)
    return settings, refused


def _read(name: str, text: str) -> object:
    if name not in PATHS and not is_storable(text):
        raise SettingRefused(name, "must be text in UTF-8")
    try:
        return _READERS[name](text)
    except ValueError as why:
        raise SettingRefused(name, str(why)) from None
