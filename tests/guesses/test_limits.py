"""The window of ten guesses a minute, and the order in which answers are tried."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import NearAnswer, Puzzle
from app.guesses.limits import WRONG_HTML, GuessLimit, Judgement, OutOfGuesses, candidates, judge

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def after(seconds):
    return NOON + timedelta(seconds=seconds)


def take_slot(times, now, limit=10):
    return GuessLimit(limit, 60).take(times, now)


def guesses_left(times, now):
    return GuessLimit(10, 60).left(times, now)


def take(*seconds, at=0.0, **settings):
    return take_slot([after(second) for second in seconds], after(at), **settings)


def test_a_guess_is_added_to_the_window():
    assert take(-30, -10) == (after(-30), after(-10), NOON)


def test_the_eleventh_guess_within_a_minute_is_refused():
    times = ()
    for second in range(10):
        assert guesses_left(times, after(second)) == 10 - second
        times = take_slot(times, after(second))
    assert guesses_left(times, after(9)) == 0
    with pytest.raises(OutOfGuesses) as refusal:
        take_slot(times, after(9.5))
    assert refusal.value.retry_after == 51


@pytest.mark.parametrize(("at", "wait"), [(0, 60), (0.5, 60), (1, 59), (58.999, 2), (59, 1), (59.999, 1)])
def test_the_wait_is_rounded_up_to_whole_seconds(at, wait):
    with pytest.raises(OutOfGuesses) as refusal:
        take(*[0] * 10, at=at)
    assert refusal.value.retry_after == wait


def test_a_guess_leaves_the_window_after_exactly_a_minute():
    assert guesses_left([after(-60)], NOON) == 10
    assert guesses_left([after(-59.999)], NOON) == 9
    assert take(*[-60] * 10) == (NOON,)


def test_waiting_as_long_as_told_is_enough():
    with pytest.raises(OutOfGuesses) as refusal:
        take(*range(-20, 0, 2), at=0.25)
    wait = refusal.value.retry_after
    assert len(take(*range(-20, 0, 2), at=0.25 + wait)) == 10


def test_a_lowered_limit_waits_until_enough_have_left():
    with pytest.raises(OutOfGuesses) as refusal:
        take(-50, -40, -30, -20, limit=2)
    assert refusal.value.retry_after == 30


def test_a_slightly_fast_clock_of_another_node_does_not_give_guesses_away():
    assert guesses_left([after(0.2)] * 10, NOON) == 0
    assert take(0.2) == (NOON, NOON)


def test_moments_from_a_clock_that_was_set_back_are_dropped():
    assert take(*[3600] * 10) == (NOON,)


@given(st.lists(st.integers(0, 300_000), min_size=1, max_size=60))
def test_no_minute_ever_holds_more_than_ten_guesses(milliseconds):
    times, taken = (), []
    for moment in sorted(milliseconds):
        at = after(moment / 1000)
        expected = 10 - sum(at - one < timedelta(seconds=60) for one in taken)
        assert guesses_left(times, at) == expected
        if expected:
            times = take_slot(times, at)
            taken.append(at)
        else:
            with pytest.raises(OutOfGuesses):
                take_slot(times, at)


def fake(word):
    return "$2b$04$" + word.ljust(53, ".")


def fits(hash_text, word):
    return hash_text == fake(word)


PUZZLE = Puzzle(
    id="p",
    key="p",
    title="P",
    level_id="l",
    answers=(fake("one"), fake("two")),
    close=(
        NearAnswer(fake("three"), "<p>Count down.</p>"),
        NearAnswer(fake("four"), ""),
        NearAnswer(fake("one"), "<p>No.</p>"),
    ),
)


@pytest.mark.parametrize(
    ("guess", "verdict", "message"),
    [
        ("one", "correct", "<p>Well done!</p>"),
        ("two", "correct", "<p>Well done!</p>"),
        ("three", "close", "<p>Count down.</p>"),
        ("four", "close", "<p>You’re close!</p>"),
        ("five", "wrong", "<p>That’s not it.</p>"),
    ],
)
def test_a_guess_gets_the_verdict_and_message_of_the_first_hash_that_fits(guess, verdict, message):
    judged = judge(PUZZLE, guess, fits)
    assert judged == Judgement(verdict, message, None if verdict == "wrong" else fake(guess))


def test_near_answers_are_looked_at_only_after_every_right_one():
    tried = []
    judge(PUZZLE, "five", lambda hash_text, _: bool(tried.append(hash_text)))
    assert tried == [fake(word) for word in ("one", "two", "three", "four", "one")]


def test_nothing_is_hashed_after_the_first_fit():
    tried = []
    judge(PUZZLE, "one", lambda hash_text, word: tried.append(hash_text) or fits(hash_text, word))
    assert tried == [fake("one")]


def test_the_writers_own_messages_are_used():
    puzzle = Puzzle(
        id="p",
        key="p",
        title="P",
        level_id="l",
        answers=(fake("one"),),
        success_html="<p>Yes</p>",
        error_html="<p>No</p>",
    )
    assert judge(puzzle, "one", fits).message_html == "<p>Yes</p>"
    assert judge(puzzle, "two", fits).message_html == "<p>No</p>"


def test_an_accepted_answer_is_as_right_as_the_writers():
    assert judge(PUZZLE, "four", fits, accepted=(fake("four"),)).verdict == "correct"
    assert [one.verdict for one in candidates(PUZZLE, (fake("six"),))] == ["correct"] * 3 + ["close"] * 3


def test_the_verdict_is_that_of_the_first_candidate_that_fits():
    first = next(one for one in candidates(PUZZLE) if fits(one.hash, "three"))
    assert judge(PUZZLE, "three", fits) == Judgement(first.verdict, first.message_html, first.hash)
    assert judge(PUZZLE, "nothing", fits) == Judgement("wrong", WRONG_HTML)


def test_a_puzzle_without_a_usable_hash_says_wrong():
    puzzle = Puzzle(id="p", key="p", title="P", level_id="l", answers=("", "plain text"))
    assert candidates(puzzle) == ()
    assert judge(puzzle, "plaintext", lambda *_: True).verdict == "wrong"
