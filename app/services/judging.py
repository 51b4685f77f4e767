"""What a guess is worth, with as little hashing as can be: what is known is not hashed, what is hashed is remembered.

A guess that is bought with the close-answer power-up is worth a solve when it is near: a near answer of the writer's,
or one slip from the right one. Called by guessing; :func:`rule` hashes and must be called outside of transactions.

What deciding about a slip costs is bounded: at most one hash for each letter of the guess, one after the other in the
same fair queue as all guesses, never more than :data:`MOST_NEAR_WORK` in total, within the team's ten guesses a
minute, and never twice in this process for the same guess.
"""

from __future__ import annotations

from app.rules import near
from app.rules.guesses import Judgement, accepted_since, verdict_for
from app.services.cases import Case, Ruling
from app.services.comparing import comparer
from app.store.guesses import Situation

# In hashes of cost 10, a twentieth of a second each: enough for 72 letters. A signature made at a cost that would take
# longer than this is passed over, as if there were none.
MOST_NEAR_WORK = 80 * 2**10


def known_ruling(case: Case, situation: Situation) -> Ruling | None:
    """The ruling when it takes no hashing, else None."""
    case.first = _known_judgement(case, situation)
    if case.first is None:
        return None
    if not _is_slip_asked(case, case.first):
        return Ruling(case.first, _is_bought(case, case.first))
    is_near = _known_slip(case)
    return None if is_near is None else Ruling(case.first, is_near)


def rule(case: Case) -> Ruling:
    """Hash what has to be hashed. Raises HashingBusy."""
    first = case.first or _judge(case)
    if _is_slip_asked(case, first):
        return Ruling(first, _is_slip(case))
    return Ruling(first, _is_bought(case, first))


def _known_judgement(case: Case, situation: Situation) -> Judgement | None:
    """An answer accepted by the organisers, one that this process knows, or one that the team has tried before."""
    puzzle, memory = case.asked.puzzle, case.ports.verdicts
    if situation.is_accepted:
        return accepted_since(puzzle)
    if memory.knows(case.hashes, case.normalised):
        return verdict_for(puzzle, memory.find_fit(case.hashes, case.normalised, _never))
    old = situation.repeated
    if old is None:
        return None
    return Judgement("close" if old.verdict == "close" else "wrong", old.message_html)


def _never(_hash: str, _normalised: str) -> bool:
    raise AssertionError("this verdict was known")


def _judge(case: Case) -> Judgement:
    place = case.ports.verdicts.find_fit(case.hashes, case.normalised, comparer(case.ports))
    return verdict_for(case.asked.puzzle, place)


def _is_bought(case: Case, first: Judgement) -> bool:
    return case.asked.is_close_answer and first.verdict == "close"


# --- one slip ---------------------------------------------------------------------------------------------------------


def _is_slip_asked(case: Case, first: Judgement) -> bool:
    """Whether all now depends on a slip: the power-up was used, and the guess is neither right nor a near answer."""
    return case.asked.is_close_answer and first.verdict == "wrong"


def _known_slip(case: Case) -> bool | None:
    if not _forms(case):
        return False
    return case.ports.verdicts.recall_slip(case.asked.puzzle.near, case.normalised)


def _is_slip(case: Case) -> bool:
    known = _known_slip(case)
    if known is not None:
        return known
    signed = case.asked.puzzle.near
    salt = near.salt_of(signed)
    hashed = {form: case.ports.hasher.sign("guess", form.encode(), salt.encode()) for form in _forms(case)}
    is_near = near.decide(signed, case.normalised, hashed)
    case.ports.verdicts.keep_slip(signed, case.normalised, is_near=is_near)
    return is_near


def _forms(case: Case) -> tuple[str, ...]:
    """What would have to be hashed; nothing where the puzzle has no signature, or the length alone says no."""
    signed = case.asked.puzzle.near
    if not near.is_signature(signed):
        return ()
    forms = near.forms_to_hash(signed, case.normalised)
    cost = int(near.salt_of(signed).split("$")[2])
    return forms if len(forms) * 2**cost <= MOST_NEAR_WORK else ()
