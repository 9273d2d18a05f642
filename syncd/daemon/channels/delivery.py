"""Delivering a message through a channel, whichever way it goes."""

from __future__ import annotations

from syncd.config.settings import Apprise, Channel, Command, Email, Webhook
from syncd.daemon.messages import Message


def deliver(channel: Channel, message: Message) -> None:
    """Hand the message over; returns when the other side has taken it, within about a minute.

    Raises NotDelivered, whose words hold no secret.
    """
    # Only the ways that are used get imported: Apprise takes its time and memory.
    match channel.way:
        case Email():
            from syncd.daemon.channels.email import send_email

            send_email(channel.way, message)
        case Webhook():
            from syncd.daemon.channels.webhook import post_message

            post_message(channel.way, message)
        case Command():
            from syncd.daemon.channels.command import run_command

            run_command(channel.way, message)
        case Apprise():
            from syncd.daemon.channels.apprise import notify_all

            notify_all(channel.way, message)
