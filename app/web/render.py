"""Page values as HTML or JSON, with the frame."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from flask import g, render_template, request

from app.core.look_settings import picture_size
from app.core.roles import is_author, sees_all_questions
from app.core.team import TeamState
from app.core.text import Text, sentence
from app.core.xp import Accrual, accrue
from app.errors import HuntError
from app.web import languages
from app.web.languages import told
from app.web.site_address import site_url
from app.web.static_files import static_digest
from app.web.visit import Visit, maybe_visit, ports

HOME, LOG_IN, PUZZLES, NEWS = sentence("Home"), sentence("Log in"), sentence("Go to puzzles"), sentence("News")
STATISTICS = sentence("Statistics")


def wants_json() -> bool:
    if request.path.startswith(("/api/", "/events")) or g.get("is_by_token"):
        return True
    accepted = request.accept_mimetypes
    # Many programs send “application/json, */*”: named types outrank wildcards.
    named = {kind.lower() for kind, quality in accepted if quality > 0}
    if "application/json" in named and "text/html" not in named:
        return True
    return accepted.quality("application/json") > accepted.quality("text/html")


def is_for_paper() -> bool:
    return request.args.get("print") == "1"


def render(template: str, page: object = None, **more: object) -> str:
    """Templates never query."""
    found = languages.template(template)
    return render_template(found, page=page, site=site_of(maybe_visit()), request_id=g.get("request_id", ""), **more)


def render_for(site: Site, template: str, **more: object) -> str:
    return render_template(languages.template(template), page=None, site=site, request_id="", **more)


def refusal_json(refusal: HuntError) -> dict[str, Any]:
    """The message is translated, the code is not."""
    return cast("dict[str, Any]", _all_told(refusal.as_json()))


def _all_told(found: Any) -> Any:
    if isinstance(found, dict):
        return {name: _all_told(value) for name, value in found.items()}
    return told(found) if isinstance(found, Text) else found


def refusal_page(refusal: HuntError) -> str:
    """Works without a visit."""
    seen = maybe_visit()
    if seen is None:
        return render_template(
            languages.template("web/static_503.html"), refusal=refusal, contact=ports().in_force.settings.contact
        )
    countdown_to, countdown_label = _countdown(seen, refusal)
    page = ErrorPage(
        status=refusal.status,
        code=refusal.code,
        title=told(refusal.title),
        message=told(refusal.message),
        # Only faults show the ID: it would distinguish locked from unknown.
        request_id=g.get("request_id", "") if refusal.status >= 500 else "",
        countdown_to=countdown_to,
        countdown_label=countdown_label,
        links=_ways_on(seen, refusal.code),
    )
    return render("web/error.html", page)


def _countdown(seen: Visit, refusal: HuntError) -> tuple[datetime | None, str]:
    """When to reload."""
    if refusal.code == "not_running":
        return seen.settings.starts_at, sentence("The hunt starts")
    if "opens_at" in refusal.extra:
        return datetime.fromisoformat(refusal.extra["opens_at"]), sentence("Registration opens")
    return None, ""


def contact_url(contact: str) -> str:
    return contact if "://" in contact else f"mailto:{contact}"


def _ways_on(seen: Visit, code: str) -> tuple[tuple[str, str], ...]:
    """Never to a page that would refuse as well."""
    site = site_of(seen)
    if code == "banned" or site is None:
        return ()
    rules = [(page.title, f"/page/{page.slug}") for page in seen.content.pages if page.slug == "rules"]
    ways: list[tuple[str, str]] = [(PUZZLES, "/game")] if site.has_game else []
    ways.append((HOME, "/"))
    if seen.team is None:
        ways.append((LOG_IN, "/account/login"))
    elif not site.has_game:
        ways += [*rules, (NEWS, "/announcements")]
    return tuple(ways)


def site_of(seen: Visit | None) -> Site | None:
    if seen is None:
        return None
    hunt = seen.settings
    # Not for teams.
    registration = hunt.registration_at(seen.now) if seen.team is None else "closed"
    # The menu leads to no page that would refuse.
    is_playing = (seen.team is not None or seen.is_archive) and (seen.is_admin or not hunt.lockdown_puzzles)
    has_boards = seen.team is not None or any(division.is_public for division in seen.content.divisions)
    return Site(
        title=hunt.hunt_name,
        tagline=hunt.tagline,
        viewer=viewer_of(seen),
        state=seen.hunt_state,
        starts_at=hunt.starts_at,
        ends_at=hunt.ends_at,
        now=seen.now,
        time_zone=hunt.time_zone,
        has_xp=hunt.xp,
        has_game=is_playing and (seen.hunt_state != "before" or seen.sees_early),
        has_story=any(puzzle.story for puzzle in seen.content.puzzles),
        has_board=has_boards and (seen.is_admin or not hunt.lockdown_leaderboard),
        registration_open=registration == "open" and not hunt.lockdown_registration,
        registration_opens_at=hunt.registration_opens_at if registration == "before" else None,
        contact=hunt.contact,
        contact_url=contact_url(hunt.contact) if hunt.contact else "",
        banners=banners(seen),
        nav_pages=_nav_pages(seen),
        site_css_url=site_css_url(seen),
        look=_look(hunt.accent, hunt.artwork, hunt.logo, hunt.icon, hunt.social_card),
        base_url=site_url() if hunt.social_card else "",
        last_event=seen.state.last_event,
        seen_as=seen.seen_as,
        is_archive=seen.is_archive,
        desk=_desk_notices(seen, seen.team) if seen.team and seen.team.roles else None,
    )


def _desk_notices(seen: Visit, team: TeamState) -> DeskNotices:
    if sees_all_questions(team.roles) and not team.own_notices:
        return DeskNotices(None)
    return DeskNotices(tuple(puzzle.key for puzzle in seen.content.puzzles if is_author(puzzle, team)))


def _nav_pages(seen: Visit) -> tuple[tuple[str, str], ...]:
    pages = tuple((page.title, f"/page/{page.slug}") for page in seen.content.pages if page.slug != "home")
    return (*pages, (told(STATISTICS), "/statistics")) if seen.has_statistics else pages


def site_css_url(seen: Visit) -> str:
    """Versioned, or ""."""
    has_any = seen.settings.site_css or seen.content.site_css
    return f"/style/site.css?v={seen.state.settings_revision}.{seen.content.version}" if has_any else ""


@lru_cache(16)
def _look(accent: str, artwork: str, logo: str, icon: str, card: str) -> SiteLook:
    picture = artwork if picture_size(artwork) else ""
    # The program's own digest: another version may derive other shades.
    named = f"accent={accent.lstrip('#')}&artwork={picture}&v={static_digest()}"
    return SiteLook(
        style_url=f"/style/look.css?{named}" if accent or picture else "",
        logo=logo,
        logo_size=picture_size(logo) or (0, 0),
        icon=icon,
        card=card,
        card_size=picture_size(card) or (0, 0),
        has_art=artwork != "off",
    )


def viewer_of(seen: Visit) -> Viewer | None:
    team = seen.team
    if team is None or team.is_banned:
        return None
    division = seen.content.division(team.division)
    grown = xp_of(seen)
    return Viewer(
        name=team.name,
        display_name=team.display_name,
        division_name=division.name if division else team.division,
        is_staff=bool(team.roles),
        score=team.score,
        hint_credits=team.hint_credits,
        xp=grown.xp,
        next_xp_at=grown.next_at,
    )


def xp_of(seen: Visit) -> Accrual:
    """Nothing for a visitor or without XP."""
    team = seen.team
    if team is None or not seen.settings.xp:
        return Accrual(0, 0, 0, None)
    return accrue(
        team.xp,
        team.xp_periods,
        first_guess_at=team.first_guess_at,
        now=seen.now,
        starts_at=seen.settings.starts_at,
        ends_at=seen.settings.ends_at,
        period_seconds=ports().in_force.xp_period_seconds,
    )


def banners(seen: Visit) -> tuple[str, ...]:
    found = []
    if seen.sees_early and seen.hunt_state == "before":
        found.append(sentence("Before launch – only staff can see this."))
    if seen.is_admin:
        switches = {
            sentence("puzzles"): seen.settings.lockdown_puzzles,
            sentence("registration"): seen.settings.lockdown_registration,
            sentence("leaderboard"): seen.settings.lockdown_leaderboard,
        }
        closed = [name for name, is_on in switches.items() if is_on]
        found += [sentence("Closed to teams: %(what)s. Admins can still get in.", what=name) for name in closed]
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Viewer:
    name: str
    display_name: str
    division_name: str
    is_staff: bool
    score: int
    hint_credits: int
    xp: int
    next_xp_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeskNotices:
    """Which questions this account is notified of; ``puzzles`` None: all."""

    puzzles: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class SiteLook:
    # What organisers chose instead of the built-in; pictures by their name below /look/, else empty.
    style_url: str = ""
    logo: str = ""
    logo_size: tuple[int, int] = (0, 0)
    icon: str = ""
    card: str = ""
    card_size: tuple[int, int] = (0, 0)
    has_art: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """In templates: ``site``.

    ``state``: before, running, ended. ``seen_as``: impersonated team. ``nav_pages``: (title, url). ``desk``: staff
    only.
    """

    title: str
    tagline: str
    viewer: Viewer | None
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    now: datetime
    time_zone: str
    has_xp: bool
    has_game: bool
    has_story: bool
    has_board: bool
    registration_open: bool
    registration_opens_at: datetime | None = None
    contact: str = ""
    contact_url: str = ""
    banners: tuple[str, ...] = ()
    nav_pages: tuple[tuple[str, str], ...] = ()
    site_css_url: str = ""
    look: SiteLook = SiteLook()
    base_url: str = ""  # where the site is, for its social card
    last_event: int = 0
    seen_as: str = ""
    is_archive: bool = False
    desk: DeskNotices | None = None


# Templates render Flask-WTF forms through web/macros/forms.html; a page carries its form in the field
# ``form``.


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """``code``: from :mod:`app.errors`."""

    status: int
    code: str
    title: str
    message: str
    request_id: str = ""
    countdown_to: datetime | None = None
    countdown_label: str = ""
    links: tuple[tuple[str, str], ...] = field(default_factory=tuple)
