"""`--update` writes what came out, and nothing else of the file changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from case_places import ORDER, a_place, one_case
from places import CONFIG

from syncd.cases.run import record
from syncd.cases.spans import spans_of
from syncd.cases.words import change_line

FIRST = """\
    expect:
      rule: site-hazirlanan
      fires: true
      contact: {name: Ayşe Yılmaz, match: "looked up when applied, else new", tax_number: "11111111111"}
      category: Web Satışları
      payment: {account: iyzico, day: 2026-11-23, description: Kredi kartı}
      issue_date: 2026-11-23
      lines:
        - {code: KUPA, name: Seramik kupa, quantity: 2, unit_price: 49.50, vat_rate: 20, gross: 118.80}
        - {code: KARGO, name: Kargo bedeli, quantity: 1, unit_price: 50.00, vat_rate: 20, gross: 60.00}
      totals: {order: 178.80, payable: 178.80}
"""


def updated(folder: Path, text: str, config: str = CONFIG) -> tuple[str, list[str]]:
    """The file after an update, and what was told; a second run passes and an update of it changes nothing."""
    place = a_place(folder, text, config)
    run = place.run()
    told = [change_line(change).removeprefix(f"{place.file}:") for change in record(run)]
    assert run.passed, run.problems
    content = place.file.read_bytes().decode()
    again = place.run()
    assert again.passed
    assert list(record(again)) == []
    assert place.file.read_bytes().decode() == content
    return content, told


def test_a_case_that_expects_nothing_gets_its_first_expectation(tmp_path: Path) -> None:
    text, told = updated(tmp_path, one_case())
    assert text == one_case() + FIRST
    assert told == ["15:5: kartla: written"]


def test_a_first_expectation_goes_behind_the_case_and_before_what_follows(tmp_path: Path) -> None:
    start = one_case() + "    change:  # the note spans lines\n      note: |\n        a\n        b\n"
    rest = "\n  # about the next one\n  - name: iptal\n" + ORDER + "    change: {status: cancelled}   # the end\n"
    text, _ = updated(tmp_path, start + rest)
    ended = (
        "    expect:\n      rule: site-hazirlanan\n      fires: false\n      ended: cancelled before it was invoiced\n"
    )
    assert text == start + FIRST + rest + ended


def test_a_case_on_one_line_gets_it_on_the_same(tmp_path: Path) -> None:
    text, _ = updated(tmp_path, "cases:\n  - {name: a, raw: {id: 5} }  # broken\n")
    assert text == "cases:\n  - {name: a, raw: {id: 5}, expect: {rule: null, hold: record-unreadable}}  # broken\n"


def test_single_values_are_replaced_where_they_stand(tmp_path: Path) -> None:
    text = one_case() + (
        "    expect:  # checked by the accountant\n"
        "      totals:\n"
        "        payable: 1.00   # with VAT\n"
        "      # as the panel did it\n"
        "      category: 'Satış'  # ours\n"
        "      lines: [{code: KUPA, gross: '118.80'},\n"
        "              {gross: 61}]\n"
        "      invoice:\n"
        "        invoice_note: >\n"
        "          anything\n"
        "\n"
        "      payment: {account: Garanti, day: 2026-11-23}\n"
    )
    changed, told = updated(tmp_path, text)
    note = r'"Sipariş no: 1042\nÖdeme: Kredi kartı"'
    assert changed == (
        text.replace("1.00 ", "178.80 ")
        .replace("'Satış'", "Web Satışları")
        .replace("61}", "60.00}")
        .replace(">\n          anything", note)
        .replace("Garanti", "iyzico")
    )
    assert told == [
        "17:9: kartla: totals.payable: 1.00 → 178.80",
        "19:7: kartla: category: Satış → Web Satışları",
        "21:16: kartla: lines.1.gross: 61 → 60.00",
        f'23:9: kartla: invoice.invoice_note: "anything\\n" → {note}',
        "25:17: kartla: payment.account: Garanti → iyzico",
    ]


def test_a_list_of_another_length_is_written_anew_with_the_same_keys(tmp_path: Path) -> None:
    text = (
        one_case()
        + "    expect:\n      # the goods\n      lines:\n        - code: KUPA\n          gross: 1\n      hold: null\n"
    )
    changed, told = updated(tmp_path, text)
    assert changed == text.replace(
        "- code: KUPA\n          gross: 1\n", "- {code: KUPA, gross: 118.80}\n        - {code: KARGO, gross: 60.00}\n"
    )
    assert told == [
        "17:7: kartla: lines: [{code: KUPA, gross: 1}] → [{code: KUPA, gross: 118.80}, {code: KARGO, gross: 60.00}]"
    ]


def test_another_shape_of_a_payment_is_written_as_it_is(tmp_path: Path) -> None:
    changed, _ = updated(tmp_path, one_case("{payment: unpaid}"))
    assert changed == one_case("{payment: {account: iyzico, day: 2026-11-23, description: Kredi kartı}}")


def test_an_order_that_ends_otherwise_is_expected_anew(tmp_path: Path) -> None:
    text = one_case("{lines: [{code: KUPA}], category: x}", "change: {export.micro: true}")
    changed, told = updated(tmp_path, text)
    assert changed == one_case(
        "{rule: site-hazirlanan, fires: true, hold: export-order}", "change: {export.micro: true}"
    )
    assert told == ["16:5: kartla: written anew"]


def test_a_hold_keeps_the_way_it_was_written(tmp_path: Path) -> None:
    for before, after in (("{hold: x}", "{hold: export-order}"), ("{hold: {code: x}}", "{hold: {code: export-order}}")):
        changed, _ = updated(tmp_path, one_case(before, "change: {export.micro: true}"))
        assert changed == one_case(after, "change: {export.micro: true}")


def test_line_breaks_and_the_mark_of_the_encoding_stay(tmp_path: Path) -> None:
    text = "\ufeff" + one_case("{category: x}").replace("\n", "\r\n")
    changed, _ = updated(tmp_path, text)
    assert changed == text.replace("category: x", "category: Web Satışları")


def test_a_file_without_a_last_line_break_is_fine(tmp_path: Path) -> None:
    changed, _ = updated(tmp_path, one_case().rstrip("\n"))
    assert changed == (one_case() + FIRST).rstrip("\n")


def test_what_a_program_cannot_change_safely_is_left_alone(tmp_path: Path) -> None:
    shared = one_case("&shared {category: x, rule: site-hazirlanan}")
    text = shared + "  - name: other\n" + ORDER + "    expect: *shared\n"
    place = a_place(tmp_path, text)
    run = place.run()
    assert list(record(run)) == []
    assert not run.passed
    assert place.file.read_text(encoding="utf-8") == text
    assert run.problems[0].message.endswith("do it by hand")


@pytest.mark.parametrize(
    ("text", "steps", "value"),
    [
        ("a: {b: [1, 'x y']} # c\n", ("a", "b", 1), "'x y'"),
        ("a: {b: [1, 'x y']} # c\n", ("a",), "{b: [1, 'x y']}"),
        ("a:\n  b: 1\n  c:\n  - d\n# e\nf: g\n", ("a",), "b: 1\n  c:\n  - d"),
        ("a:\n  b: |\n    x\n\n  # c\n  d: e\n", ("a", "b"), "|\n    x"),
        ("a: b\n  c\nd: e\n", ("a",), "b\n  c"),
        ("- - 1\n  - 2\n- 3\n", (0, 1), "2"),
    ],
)
def test_a_span_ends_where_its_value_ends(text: str, steps: tuple[str | int, ...], value: str) -> None:
    span = spans_of(text)[steps]
    assert text[span.start : span.end] == value
