from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from places import Place

from syncd.sandbox.faults import Fault

Make = Callable[..., Place]

ISTANBUL = ZoneInfo("Europe/Istanbul")


def test_the_status_shows_since_when_all_is_paused_as_the_clock_of_the_configuration_does(place: Make) -> None:
    here = place(orders=1)
    assert here.syncd("pause").code == 0
    shown = re.search(r"PAUSED since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d): nothing", here.syncd("status").out)
    assert shown is not None
    since = datetime.strptime(shown[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=ISTANBUL)
    assert abs(datetime.now(ISTANBUL) - since) < timedelta(hours=1)


def test_a_held_order_that_is_named_is_refused_in_one_sentence(place: Make) -> None:
    here = place(orders=3)
    here.sandbox.parasut.add_product("Defter kopya", code="DFT-A5")
    here.sandbox.parasut.add_product("Defter kopya 2", code="DFT-A5")
    done = here.syncd("apply")
    assert "site: 3 orders read" in done.out
    refused = here.syncd("apply", "--order", "site/16")
    assert refused.code == 2
    assert "site/16 is not due; it is held: Paraşüt has 2 products with the code 'DFT-A5'" in refused.err
    assert ".." not in refused.err


def test_due_orders_that_wait_for_a_lost_answer_are_counted_with_the_time_until_when(place: Make) -> None:
    here = place(orders=3, faults=(Fault("close_before", "POST", "item_categories$", nth=1),))
    here.syncd("apply")
    shown = here.syncd("status").out
    waits = re.search(
        r"^rule site-hazirlanan: 3 due, of them 3 wait until (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d): "
        r"whether the category .* was made is not known yet; it is looked for$",
        shown,
        re.MULTILINE,
    )
    assert waits is not None, shown
    (rule,) = json.loads(here.syncd("status", "--format", "json").out)["rules"]
    (told,) = rule["put_off"]
    until = datetime.fromisoformat(told["until"])
    assert (told["orders"], f"{until.astimezone(ISTANBUL):%Y-%m-%d %H:%M:%S}") == (3, waits[1])
