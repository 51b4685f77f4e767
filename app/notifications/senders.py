"""SMTP and webhooks.

All waits are bounded. Errors of servers and libraries are not repeated: they may quote an address with its password.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from app.core.host_names import ascii_host
from app.notifications.chat_format import chat_body
from app.notifications.organiser_chat import NOTICE
from app.notifications.outbox import NotDelivered, Sender
from app.notifications.outbox_queries import MAIL
from config import Config

SECONDS = 15
_TRY_AGAIN = (408, 425, 429)
PORTS = {"smtp": 25, "smtps": 465}


def senders_of(config: Config) -> dict[str, Sender]:
    found: dict[str, Sender] = {}
    if config.smtp_url:
        found[MAIL] = MailSender(config.smtp_url, config.mail_from)
    if config.notify_webhook_url:
        found[NOTICE] = WebhookSender(config.notify_webhook_url)
    return found


class _Server(smtplib.SMTP):
    before: Callable[[], None] = staticmethod(lambda: None)
    has_text = False

    def data(self, msg: Any) -> tuple[int, bytes]:
        """As in smtplib, with a stop after the server's go-ahead."""
        code, words = self.docmd("data")
        if code != 354:
            raise smtplib.SMTPDataError(code, words)
        self.before()
        self.has_text = True
        text = re.sub(rb"(?m)^\.", b"..", msg)
        self.send(text + (b"" if text.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return self.getreply()


class _TlsServer(smtplib.SMTP_SSL, _Server):
    """The same over TLS."""


class _LongHeaders(EmailPolicy):
    """Does not fold List-Unsubscribe: folded addresses are encoded and break."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class MailSender:
    """``smtp://`` with STARTTLS if offered, ``smtps://`` with TLS."""

    def __init__(self, url: str, mail_from: str) -> None:
        parts = urlsplit(url)
        self._is_tls = parts.scheme == "smtps"
        self._host, self._port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self._name, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._from = mail_from or (self._name if "@" in self._name else f"infinity@{self._host}")

    def send(self, payload: Mapping[str, Any]) -> None:
        self.hand_over(payload, lambda: None)

    def hand_over(self, payload: Mapping[str, Any], before: Callable[[], None]) -> None:
        """Raises :class:`NotDelivered`, and what ``before`` raises: then no mail is sent."""
        try:
            message = self._message(payload)
        except (KeyError, ValueError):
            raise NotDelivered("not a mail", is_final=True) from None
        server: _Server | None = None
        try:
            server = self._connected()
            server.before = before
            self._send(server, message)
        except smtplib.SMTPRecipientsRefused as no:
            codes = [code for code, _ in no.recipients.values()]
            is_final = all(code >= 500 for code in codes)
            raise NotDelivered("recipients refused", is_final=is_final, is_bounced=is_final) from None
        except smtplib.SMTPResponseException as no:
            # A refused login may work after a correction: retry.
            is_final = no.smtp_code >= 500 and not isinstance(no, smtplib.SMTPAuthenticationError)
            raise NotDelivered(f"SMTP {no.smtp_code}", is_final=is_final) from None
        except (smtplib.SMTPException, OSError) as no:
            is_unclear = server is not None and server.has_text
            raise NotDelivered(type(no).__name__, is_silent=not is_unclear, is_unclear=is_unclear) from None

    def _send(self, server: _Server, message: EmailMessage) -> None:
        try:
            server.send_message(message)
        except BaseException:
            # Within the text, QUIT would be read as a line of the mail.
            server.close()
            raise
        # After acceptance, an error at QUIT must not cause a second mail.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()

    def _message(self, payload: Mapping[str, Any]) -> EmailMessage:
        message = EmailMessage(policy=_LongHeaders())
        message["From"], message["To"] = self._from, ", ".join(map(_with_ascii_host, payload["to"]))
        message["Subject"] = " ".join(str(payload["subject"]).split())
        message["Date"] = formatdate()
        message["Message-ID"] = payload.get("message_id") or make_msgid(domain=self._host)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in dict(payload.get("headers", {})).items():
            message[name] = value
        message.set_content(str(payload["text"]))
        return message

    def _connected(self) -> _Server:
        context = ssl.create_default_context()
        if self._is_tls:
            server: _Server = _TlsServer(self._host, self._port, timeout=SECONDS, context=context)
        else:
            server = _Server(self._host, self._port, timeout=SECONDS)
        try:
            if not self._is_tls and server.ehlo()[0] == 250 and server.has_extn("starttls"):
                server.starttls(context=context)
            if self._name:
                server.login(self._name, self._password)
        except BaseException:
            server.close()
            raise
        return server


def _with_ascii_host(address: str) -> str:
    """An ASCII host, for servers without SMTPUTF8. Raises ValueError."""
    mailbox, at, host = address.rpartition("@")
    return f"{mailbox}{at}{ascii_host(host)}"


class WebhookSender:
    def __init__(self, url: str) -> None:
        self._url = url

    def send(self, payload: Mapping[str, Any]) -> None:
        """Raises :class:`NotDelivered`."""
        try:
            # No redirects: they would lead anywhere.
            reply = requests.post(
                self._url,
                json=chat_body(self._url, str(payload.get("text", ""))),
                timeout=SECONDS,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as no:
            raise NotDelivered(type(no).__name__) from None
        if not 200 <= reply.status_code < 300:
            is_final = 300 <= reply.status_code < 500 and reply.status_code not in _TRY_AGAIN
            raise NotDelivered(f"HTTP {reply.status_code}", is_final=is_final)
