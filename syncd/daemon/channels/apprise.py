"""Messages by Apprise, which knows Telegram, Slack, Teams, ntfy and many others."""

from __future__ import annotations

import logging

from syncd.config.notify import INSTALL_APPRISE
from syncd.config.settings import Apprise
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message


def notify_all(addresses: Apprise, message: Message) -> None:
    """Send the message to every address. Raises NotDelivered, with the numbers of those that failed.

    Apprise bounds each connection and answer to a few seconds by itself.
    """
    try:
        import apprise
    except ImportError:
        raise NotDelivered("Apprise is not installed.", INSTALL_APPRISE) from None
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)  # it would print addresses, which hold tokens
    failed: list[str] = []
    for number, url in enumerate(addresses.urls, start=1):
        asset = apprise.AppriseAsset(app_id="syncd", async_mode=False)
        plugin = apprise.Apprise.instantiate(url.reveal(), asset=asset, suppress_exceptions=True)
        try:
            arrived = plugin is not None and plugin.notify(
                body=message.text, title=message.subject, body_format=apprise.NotifyFormat.TEXT, overflow="split"
            )
        except Exception as error:  # a plugin's own mistakes, whose words may hold the address
            failed.append(f"{number} ({type(error).__name__})")
            continue
        if not arrived:
            failed.append(str(number))
    if failed:
        numbers = ", ".join(failed)
        raise NotDelivered(f"Apprise could not deliver to entry {numbers}.", "Check these addresses and their tokens.")
