"""What every HTTP request of syncd has in common, whoever it goes to."""

from __future__ import annotations

import logging
from typing import Final

from syncd import __version__

USER_AGENT: Final = f"syncd/{__version__}"
CONNECT_TIMEOUT_SECONDS: Final = 10

# httpx writes whole addresses into the standard log at INFO: signed ones hold a shop's key, filters e-mails and tax
# numbers.
logging.getLogger("httpx").setLevel(logging.WARNING)
