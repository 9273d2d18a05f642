"""`syncd init` for any of the platforms, asked and unattended; what it writes passes `check` as it is."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from factories import ROOT
from places import Place

from syncd.cli.main import main
from syncd.cli.sandbox import _announce
from syncd.config.load import load_settings
from syncd.sandbox.options import ALL_STANDS, MARKETS

PARASUT = ["--company-id", "115", "--client-id", "c-id", "--client-secret", "c-hush"]
PARASUT += ["--username", "muhasebe@ornek.test", "--password", "p-hush"]
SITE = ["--shop-url", "https://magaza.test", "--consumer-key", "ck_hush", "--consumer-secret", "cs_hush"]
VALUES = {
    "trendyol.seller_id": "107703",
    "trendyol.api_key": "ty-hush-key",
    "trendyol.api_secret": "ty-hush-secret",
    "hepsiburada.merchant_id": "0a0a0a0a-0000-4000-8000-00000000a001",
    "hepsiburada.service_key": "hb-hush",
    "hepsiburada.integrator": "ornek_dev",
    "n11.seller_id": "2000001",
    "n11.app_key": "n11-hush-key",
    "n11.app_secret": "n11-hush-secret",
}
MARKETPLACES = [word for name in MARKETS for word in ("--platform", name)]
MARKETPLACES += [word for key, value in VALUES.items() for word in ("--set", f"{key}={value}")]


@dataclass(frozen=True)
class Init:
    """Calls `init` without a terminal, in a folder of its own."""

    folder: Path
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str]:
        """Exit code, and what was printed."""
        with pytest.raises(SystemExit) as ended:
            main(["init", str(self.folder), *words])
        captured = self.capture.readouterr()
        return int(ended.value.code or 0), captured.out + captured.err

    @property
    def file(self) -> Path:
        return self.folder / "syncd.yaml"

    @property
    def written(self) -> Any:
        return yaml.safe_load(self.file.read_text(encoding="utf-8"))

    def problems(self) -> list[str]:
        return [str(problem) for problem in load_settings(self.file, {}).problems]


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Init:
    for name in [name for name in os.environ if name.startswith("SYNCD")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    return Init(tmp_path / "new", capsys)


def test_all_four_platforms_make_one_rule_for_the_site_and_one_for_the_marketplaces(init: Init) -> None:
    code, said = init("--platform", "site", *SITE, *MARKETPLACES, *PARASUT)
    assert (code, init.problems()) == (0, []), said
    assert {name: entry["title"] for name, entry in init.written["platforms"].items()} == {
        "site": "Web Sitesi",
        "trendyol": "Trendyol",
        "hepsiburada": "Hepsiburada",
        "n11": "N11",
    }
    site, marketplaces = init.written["rules"]
    today = datetime.now(ZoneInfo("Europe/Istanbul")).date()
    for rule, name, platforms, status in (
        (site, "site-hazirlanan", ["site"], "preparing"),
        (marketplaces, "pazaryeri-kargolanan", list(MARKETS), "shipped"),
    ):
        assert (rule["name"], rule["platforms"], rule["trigger"]["status"]) == (name, platforms, status)
        assert (rule["trigger"]["since"], rule["go_live"]) == (today, "canary")
    assert marketplaces["payment"] == {"*": "unpaid"}
    assert "daemon" not in init.written


def test_secrets_stand_in_files_that_only_their_owner_can_read(init: Init) -> None:
    loose = init.folder / "secrets" / "n11_app_key"
    loose.parent.mkdir(parents=True)
    loose.write_text("old", encoding="utf-8")
    loose.chmod(0o644)
    code, said = init("--platform", "site", *SITE, *MARKETPLACES, *PARASUT)
    assert code == 0, said
    files = {file.name: file for file in (init.folder / "secrets").iterdir()}
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}
    assert files["n11_app_key"].read_text(encoding="utf-8") == "n11-hush-key"
    assert files["hepsiburada_service_key"].read_text(encoding="utf-8") == "hb-hush"
    assert "hush" not in init.file.read_text(encoding="utf-8") + said
    assert init.written["platforms"]["n11"] == {
        "connector": "n11",
        "title": "N11",
        "seller_id": 2000001,
        "app_key": "${file:secrets/n11_app_key}",
        "app_secret": "${file:secrets/n11_app_secret}",
    }


def test_without_a_terminal_the_platform_is_the_site(init: Init) -> None:
    assert init(*SITE, *PARASUT, "--account", "iyzico")[0] == 0
    assert (list(init.written["platforms"]), init.problems()) == (["site"], [])
    assert [rule["payment"]["*"] for rule in init.written["rules"]] == [{"account": "iyzico"}]


def test_the_environment_answers_as_options_do(init: Init, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNCD_INIT_PLATFORM", "N11 trendyol")
    for key, value in VALUES.items():
        monkeypatch.setenv("SYNCD_INIT_" + key.replace(".", "_").upper(), value)
    monkeypatch.setenv("SYNCD_INIT_TRENDYOL_SPACING", "10s")
    code, said = init(*PARASUT, "--set", "n11.seller_id=7")
    assert (code, init.problems()) == (0, []), said
    platforms = init.written["platforms"]
    assert (list(platforms), platforms["n11"]["seller_id"]) == (["n11", "trendyol"], 7)
    assert platforms["trendyol"]["spacing"] == "10s"
    assert [rule["platforms"] for rule in init.written["rules"]] == [["n11", "trendyol"]]


def test_the_notify_section_is_right_once_its_marks_are_taken_away(init: Init) -> None:
    assert init(*SITE, *PARASUT)[0] == 0
    text = init.file.read_text(encoding="utf-8")
    before, section = text.split("\n# notify:\n")
    init.file.write_text(f"{before}\nnotify:\n" + re.sub(r"(?m)^# ", "", section), encoding="utf-8")
    password = init.folder / "secrets" / "smtp_password"
    password.touch(mode=0o600)
    password.write_text("x", encoding="utf-8")
    loaded = load_settings(init.file, {})
    assert loaded.problems == ()
    assert loaded.settings is not None
    assert loaded.settings.notify is not None


def test_a_connector_of_ones_own_is_asked_like_the_shipped_ones(init: Init) -> None:
    own = init.folder / "mappings" / "platforms"
    own.mkdir(parents=True)
    shutil.copy(ROOT / "examples/json-shop/mappings/platforms/json-shop.yaml", own / "dukkan.yaml")
    (own / "depo.yaml").write_text(
        "title: Depo 7\n"
        "settings: {type: object, required: [word], properties: {word: {type: string}}}\n"
        "statuses: {hazir: preparing}\n",
        encoding="utf-8",
    )
    assert "$SYNCD_INIT_DUKKAN_URL" in init("--platform", "dukkan", *PARASUT)[1]
    answers = ["url=https://dukkan.test", "store=4711", "token=dk-hush"]
    words = [word for answer in answers for word in ("--set", f"dukkan.{answer}")]
    code, said = init("--platform", "dukkan,depo,n11", *words, "--set", "depo.word=${NOT_A: reference}", *PARASUT)
    assert (code, "--set n11.seller_id=… is missing" in said) == (2, True), said
    more = [word for word in MARKETPLACES if word.startswith("n11.")]
    more = [word for one in more for word in ("--set", one)]
    code, said = init(
        "--platform", "dukkan,depo,n11", *words, *more, "--set", "depo.word=${NOT_A: reference}", *PARASUT
    )
    assert (code, init.problems()) == (0, []), said
    loaded = load_settings(init.file, {}).settings
    assert loaded is not None
    assert loaded.platforms["depo"].options == {"word": "${NOT_A: reference}"}
    assert (loaded.platforms["dukkan"].title, loaded.platforms["dukkan"].options["store"]) == ("Dükkan", 4711)
    assert [(rule.name, rule.platforms) for rule in loaded.rules] == [
        ("pazaryeri-kargolanan", ("dukkan", "n11")),
        ("pazaryeri-hazirlanan", ("depo",)),
    ]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--platform", "trendyl"], "Did you mean trendyol?"),
        (["--platform", "n11"], "--set n11.seller_id=… or in $SYNCD_INIT_N11_SELLER_ID"),
        (["--platform", "n11", "--set", "n11.app_kee=hush"], "Did you mean app_key?"),
        (["--platform", "n11", "--set", "n11.seller_id=abc"], "'seller_id' must be"),
        (["--platform", "n11", "--set", "trendyol.api_key=hush"], "not among the platforms: n11"),
        (["--platform", "n11", "--set", "app_key hush"], "--set can't be read"),
        (["--platform", "n11", *SITE], "--shop-url is for the site"),
        (["--platform", "n11", "--account", "iyzico"], "--account is for the site"),
        ([], "--shop-url or in $SYNCD_INIT_SHOP_URL"),
        (["--shop-url", "my shop"], "'url' must be"),
    ],
)
def test_a_wrong_call_says_what_to_write_and_writes_nothing(init: Init, words: list[str], complaint: str) -> None:
    code, said = init(*words, *PARASUT)
    assert (code, complaint in said, "hush" in said) == (2, True, False), said
    assert not init.folder.exists()


def test_a_configuration_that_is_there_is_told_of_before_anything_is_asked(init: Init) -> None:
    assert init(*SITE, *PARASUT)[0] == 0
    code, said = init()
    assert (code, "--force" in said) == (2, True), said


def test_what_the_sandbox_prints_makes_a_configuration_that_connects(
    place: Callable[..., Place], capsys: pytest.CaptureFixture[str]
) -> None:
    here = place(orders=3, market_orders=2, stands=ALL_STANDS)
    _announce(here.sandbox)
    rows = capsys.readouterr().out.split("answers are above):\n")[1].split("The marketplaces")[0]
    (line,) = rows.replace("\\\n", " ").splitlines()
    program, command, *words = shlex.split(line)
    assert (program, command) == ("syncd", "init")
    options = here.sandbox.options
    done = here.syncd(
        command,
        "new",
        *words,
        SYNCD_INIT_CONSUMER_KEY=options.consumer_key,
        SYNCD_INIT_CONSUMER_SECRET=options.consumer_secret,
        SYNCD_INIT_COMPANY_ID=str(options.company_id),
        SYNCD_INIT_CLIENT_ID=options.client_id,
        SYNCD_INIT_CLIENT_SECRET=options.client_secret,
        SYNCD_INIT_USERNAME=options.username,
        SYNCD_INIT_PASSWORD=options.password,
    )
    assert done.code == 0, done.err
    checked = here.syncd("check", "--connect", "--config", "new/syncd.yaml")
    assert (checked.code, "FAIL" in checked.out) == (0, False), checked.out + checked.err
    for name in ("site", *MARKETS):
        assert re.search(rf"ok +{name}", checked.out), checked.out


def test_a_person_at_a_terminal_is_asked_and_secrets_are_not_echoed(tmp_path: Path) -> None:
    answers = [
        ("Enter: site", "5"),
        ("Enter: site", "site, 2"),
        ("WooCommerce: Address of the shop", "magaza.test"),
        ("WooCommerce: Key", "ck_hush"),
        ("WooCommerce: Secret", "cs_hush"),
        ("Trendyol: Seller number", "many"),
        ("Trendyol: Seller number", "107703"),
        ("Trendyol: API key", "ty-hush-key"),
        ("Trendyol: API secret", "ty-hush-secret"),
        ("Müşteri ID", "115"),
        ("Client ID", "c-id"),
        ("Client Secret", "c-hush"),
        ("user name", "muhasebe@ornek.test"),
        ("password", "p-hush"),
        ("account", ""),
    ]
    screen = at_a_terminal([sys.executable, "-m", "syncd", "init", str(tmp_path / "new")], answers)
    assert "  3 hepsiburada" in screen
    assert "There is no platform '5'" in screen
    assert "'seller_id' must be" in screen
    assert "hush" not in screen
    assert (tmp_path / "new" / "secrets" / "trendyol_api_secret").read_text(encoding="utf-8") == "ty-hush-secret"
    loaded = load_settings(tmp_path / "new" / "syncd.yaml", {})
    assert loaded.problems == ()
    assert loaded.settings is not None
    assert loaded.settings.platforms["site"].options["url"] == "https://magaza.test"


def at_a_terminal(command: list[str], answers: list[tuple[str, str]]) -> str:
    """What a terminal shows while the program's questions are answered in this order; the program must end well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SYNCD")}
    process, terminal = pty.fork()
    if process == 0:
        os.execve(command[0], command, {**environment, "PYTHONUTF8": "1"})
    screen, asked, waiting = "", 0, list(answers)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and select.select([terminal], [], [], 60)[0]:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the program has closed its end
            break
        screen += more.decode("utf-8", errors="replace")
        question = screen[asked:].splitlines()[-1] if screen[asked:] else ""
        if waiting and question.endswith(": ") and waiting[0][0] in question:
            os.write(terminal, f"{waiting.pop(0)[1]}\n".encode())
            asked = len(screen)
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert (waiting, os.waitstatus_to_exitcode(status)) == ([], 0), screen
    return screen
