"""``infinity up``: from a bare Debian to a site, or from whatever an earlier run has left to a whole one."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from deploy.onebox import backups, box, certificate, checks, database, gateway, machine, settings, versions, web
from deploy.onebox.box import Box
from deploy.onebox.machine import ACCOUNT, Refused, StepFailed, done, note, unchanged

PACKAGES = ("ca-certificates", "haproxy", "openssl", "postgresql-client", "util-linux")


def up(wanted: Box, *, skips_dns: bool) -> None:
    """Make it so. Raises :class:`Refused`, before anything is changed where a check fails."""
    check(wanted, skips_dns=skips_dns)
    install(wanted)
    write_settings(wanted, box.found())
    box.keep(wanted)
    prepare_database()
    prepare_version()
    prepare_hunt()
    prepare_certificate(wanted)
    open_gateway(wanted)
    serve(wanted)
    schedule_backups()
    look_at_firewall()
    # Last, since the world decides whether it goes well.
    if not wanted.is_local:
        replace_self_signed(wanted)
    print(f"\nThe site is at {settings.read()['SITE_URL']}; infinity status shows how it is.")
    if wanted.is_local:
        note("the certificate is signed by this machine itself, so browsers warn before they show the site")


def check(wanted: Box, *, skips_dns: bool) -> None:
    """Refuse with all faults at once."""
    faults = [*checks.machine_faults(is_first=not gateway.CERTIFICATE.exists()), *checks.port_faults()]
    # A certificate that is in order has shown that the name leads here.
    if not (wanted.is_local or skips_dns or certificate.fits(gateway.CERTIFICATE, wanted)):
        faults += checks.name_faults(wanted.name)
    if faults:
        raise Refused("\n".join(faults))
    free, _ = versions.size_of_disk(versions.BOX)
    unchanged(
        f"machine: {checks.gigabytes(checks.memory_bytes())} of memory, {checks.gigabytes(free)} of disk free;"
        f" ports 80 and 443{'' if wanted.is_local or skips_dns else f', {wanted.name}'}"
    )


def install(wanted: Box) -> None:
    """The packages that this site needs, from Debian."""
    has = settings.read()
    names = list(PACKAGES)
    names += ["postgresql"] if database.is_own(has.get("DATABASE_URL", "")) or "DATABASE_URL" not in has else []
    names += ["redis-server"] if has.get("REDIS_URL", database.REDIS_URL) == database.REDIS_URL else []
    names += [] if wanted.is_local else ["certbot"]
    lacking = sorted(name for name in names if not machine.is_installed(name))
    if lacking:
        machine.apt("update")
        machine.apt("install", *lacking)
        done(f"packages: {', '.join(lacking)}")
    else:
        unchanged("packages")
    _silence_haproxy()
    # Those of a node in a fleet, which the package enables.
    for unit in ("infinity.target", "infinity-web.service"):
        if machine.is_enabled(unit) or machine.is_active(unit):
            machine.systemctl("disable", "--quiet", "--now", unit)


def _silence_haproxy() -> None:
    """Debian starts HAProxy with a configuration that serves nothing; one that somebody has written stays."""
    listed = machine.attempt(["dpkg-query", "-W", "-f", "${Conffiles}", "haproxy"]).stdout
    shipped = re.search(r"/etc/haproxy/haproxy\.cfg ([0-9a-f]{32})", listed)
    now = machine.run("md5sum", "/etc/haproxy/haproxy.cfg").split()[0]
    if shipped and shipped[1] == now and machine.is_enabled("haproxy.service"):
        machine.systemctl("disable", "--quiet", "--now", "haproxy.service")


def write_settings(wanted: Box, before: Box | None) -> None:
    """What the program needs to be told; what somebody has set stays, and secrets are made once."""
    has, changes = settings.read(), {}
    if "SECRET_KEY" not in has:
        changes["SECRET_KEY"] = secrets.token_hex(32)
    if "DATABASE_URL" not in has:
        changes["DATABASE_URL"] = database.new_url()
    if "REDIS_URL" not in has:
        changes["REDIS_URL"] = database.REDIS_URL
    if "TRUSTED_PROXIES" not in has:
        changes["TRUSTED_PROXIES"] = "1"
    if "SITE_URL" not in has or (before and before.name != wanted.name):
        changes["SITE_URL"] = f"https://{wanted.name}"
    if settings.write(settings.changed(settings.FILE.read_text(), changes)) and changes:
        done(f"settings: {', '.join(sorted(changes))} in {settings.FILE}")
    else:
        unchanged(f"settings in {settings.FILE}")


def prepare_database() -> None:
    """PostgreSQL's account and database, and Redis."""
    has = settings.read()
    url = has["DATABASE_URL"]
    if not database.is_own(url):
        unchanged("database: DATABASE_URL leads to one that is looked after elsewhere")
    elif database.port() and database.make(url):
        done(f"PostgreSQL: database {database.NAME}, with an account and a password of its own")
    else:
        unchanged(f"PostgreSQL: database {database.NAME}")
    if has["REDIS_URL"] == database.REDIS_URL and not database.redis_answers():
        machine.systemctl("enable", "--quiet", "--now", "redis-server.service")
        done("Redis started")
    else:
        unchanged("Redis")


