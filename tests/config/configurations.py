"""Configurations for tests, and places in them marked with «."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from syncd.config.load import Loaded, load_settings
from syncd.problem import Problem

MARK = "«"
TODAY = date(2026, 11, 24)

ENVIRON = {
    "PARASUT_CLIENT_ID": "client-id-1",
    "PARASUT_SECRET": "client-secret-1",
    "WC_KEY": "ck_1",
    "WC_SECRET": "cs_1",
}

SMALL = """\
version: 1
parasut:
  company_id: 115
  client_id: ${PARASUT_CLIENT_ID}
  client_secret: ${PARASUT_SECRET}
  username: muhasebe@magaza.test
  password: ${PARASUT_SECRET}
ledger: sqlite:///ledger.db
platforms:
  site:
    connector: woocommerce
    url: https://magaza.test
    consumer_key: ${WC_KEY}
    consumer_secret: ${WC_SECRET}
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-01}
"""

FULL = """\
version: 1
parasut:
  company_id: 115
  client_id: ${PARASUT_CLIENT_ID}
  client_secret: ${PARASUT_SECRET}
  username: muhasebe@magaza.test
  password: ${PARASUT_SECRET}
  base_url: http://127.0.0.1:8115
  rate:
    requests: 5
    seconds: 12
  timeout: 2m
  recovery:
    send_within: 4s
    settle: 3m
    second_look: 1h
ledger: sqlite:////var/lib/syncd/ledger.db
retention: 400d
timezone: Europe/Istanbul
platforms:
  site:
    connector: woocommerce
    title: Web Sitesi
    account: eski.magaza.test
    url: https://magaza.test
    consumer_key: ${WC_KEY}
    consumer_secret: ${WC_SECRET}
    statuses:
      kargoda: shipped
    tax_number_keys: [_billing_vergi_no]
    tax_office_keys: [_billing_vergi_dairesi]
    gift_wrap_names: [Kurdele]
    untaxed_vat_rate: 20
    per_page: 25
    timeout: 90s
    ca_file: ca.pem
include: [rules/kapida.yaml]
rules:
  - name: site-hazirlanan
    platforms: [site]
    trigger:
      status: preparing
      since: 2026-11-01
      if: order.total > 0
    otherwise: true
    every: 2m
    mapping: satis-faturasi
    override:
      invoice.invoice_note: "Ödeme: {{ order.payment.title }}"
      contact.is_abroad: false
      kinds.shipping.name: Kargo
    categories:
      invoice: "{{ platform.title }} Satışları"
      contact: Web Müşterileri
      product: E-ticaret
      missing: error
    contact:
      match: [tax_number, email]
      update: never
    product:
      missing: hold
    payment:
      cod: unpaid
      "*":
        account: iyzico
        type: ODEMEARACISI
        platform: iyzico
    issue_date: shipped_at
    e_document:
      issue: off
    send_back: off
    cancelled: ignore
    returned: ignore
    adopt: automatic
    refunded_before: full
    totals:
      inexact: hold
    limits:
      per_run: 100
      amount: 50000.50
    go_live: canary
  - name: site-kargolanan
    platforms: [site]
    trigger:
      status: shipped
      since: 2026-11-01
    otherwise: true
    cron: "*/5 8-20 * * 1-5"
    product:
      use: GENEL
notify:
  channels:
    - name: muhasebe
      email:
        host: smtp.magaza.test
        port: 465
        security: tls
        username: syncd@magaza.test
        password: ${WC_SECRET}
        from: syncd@magaza.test
        to: [muhasebe@magaza.test, sahip@magaza.test]
        ca_file: ca.pem
      events: [hold, deadline]
    - webhook:
        url: https://hooks.magaza.test/${WC_KEY}
        headers:
          X-Token: ${WC_SECRET}
    - command: [sh, tell-us.sh]
    - apprise: ["json://hooks.magaza.test/${WC_KEY}"]
  quiet_hours:
    from: "22:00"
    to: "08:00"
    except: [company]
  daily_summary: "09:00"
  language: en
daemon:
  listen: 127.0.0.1:9115
  log: json
  jitter: 10s
"""

INCLUDED = """\
- name: site-kapida
  platforms: [site]
  trigger: {status: shipped, since: 2026-11-01, if: order.payment.method == 'cod'}
"""


def marked(text: str) -> tuple[str, int, int]:
    """Text without its «, and line and column of what stood behind it."""
    before, found, after = text.partition(MARK)
    assert found, "the text marks no place"
    return before + after, before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def write(folder: Path, text: str, **files: str) -> Path:
    """A configuration in `folder`; `files` are names with `__` for `/`, without `.yaml`, and their text."""
    for name, content in files.items():
        path = folder / (name.replace("__", "/").replace("_", "-") + ".yaml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    config = folder / "syncd.yaml"
    config.write_text(text, encoding="utf-8")
    return config


def load(folder: Path, text: str, environ: dict[str, str] | None = None, **files: str) -> Loaded:
    """What syncd makes of a configuration in `folder`."""
    return load_settings(write(folder, text, **files), ENVIRON if environ is None else environ, today=TODAY)


def load_full(folder: Path, text: str = FULL, included: str = INCLUDED) -> Loaded:
    """What syncd makes of the configuration that uses every key."""
    (folder / "ca.pem").write_text("no certificate\n")
    return load(folder, text, rules__kapida=included)


def lines(loaded: Loaded, folder: Path) -> list[str]:
    """The problems as they are shown, without the folder's name."""
    return [str(problem).removeprefix(f"{folder}/") for problem in loaded.problems]


def at(problem: Problem) -> tuple[str, int, int]:
    """Name of the file, line, column."""
    return Path(problem.position.file).name, problem.position.line, problem.position.column
