"""Mappings and connectors of one's own: where they are found, what they extend, what is wrong with them."""

from __future__ import annotations

from pathlib import Path

from configurations import SMALL, at, lines, load, marked

from syncd.config.settings import Rule
from syncd.orders.order import LineKind
from syncd.resources import MAPPINGS

OWN = SMALL + "    mapping: magazam\n"


def rule(folder: Path, text: str = OWN, **files: str) -> Rule:
    loaded = load(folder, text, **files)
    assert loaded.settings is not None, lines(loaded, folder)
    return loaded.settings.rules[0]


def test_a_mapping_beside_the_configuration_is_found_in_either_folder(tmp_path: Path) -> None:
    mapping = rule(tmp_path, mappings__magazam="invoice: {order_no: plain}\n").mapping
    assert (mapping.name, mapping.invoice["order_no"].text) == ("magazam", "plain")
    mapping = rule(tmp_path, mappings__parasut__magazam="invoice: {order_no: first}\n").mapping
    assert mapping.invoice["order_no"].text == "first"


def test_extends_takes_over_what_is_not_changed(tmp_path: Path) -> None:
    shipped = rule(tmp_path, SMALL).mapping
    own = "extends: satis-faturasi\ninvoice: {order_no: mine}\nkinds: {shipping: {name: Gönderi}}\n"
    mapping = rule(tmp_path, mappings__magazam=own).mapping
    assert mapping.invoice["order_no"].text == "mine"
    assert {**mapping.invoice, "order_no": None} == {**shipped.invoice, "order_no": None}
    assert mapping.contact == shipped.contact
    assert mapping.kinds[LineKind.SHIPPING]["name"].text == "Gönderi"
    assert mapping.kinds[LineKind.SHIPPING]["code"] == shipped.kinds[LineKind.SHIPPING]["code"]


def test_chains_of_extends_end_with_the_nearest(tmp_path: Path) -> None:
    mapping = rule(
        tmp_path,
        mappings__magazam="extends: ara\ninvoice: {order_no: own}\n",
        mappings__ara="extends: satis-faturasi\ninvoice: {order_no: between, invoice_note: between}\n",
    ).mapping
    assert (mapping.invoice["order_no"].text, mapping.invoice["invoice_note"].text) == ("own", "between")


def test_a_mapping_may_extend_the_shipped_one_of_its_own_name(tmp_path: Path) -> None:
    own = (tmp_path, SMALL)
    mapping = rule(*own, mappings__satis_faturasi="extends: satis-faturasi\ninvoice: {order_no: mine}\n").mapping
    assert mapping.invoice["order_no"].text == "mine"
    assert "name" in mapping.contact


def test_a_field_without_a_value_is_left_out(tmp_path: Path) -> None:
    mapping = rule(tmp_path, mappings__magazam="extends: satis-faturasi\ncontact:\n  phone:\n").mapping
    assert "phone" not in mapping.contact
    assert "email" in mapping.contact


def test_constants_keep_their_type(tmp_path: Path) -> None:
    own = "contact: {is_abroad: false}\nproduct: {vat_rate: 18.5, inventory_tracking: true, code: 007}\n"
    mapping = rule(tmp_path, mappings__magazam=own).mapping
    values = [template.render({}) for template in (mapping.contact["is_abroad"], *mapping.product.values())]
    assert [str(value) for value in values] == ["False", "18.5", "True", "007"]
    assert values[0] is False


def test_mappings_that_extend_each_other_are_a_problem(tmp_path: Path) -> None:
    text, line, column = marked("extends: «magazam\n")
    loaded = load(tmp_path, OWN, mappings__magazam="extends: ara\n", mappings__ara=text)
    assert [at(problem) for problem in loaded.problems] == [("ara.yaml", line, column)]
    assert loaded.problems[0].message == "mappings extend each other in a circle: magazam → ara → magazam"


def test_a_mapping_that_extends_itself_is_a_problem(tmp_path: Path) -> None:
    loaded = load(tmp_path, OWN, mappings__magazam="extends: magazam\n")
    assert loaded.problems[0].message == "mappings extend each other in a circle: magazam → magazam"


