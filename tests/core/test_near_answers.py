"""One slip of the finger, decided from the signature alone, exactly."""

import hashlib
import string

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.answers import normalise
from app.core.near_answers import decide, forms_to_hash, is_signature, near_forms, salt_of, signature
from tests.support.slips import is_within_one_slip

SALT = "$2b$04$abcdefghijklmnopqrstuu"


def cheap(salt, form):
    return hashlib.sha256(f"{salt}|{form}".encode()).hexdigest()


def real(salt, form):
    return bcrypt.hashpw(form.encode(), salt.encode()).decode()


def slips(word, letters):
    """Every word within one slip, by making each of them: the rule, read aloud."""
    places = range(len(word) + 1)
    found = {word}
    found |= {word[:i] + word[i + 1 :] for i in places}
    found |= {word[:i] + letter + word[i:] for i in places for letter in letters}
    found |= {word[:i] + letter + word[i + 1 :] for i in places[:-1] for letter in letters}
    found |= {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in places[:-2]}
    return found


@pytest.mark.parametrize(
    ("guess", "expected"),
    [
        ("lantern", True),
        ("lanern", True),
        ("antern", True),
        ("lanter", True),
        ("lantterns", False),
        ("lanterns", True),
        ("llantern", True),
        ("lanxern", True),
        ("xantern", True),
        ("lanetrn", True),
        ("alntern", True),
        ("lantenr", True),
        ("natlern", False),
        ("nalterm", False),
        ("altnern", False),
        ("lanxxrn", False),
        ("anternl", False),
        ("lntarn", False),
        ("x", False),
        ("", False),
        ("lantern" * 10, False),
    ],
)
def test_one_slip_is_forgiven_and_no_more(guess, expected):
    assert is_within_one_slip(signature("lantern", SALT, cheap), guess, cheap) is expected


short = st.text(alphabet="ab", min_size=1, max_size=7)


@given(short, short)
def test_the_signature_decides_exactly_as_the_clear_text_would(answer, guess):
    assert is_within_one_slip(signature(answer, SALT, cheap), guess, cheap) is (guess in slips(answer, "ab"))


@pytest.mark.parametrize("answer", ["a", "ab", "aa", "aab", "abab", "abcba", "aabbc"])
def test_every_word_of_three_letters_is_judged_exactly(answer):
    signed, near = signature(answer, SALT, cheap), slips(answer, "abc") - {""}
    words = [""]
    for _ in range(len(answer) + 2):
        words = [word + letter for word in words for letter in "abc"]
        assert {word for word in words if is_within_one_slip(signed, word, cheap)} == near & set(words)


@pytest.mark.parametrize(
    ("answer", "guess", "expected"),
    [
        ("दिल", "दाल", True),
        ("दिल", "दल", True),
        ("दिल", "दालें", False),
        ("대한민국", "대한밍국", True),
        ("대한민국", "대민한국", True),
        ("대한민국", "대한민국임시", False),
        ("かぎ", "かき", True),
        ("ΟΔΟΣ ΕΡΜΟΥ", "οδος ερμυ", True),
        ("Łódź", "Lodź!", True),
        ("Łódź", "Wódz", True),
        ("𐌰𐌱𐌲", "𐌰𐌲𐌱", True),
        ("1.5", "15", True),
    ],
)
def test_a_slip_is_one_character_of_the_normal_form_in_any_script(answer, guess, expected):
    signed = signature(normalise(answer), SALT, cheap)
    assert is_within_one_slip(signed, normalise(guess), cheap) is expected


@settings(max_examples=40)
@given(st.text(alphabet=string.ascii_lowercase + "éß東", min_size=1, max_size=12))
def test_every_slip_of_a_word_is_found(answer):
    signed = signature(answer, SALT, cheap)
    assert all(is_within_one_slip(signed, guess, cheap) for guess in slips(answer, "aexé") if guess)


@given(st.data())
def test_two_slips_are_judged_like_the_clear_text(data):
    answer = data.draw(st.text(alphabet="abcd", min_size=2, max_size=8))
    once = data.draw(st.sampled_from(sorted(slips(answer, "abcd") - {""})))
    twice = data.draw(st.sampled_from(sorted(slips(once, "abcd") - {""})))
    assert is_within_one_slip(signature(answer, SALT, cheap), twice, cheap) is (twice in slips(answer, "abcd"))


def test_with_real_bcrypt_it_is_the_same():
    signed = signature("mirror", SALT, real)
    for guess in ("mirror", "miror", "mirrror", "mirrot", "imrror", "irror", "mirorr"):
        assert is_within_one_slip(signed, guess, real), guess
    for guess in ("mrrior", "mirrr0r", "rimror", "mior", "window"):
        assert not is_within_one_slip(signed, guess, real), guess


def test_the_longest_answer_can_be_signed():
    signed = signature("a" * 72, SALT, cheap)
    assert is_signature(signed)
    assert is_within_one_slip(signed, "a" * 71 + "b", cheap)
    assert len(signed) < 1000


@pytest.mark.parametrize(
    ("guess", "count"),
    [("abcdef", 6), ("aabbcc", 3), ("abcde", 1), ("abcdefg", 7), ("abcd", 0), ("abcdefgh", 0), ("", 0)],
)
def test_no_more_is_hashed_than_needed(guess, count):
    assert len(forms_to_hash(signature("fedcba", SALT, cheap), guess)) == count


def test_a_service_can_hash_the_forms_itself():
    signed = signature("lantern", SALT, cheap)
    hashed = {form: cheap(salt_of(signed), form) for form in forms_to_hash(signed, "lanxern")}
    assert decide(signed, "lanxern", hashed)


def test_a_word_and_its_shortened_forms_are_each_named_once():
    assert near_forms("aab") == ("aab", "ab", "aa")
    assert near_forms("a") == ("a", "")


def test_the_signature_shows_no_letters_and_not_which_are_equal():
    signed = signature("aaaa", SALT, cheap)
    marks = signed.removeprefix(f"near1{SALT}$").split(",")
    assert len(set(marks)) == 5
    assert marks == sorted(marks)
    assert "aaaa" not in signed


def test_another_salt_gives_an_unrelated_signature():
    other = "$2b$04$bbcdefghijklmnopqrstuu"
    one, two = signature("lantern", SALT, cheap), signature("lantern", other, cheap)
    assert not set(one.split("$")[-1].split(",")) & set(two.split("$")[-1].split(","))
    assert salt_of(two) == other


SIGNED = signature("ab", SALT, cheap)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "near1",
        "lantern",
        SIGNED + "\n",
        SIGNED + ",",
        SIGNED[:-1],
        SIGNED.replace("near1", "near2"),
        SIGNED.replace("$04$", "$99$"),
        SIGNED.replace(",", ";"),
        SIGNED + ("," + "A" * 12) * 80,
    ],
)
def test_what_is_no_signature_is_near_nothing(text):
    assert not is_signature(text)
    with pytest.raises(ValueError):
        forms_to_hash(text, "ab")


@pytest.mark.parametrize(("answer", "salt"), [("", SALT), ("ab", ""), ("ab", "$2a$04$short"), ("a" * 73, SALT)])
def test_what_cannot_be_signed_is_refused(answer, salt):
    with pytest.raises(ValueError):
        signature(answer, salt, cheap)
