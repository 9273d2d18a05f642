"""What the harness asks of the sandbox: its books, its faults, what people do there."""

from __future__ import annotations

import time
from typing import Any

import httpx


class Control:
    """The control address of one sandbox process."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=70, trust_env=False)

    def wait_until_up(self, seconds: float) -> dict[str, Any]:
        """Wait until the sandbox answers; its addresses and credentials. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.get("/")
            except httpx.TransportError:
                if time.monotonic() > end:
                    raise TimeoutError("the sandbox does not come up") from None
                time.sleep(0.05)

    def get(self, path: str, **query: str | float) -> dict[str, Any]:
        """A reading."""
        return self._checked(self._http.get(path, params=query))

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        """A change."""
        return self._checked(self._http.post(path, json=body if body is not None else {}))

    def delete(self, path: str) -> dict[str, Any]:
        """A removal."""
        return self._checked(self._http.delete(path))

    def books(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that Paraşüt ever had, by kind."""
        return self.get("/parasut/state")

    def fault(self, **fault: Any) -> int:
        """Put a fault in force; its number."""
        return int(self.post("/faults", fault)["faults"][0])

    def no_faults(self) -> None:
        """Take all faults away."""
        self.delete("/faults")

    def act(self, *acts: dict[str, Any]) -> list[str]:
        """What people do at Paraşüt."""
        return list(self.post("/parasut/acts", list(acts))["done"])

    def act_at_the_shop(self, *acts: dict[str, Any]) -> None:
        """What people do at the shop."""
        self.post("/shop/acts", list(acts))

    def held(self, seconds: float) -> list[dict[str, Any]]:
        """The requests that are held; waits for one."""
        return list(self.get("/holds", wait=seconds)["held"])

    def release(self, number: int, then: str) -> None:
        """Let a held request `go`, or `drop` it."""
        self.post(f"/holds/{number}", {"then": then})

    def audit(self) -> list[dict[str, Any]]:
        """What each request did."""
        return list(self.get("/audit", after=0)["requests"])

    def close(self) -> None:
        self._http.close()

    @staticmethod
    def _checked(response: httpx.Response) -> dict[str, Any]:
        if not response.is_success:
            raise RuntimeError(f"the sandbox refused {response.request.url}: {response.text}")
        body: dict[str, Any] = response.json()
        return body
