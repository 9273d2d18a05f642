"""A folder with a configuration and cases, for tests of `syncd test`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from places import CONFIG

from syncd.cases.case_file import case_files
from syncd.cases.run import CaseRun, run_cases
from syncd.config.load import load_settings
from syncd.config.settings import Settings

ORDER = """\
    order:
      id: "42"
      number: "1042"
      status: preparing
      ordered_at: 2026-11-23T17:02:09Z
      currency: TRY
      total: 178.80
      buyer: {name: AYŞE YILMAZ, email: ayse@ornek.test}
      payment: {method: iyzico, title: Kredi kartı, paid_at: 2026-11-23T17:03:00Z}
      lines:
        - {id: "1", code: KUPA, name: Seramik kupa, quantity: 2, total: 118.80, vat_rate: 20}
        - {id: "2", kind: shipping, name: Kargo, quantity: 1, total: 60, vat_rate: 20}
"""


@dataclass(frozen=True)
class CasePlace:
    """A folder with `syncd.yaml` and `cases/site.cases.yaml`."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "cases" / "site.cases.yaml"

    def settings(self) -> Settings:
        loaded = load_settings(self.folder / "syncd.yaml", {}, secrets="optional")
        assert loaded.settings is not None, loaded.problems
        return loaded.settings

    def run(self) -> CaseRun:
        return run_cases(case_files([], self.folder), self.settings())


def a_place(folder: Path, text: str, config: str = CONFIG) -> CasePlace:
    """A place whose file holds `text`."""
    (folder / "cases").mkdir(exist_ok=True)
    (folder / "syncd.yaml").write_text(config, encoding="utf-8")
    place = CasePlace(folder)
    place.file.write_text(text, encoding="utf-8", newline="")
    return place


def one_case(expect: str = "", *keys: str) -> str:
    """A file with one case: an order of a cup and its shipping; `expect` and `keys` as lines of YAML."""
    more = [f"    {key}\n" for key in keys] + ([f"    expect: {expect}\n"] if expect else [])
    return "cases:\n  - name: kartla\n" + ORDER + "".join(more)