def test_problems_of_a_mapping_name_its_file_once(tmp_path: Path) -> None:
    own, line, column = marked('line:\n  code: "{{ line.«cod }}"\n')
    two = (
        OWN + "    otherwise: true\n" + OWN[OWN.index("  - name") :].replace("site-h", "b-h").replace("site]", "bayi]")
    )
    two = two.replace(
        "rules:", SMALL[SMALL.index("  site:") : SMALL.index("rules:")].replace("site:", "bayi:") + "rules:"
    )
    loaded = load(tmp_path, two, mappings__magazam=own)
    assert [at(problem) for problem in loaded.problems] == [("magazam.yaml", line, column)]
    assert str(loaded.problems[0]).endswith("(did you mean code?)")


def test_unknown_fields_and_sections_are_problems(tmp_path: Path) -> None:
    own, line, column = marked("contact:\n  «nam: x\n")
    loaded = load(tmp_path, OWN, mappings__magazam=own)
    assert [(at(problem), problem.suggestion) for problem in loaded.problems] == [
        (("magazam.yaml", line, column), "name")
    ]
    loaded = load(tmp_path, OWN, mappings__magazam="contcat: {name: x}\n")
    assert loaded.problems[0].suggestion == "contact"


def test_what_lines_know_is_unknown_to_the_contact(tmp_path: Path) -> None:
    own, line, column = marked('contact: {name: "{{ «line.name }}"}\n')
    assert [at(problem) for problem in load(tmp_path, OWN, mappings__magazam=own).problems] == [
        ("magazam.yaml", line, column)
    ]


def test_a_place_inside_a_folded_template_is_exact(tmp_path: Path) -> None:
    own, line, column = marked(
        "contact:\n  name: >-\n    {{ order.buyer.name\n       or order.buyr.name }}\n".replace(".buyr", ".«buyr")
    )
    assert [at(problem) for problem in load(tmp_path, OWN, mappings__magazam=own).problems] == [
        ("magazam.yaml", line, column)
    ]


def test_a_mapping_that_is_no_yaml_is_a_problem(tmp_path: Path) -> None:
    for text in ("a: [", "- x\n", "x\n", ""):
        loaded = load(tmp_path, OWN, mappings__magazam=text)
        assert loaded.settings is None
        assert {Path(problem.position.file).name for problem in loaded.problems} == {"magazam.yaml"}


def test_a_connector_of_one_s_own_comes_first(tmp_path: Path) -> None:
    shipped = (MAPPINGS / "platforms" / "woocommerce.yaml").read_text(encoding="utf-8")
    own = shipped.replace("    per_page:\n", "    per_sheet:\n")
    text, line, column = marked(SMALL.replace("url: https", "«per_page: 5\n    url: https"))
    loaded = load(tmp_path, text, mappings__platforms__woocommerce=own)
    assert at(loaded.problems[0]) == ("syncd.yaml", line, column)
    assert load(tmp_path, text.replace("per_page", "per_sheet"), mappings__platforms__woocommerce=own).problems == ()


def test_a_connector_without_settings_is_a_problem(tmp_path: Path) -> None:
    for text in ("title: x\n", "settings: []\n", "settings: {type: objekt}\n", "settings: {properties: []}\n", "- a\n"):
        loaded = load(tmp_path, SMALL.replace("woocommerce", "own"), mappings__platforms__own=text)
        assert loaded.settings is None
        assert {Path(problem.position.file).name for problem in loaded.problems} == {"own.yaml"}


def test_a_connector_s_reference_into_nowhere_is_a_problem(tmp_path: Path) -> None:
    own = "settings: {type: object, properties: {url: {$ref: '#/$defs/none'}}}\nstatuses: {a: preparing}\n"
    text = SMALL.replace("woocommerce", "own")
    assert "can't be used as JSON Schema" in str(load(tmp_path, text, mappings__platforms__own=own).problems[0])
