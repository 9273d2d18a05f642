"""The configuration that all benchmarks run: one shop, one rule, addresses and keys from the environment."""

from __future__ import annotations


def configuration(requests: int, seconds: int, *more: str) -> str:
    """The text of syncd.yaml, with this budget of requests; `more` are further lines of its rule."""
    rule = "".join(f"    {line}\n" for line in more)
    return f"""\
version: 1
parasut:
  base_url: ${{B_PARASUT}}
  company_id: 115
  client_id: ${{B_CLIENT_ID}}
  client_secret: ${{B_CLIENT_SECRET}}
  username: ${{B_USERNAME}}
  password: ${{B_PASSWORD}}
  rate: {{requests: {requests}, seconds: {seconds}}}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    url: ${{B_SHOP}}
    consumer_key: ${{B_KEY}}
    consumer_secret: ${{B_SECRET}}
    statuses: {{kargoda: shipped}}
rules:
  - name: site
    platforms: [site]
    trigger: {{status: awaiting_approval, since: 2026-11-01, if: order.total > 0}}
    mapping: satis-faturasi
{rule}"""