def prepare_version() -> None:
    """The first version that serves; later ones are put in force by infinity update."""
    machine.folder(versions.BOX)
    if versions.current():
        unchanged(f"version {versions.current()}")
        if versions.installed() != versions.current():
            note(f"{versions.installed()} is installed and not in use: infinity update puts it in force")
    else:
        versions.serve(versions.keep_installed())
        done(f"version {versions.current()}")


def prepare_hunt() -> None:
    """Check the settings, migrate, load the first content, make the first admin. Raises StepFailed."""
    has = settings.read()
    settings.check(has, 2)
    said = versions.inside(["venv/bin/python", "-m", "app.runtime", "--prepare", "--demo"], env=has)
    told = [line.strip() for line in said.splitlines() if "first admin" in line]
    if told:
        done("database migrated, first content loaded")
        print(f"      {told[-1]}", flush=True)
    else:
        unchanged("database, content and admin")


def prepare_certificate(wanted: Box) -> None:
    """One to begin with, so that the gateway can open both doors."""
    if certificate.fits(gateway.CERTIFICATE, wanted):
        unchanged(f"certificate for {wanted.name}: {certificate.days_left(gateway.CERTIFICATE)} days left")
    elif text := ("" if wanted.is_local else certificate.from_authority(wanted)):
        gateway.install_certificate(text, wanted)
        done(f"certificate for {wanted.name}, which certbot had already")
    else:
        gateway.install_certificate(certificate.make_self_signed(wanted), wanted)
        done(f"certificate for {wanted.name}, self-signed")


def open_gateway(wanted: Box) -> None:
    """Start it; where its environment has changed, it is closed for a moment."""
    is_new = gateway.write_environment(wanted)
    if gateway.start(is_new=is_new):
        done("gateway on ports 80 and 443")
    else:
        unchanged("gateway on ports 80 and 443")


def serve(wanted: Box) -> None:
    """As many web processes as wanted, each with the settings and the version of now."""
    machine.systemctl("enable", "--quiet", web.TARGET)
    started = [number for number in range(1, wanted.web + 1) if web.start(number)]
    exchanged = [number for number in web.roll(wanted.web) if number not in started]
    stopped = web.stop_surplus(wanted.web)
    machine.systemctl("start", web.TARGET)
    if started or exchanged or stopped:
        done(web.counted(wanted.web))
    else:
        unchanged(web.counted(wanted.web))


def replace_self_signed(wanted: Box) -> None:
    """A certificate of the authority. Raises :class:`Refused` with what it said; the site serves meanwhile."""
    if not certificate.is_self_signed(gateway.CERTIFICATE):
        return
    try:
        certificate.ask_authority(wanted)
    except StepFailed as why:
        raise Refused(
            f"the site serves, but with a self-signed certificate, since the authority gave none:\n{why}\n"
            "Mend what it names, then run this again. It may be asked only a few times an hour"
        ) from None
    certificate.take_renewed(wanted)
    done(f"certificate for {wanted.name}: {certificate.days_left(gateway.CERTIFICATE)} days, renewed by certbot.timer")


def schedule_backups() -> None:
    """One an hour, and the first one now."""
    machine.folder(backups.FOLDER, mode=0o700, owner=ACCOUNT, group=ACCOUNT)
    if machine.is_active(backups.TIMER) and backups.kept():
        unchanged(f"backup every hour in {backups.FOLDER}")
        return
    machine.systemctl("enable", "--quiet", "--now", backups.TIMER)
    if not backups.kept():
        backups.make()
    done(f"backup every hour in {backups.FOLDER}; copy it to another machine, with SECRET_KEY")


def look_at_firewall() -> None:
    """What a firewall has to let through; ufw's own rules are read."""
    if Path("/usr/sbin/ufw").exists():
        said = machine.attempt(["ufw", "status"]).stdout
        lacking = [port for port in ("80", "443") if not re.search(rf"^{port}(/tcp)?\s+ALLOW", said, re.MULTILINE)]
        if "Status: active" in said and lacking:
            note(f"the firewall is closed: ufw allow proto tcp to any port {','.join(lacking)}")
            return
    note("firewall: let 22, 80 and 443 (TCP) in and nothing else; the database and Redis listen on this machine alone")
