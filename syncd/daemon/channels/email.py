"""Messages by e-mail."""

from __future__ import annotations

import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final

from loguru import logger

from syncd.config.settings import Email
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message

TIMEOUT_SECONDS: Final = 20  # for the connection, and for each answer


def send_email(email: Email, message: Message, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
    """Send the message to all receivers. Raises NotDelivered when the server takes it for none of them."""
    try:
        with _connected(email, timeout_seconds) as server:
            if email.username is not None and email.password is not None:
                server.login(email.username, email.password.reveal())
            refused = server.send_message(letter(email, message))
    except smtplib.SMTPAuthenticationError as error:
        remedy = "Check `username` and `password`; many providers want a password made for programs."
        raise NotDelivered(f"{email.host} refused the login ({error.smtp_code}).", remedy) from None
    except smtplib.SMTPRecipientsRefused as error:
        codes = ", ".join(sorted({str(code) for code, _ in error.recipients.values()}))
        raise NotDelivered(f"{email.host} refused every receiver ({codes}).", "Check the addresses in `to`.") from None
    except smtplib.SMTPSenderRefused as error:
        remedy = "Check `from`: most servers want the address of the login."
        raise NotDelivered(f"{email.host} refused the sender ({error.smtp_code}).", remedy) from None
    except smtplib.SMTPNotSupportedError:
        remedy = f"Choose another `security` than {email.security}, or another port."
        raise NotDelivered(f"{email.host} can't do what is asked of it.", remedy) from None
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"{email.host} refused the message ({error.smtp_code}).") from None
    except ssl.SSLError as error:
        remedy = "Check `security` and `port`; for a certificate that is not publicly signed, set `ca_file`."
        raise NotDelivered(f"{email.host}: no secure connection ({error.reason or 'certificate'}).", remedy) from None
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
            remedy = "Check `host`, `port` and `security`."  # one that waits for TLS says nothing, either
            raise NotDelivered(f"{email.host} did not answer in time.", remedy) from None
        why = getattr(error, "strerror", None) or type(error).__name__
        raise NotDelivered(f"{email.host} can't be reached: {why}.", "Check `host`, `port` and `security`.") from None
    if refused:
        logger.warning(
            "{} refused {} of {} receivers of a notice; check `to`", email.host, len(refused), len(email.recipients)
        )


def letter(email: Email, message: Message) -> EmailMessage:
    """The message as a letter of plain text that no machine answers."""
    mail = EmailMessage()
    mail["From"] = email.sender
    mail["To"] = ", ".join(email.recipients)
    mail["Subject"] = " ".join(message.subject.split())
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = make_msgid(domain=email.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(message.text, charset="utf-8", cte="base64")
    return mail


def _connected(email: Email, timeout_seconds: float) -> smtplib.SMTP:
    # smtplib would look for this machine's name in the DNS, for as long as that takes.
    name = socket.gethostname() or "localhost"
    if email.security == "none":
        return smtplib.SMTP(email.host, email.port, name, timeout_seconds)
    context = ssl.create_default_context(cafile=None if email.ca_file is None else str(email.ca_file))
    if email.security == "tls":
        return smtplib.SMTP_SSL(email.host, email.port, name, timeout=timeout_seconds, context=context)
    server = smtplib.SMTP(email.host, email.port, name, timeout_seconds)
    try:
        server.starttls(context=context)
    except BaseException:
        server.close()
        raise
    return server
