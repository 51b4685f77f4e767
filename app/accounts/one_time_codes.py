"""TOTP (RFC 6238, six digits every 30 seconds) and recovery codes. Time and randomness are arguments."""

from __future__ import annotations

import base64
import hashlib
import hmac
import unicodedata
from datetime import datetime

from pyotp import TOTP

SECRET_BYTES = 20
STEP_SECONDS = 30
# A phone's clock may be one step off.
STEPS_OFF = 1
RECOVERY_CODES = 10
RECOVERY_BYTES = 10


def secret_of(random: bytes) -> str:
    return base64.b32encode(random).decode()


def address_of(secret: str, account: str, hunt: str) -> str:
    return str(TOTP(secret).provisioning_uri(name=account, issuer_name=hunt.replace(":", " ")))


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """The code's step, at most one off; None if wrong."""
    digits, current = code_digits(code), int(now.timestamp()) // STEP_SECONDS
    found = None
    # All of them, so that the time does not tell which one it was.
    for step in range(max(0, current - STEPS_OFF), current + STEPS_OFF + 1):
        if hmac.compare_digest(TOTP(secret).generate_otp(step), digits):
            found = step
    return found


def code_digits(code: str) -> str:
    """ASCII digits, groups joined; empty if not six."""
    tidy = "".join(unicodedata.normalize("NFKC", code[:64]).split()).replace("-", "")
    return tidy if len(tidy) == 6 and tidy.isascii() and tidy.isdigit() else ""


def recovery_code_of(random: bytes) -> str:
    letters = base64.b32encode(random).decode()
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def recovery_digest(code: str) -> str:
    """80 random bits need no salt or slow hash."""
    tidy = "".join(unicodedata.normalize("NFKC", code[:64]).split()).replace("-", "").upper()
    return hashlib.sha256(tidy.encode("utf-8", "surrogatepass")).hexdigest()
