"""Errors carry their answer: every code with its status, every exception with its code and what a program needs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from app.accounts.addresses import ProofInvalid, TooManyLinks
from app.accounts.api_tokens import TokenRefused, TooManyTokens
from app.accounts.identity_provider import ProviderRefused, ProviderSilent
from app.accounts.login import AccountBanned, TooManyFailures
from app.accounts.organisation_login import NoRule
from app.accounts.password_reset import LinkUsedUp
from app.accounts.registration_brake import RegistrationClosed, TooManyRegistrations
from app.accounts.roles import LastAdmin, RoleUnknown
from app.accounts.second_factor import FactorAbsent, FactorPresent, LoginExpired
from app.accounts.team_list import ListUnreadable
from app.announcements.drafts import DraftUnknown
from app.announcements.mail_runs import AlreadyMailed, LinkInvalid, NoMailServer
from app.announcements.mail_trial import TooManyTrials
from app.content.imports.run import ImportGone, ImportRunning
from app.content.live_patches import PatchRefused, PatchUnknown
from app.content.restock import SourceMissing
from app.content.staging import StagedGone, StagedLive, StagedOvertaken
from app.content.versions import VersionUnknown
from app.content.writing.pictures import FileRefused
from app.content.writing.records import RecordChanged, RecordUnknown, TablesFull
from app.core.answers import InvalidAnswer
from app.core.hint_rules import HintNotYetAvailable, NoCreditsLeft, NoHintLeft
from app.core.in_force import NoContentYet
from app.core.xp import InsufficientXp, PuzzleCannotBeSkipped
from app.database.engine import ConnectionDied, DatabaseBusy, ReadOnly
from app.errors import CODES, Busy, FieldsRefused, HashingBusy, HuntError, NotFound, TeamClosed, TeamUnknown
from app.game.ratings import RatedByStaff, RatedTooEarly, RatedTooOften, RatedUnsolved
from app.guesses.adjustments import AdjustmentInvalid, NotSolved
from app.guesses.guards import AlreadySolved, HuntOver, TeamGone
from app.guesses.limits import OutOfGuesses
from app.guesses.submission import StillJudging
from app.guesses.wrong_guesses import GuessUnknown
from app.hints.desk import NoSuchHint
from app.hints.hints import HintOutOfOrder, PointsHintsOff
from app.hints.powerups import PowerUpsOff
from app.hints.report_queries import ReportOpen
from app.hints.reports import NoSuchReport, OutcomeUnknown, ReportChanged
from app.hints.requests import (
    NoSuchRequest,
    NothingToRefund,
    QuestionInvalid,
    RequestChanged,
    RequestFinished,
    RequestOpen,
)
from app.notifications.team_webhooks import ChangedTooSoon
from app.prox.images import PictureUnknown
from app.prox.tokens import TokenUnknown
from app.test_solving.tester import AlreadyFinished, NoSuchTest, StillTesting
from app.web.command_line import hunt
from tests.support.accounts import in_play
from tests.support.client import JSON

STATUSES = {
    "invalid_answer": 400, "invalid_form": 400, "login_required": 401, "not_running": 403, "locked_down": 403,
    "banned": 403, "forbidden": 403, "not_found": 404, "method_not_allowed": 405, "already_solved": 409,
    "insufficient_xp": 409, "no_credits": 409, "no_hint_left": 409, "conflict": 409, "too_large": 413, "too_slow": 408,
    "rate_limited": 429, "internal": 500, "busy": 503, "not_ready": 503,
}  # fmt: skip
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

# An exception, its code, and what its JSON and Retry-After say besides.
ANSWERS: list[tuple[HuntError, str, dict[str, Any]]] = [
    (InvalidAnswer("no"), "invalid_answer", {}),
    (OutOfGuesses(50), "rate_limited", {"retry_after": 50}),
    (TooManyRegistrations(message="later", retry_after=60), "rate_limited", {"retry_after": 60}),
    (RegistrationClosed(message="later", opens_at=NOON.isoformat()), "locked_down", {"opens_at": NOON.isoformat()}),
    (NoHintLeft(), "no_hint_left", {}),
    (HintNotYetAvailable(NOON, "UTC"), "no_hint_left", {"available_at": NOON.isoformat()}),
    (NoCreditsLeft(1, 2), "no_credits", {"have": 1, "need": 2}),
    (InsufficientXp(49, 50), "insufficient_xp", {"have": 49, "need": 50}),
    (PuzzleCannotBeSkipped("no"), "forbidden", {}),
    (AlreadySolved(), "already_solved", {}),
    (AlreadySolved("skipped"), "already_solved", {}),
    (HuntOver(), "not_running", {}),
    (StillJudging(), "busy", {"retry_after": 2}),
    (TeamGone(), "banned", {}),
    (PowerUpsOff(), "forbidden", {}),
    (HintOutOfOrder(2), "conflict", {}),
    (PointsHintsOff(), "invalid_form", {"fields": {"pay": PointsHintsOff.message}}),
    (QuestionInvalid("no"), "invalid_form", {"fields": {"question": "no"}}),
    (RequestOpen(), "conflict", {}),
    (RequestFinished("answered"), "conflict", {}),
    (NothingToRefund(), "conflict", {}),
    (NoSuchRequest(), "not_found", {}),
    (ProofInvalid(), "not_found", {}),
    (TooManyLinks(60), "rate_limited", {"retry_after": 60}),
    (TokenRefused({"name": "no"}), "invalid_form", {"fields": {"name": "no"}}),
    (TooManyTokens(), "conflict", {}),
    (ProviderRefused(message="no"), "forbidden", {}),
    (ProviderSilent(message="later"), "busy", {"retry_after": 30}),
    (NoRule(), "forbidden", {}),
    (FactorAbsent(), "conflict", {}),
    (FactorPresent(), "conflict", {}),
    (LoginExpired(), "login_required", {}),
    (TooManyTrials(60), "rate_limited", {"retry_after": 60}),
    (StagedLive("quill", 2), "conflict", {}),
    (StagedOvertaken(), "conflict", {}),
    (PatchRefused(message="No."), "conflict", {}),
    (RecordChanged(None), "conflict", {}),
    (TablesFull(), "invalid_form", {}),
    (FileRefused(message="No."), "invalid_form", {}),
    (PatchUnknown(), "not_found", {}),
    (RecordUnknown(), "not_found", {}),
    (NoSuchHint(), "not_found", {}),
    (NoSuchReport(), "not_found", {}),
    (OutcomeUnknown(), "invalid_form", {}),
    (ReportChanged("correct"), "conflict", {}),
    (RequestChanged(), "conflict", {}),
    (ReportOpen(), "conflict", {}),
    (AlreadyMailed(), "conflict", {}),
    (NoMailServer(), "conflict", {}),
    (LinkInvalid(), "not_found", {}),
    (Busy(), "busy", {"retry_after": 2}),
    (HashingBusy(), "busy", {"retry_after": 2}),
    (HashingBusy(7), "busy", {"retry_after": 7}),
    (DatabaseBusy("PoolTimeout"), "busy", {"retry_after": 5}),
    (ConnectionDied("OperationalError"), "busy", {"retry_after": 5}),
    (ReadOnly(), "forbidden", {}),
    (NoContentYet(), "not_ready", {"retry_after": 5}),
    (AccountBanned(), "banned", {}),
    (TooManyFailures(51), "rate_limited", {"retry_after": 51}),
    (ChangedTooSoon(60), "rate_limited", {"retry_after": 60}),
    (LinkUsedUp(), "not_found", {}),
    (TeamUnknown(), "not_found", {}),
    (TeamClosed(), "forbidden", {}),
    (LastAdmin(), "conflict", {}),
    (RoleUnknown(), "invalid_form", {}),
    (FieldsRefused({"name": "no"}), "invalid_form", {"fields": {"name": "no"}}),
    (FieldsRefused({"name": "no", "url": "no"}), "invalid_form", {"fields": {"name": "no", "url": "no"}}),
    (AdjustmentInvalid("no"), "invalid_form", {}),
    (NotSolved(), "conflict", {}),
    (SourceMissing("no"), "invalid_form", {}),
    (ListUnreadable("no"), "invalid_form", {}),
    (NotFound(), "not_found", {}),
    (VersionUnknown(7), "not_found", {}),
    (DraftUnknown(), "not_found", {}),
    (StagedGone(), "not_found", {}),
    (GuessUnknown(), "not_found", {}),
    (PictureUnknown(), "not_found", {}),
    (TokenUnknown(), "not_found", {}),
    (ImportRunning(), "conflict", {}),
    (ImportGone(), "not_found", {}),
    (RatedTooEarly(), "not_running", {}),
    (RatedUnsolved(), "conflict", {}),
    (RatedByStaff(), "forbidden", {}),
    (RatedTooOften(retry_after=60), "rate_limited", {"retry_after": 60}),
    (NoSuchTest(), "not_found", {}),
    (AlreadyFinished(), "conflict", {}),
    (StillTesting(), "conflict", {}),
]


def kinds(of: type[HuntError] = HuntError) -> set[type[HuntError]]:
    return {of}.union(*(kinds(one) for one in of.__subclasses__()))


def test_each_code_has_the_status_of_the_contract() -> None:
    assert {code: status for code, (status, _) in CODES.items()} == STATUSES


@pytest.mark.parametrize(("error", "code", "more"), ANSWERS, ids=lambda value: type(value).__name__)
def test_an_error_carries_its_answer(error: HuntError, code: str, more: dict[str, Any]) -> None:
    extra = {name: value for name, value in more.items() if name != "retry_after"}
    assert error.as_json() == {"error": {"code": code, "message": error.message, **extra}}
    assert (error.status, error.title) == CODES[code]
    assert error.message
    assert error.message == str(error)
    assert error.retry_after == more.get("retry_after")


def test_every_kind_of_error_is_in_the_list_above() -> None:
    assert kinds() - {type(error) for error, _, _ in ANSWERS} == {HuntError}


def test_several_fields_have_a_sentence_of_their_own() -> None:
    assert FieldsRefused({"name": "no"}).message == "no"
    assert FieldsRefused({"name": "no", "url": "no"}).message == "There’s a problem with these fields."


def test_every_code_is_answered_as_a_page_and_as_json(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    in_play(app)
    client: Any = app.test_client()
    client.register("Owls")
    for code, status in STATUSES.items():
        wait = 9 if status in (429, 503) else None

        def fail(code: str = code, wait: int | None = wait) -> str:
            raise HuntError(code, "Because.", retry_after=wait, have=1)

        monkeypatch.setitem(app.view_functions, "story.told", fail)
        as_json = client.get("/story", headers=JSON)
        assert (as_json.status_code, as_json.headers.get("Retry-After")) == (status, wait and str(wait))
        assert as_json.json == {"error": {"code": code, "message": "Because.", "have": 1}}
        as_page = client.get("/story")
        if code == "login_required":
            assert (as_page.status_code, as_page.location) == (303, "/account/login?next=/story")
            continue
        assert (as_page.status_code, as_page.headers.get("Retry-After")) == (status, wait and str(wait))
        assert f'data-code="{code}"' in as_page.text
        assert "Because." in as_page.text


SENTENCES: list[tuple[HuntError, str]] = [
    (DatabaseBusy(), "The database does not answer"),
    (ConnectionDied(), "The database does not answer"),
    (HashingBusy(), "Too much is being hashed"),
    (NoContentYet(), "hunt restock fetches it"),
    (InvalidAnswer("An answer needs a letter."), "An answer needs a letter."),
]


def test_a_command_ends_with_the_sentence(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for error, words in SENTENCES:

        def fail(error: HuntError = error, **_words: object) -> None:
            raise error

        monkeypatch.setattr(hunt.commands["versions"], "callback", fail)
        done = app.test_cli_runner().invoke(args=["hunt", "versions"])
        assert done.exit_code == 1
        assert words in done.output
        assert "Traceback" not in done.output
