from __future__ import annotations

import httpx
import pytest
from sandbox_clients import invoice, line, parasut, shop

from syncd.sandbox.faults import Fault, faults_from_json


@pytest.mark.parametrize(
    ("kind", "status"),
    [("429", 429), ("500", 500), ("502html", 502), ("html_403", 403), ("402", 402), ("401", 401)],
)
def test_a_refused_request_did_nothing(kind: str, status: int) -> None:
    with parasut() as (sandbox, client):
        sandbox.faults.add(Fault(kind, "POST", r"/sales_invoices$", nth=2))
        codes = [client("POST", "/sales_invoices", invoice(line(1, 1, 20))).status_code for _ in range(3)]
        assert codes == [201, status, 201]
        assert len(sandbox.parasut.invoices) == 2


@pytest.mark.parametrize(
    ("kind", "error", "done"),
    [
        ("close_before", httpx.RemoteProtocolError, 0),
        ("close_after", httpx.RemoteProtocolError, 1),
        ("truncate", httpx.RemoteProtocolError, 1),
        ("timeout_after", httpx.ReadTimeout, 1),
    ],
)
def test_a_lost_answer_leaves_the_work_done_or_not(kind: str, error: type[Exception], done: int) -> None:
    with parasut(faults=(Fault(kind, "POST", "/sales_invoices"),)) as (sandbox, client):
        client.http.timeout = httpx.Timeout(0.5)
        with pytest.raises(error):
            client("POST", "/sales_invoices", invoice(line(1, 1, 20)))
        assert len(sandbox.parasut.invoices) == done
        last = sandbox.traffic[-1]
        assert (last.method, last.status, last.response) == ("POST", 0, None)
        assert client("POST", "/sales_invoices", invoice(line(1, 1, 20))).status_code == 201


def test_faults_strike_the_shop_too() -> None:
    with shop(faults=(Fault("502html", path="/wp-json/", nth=0),)) as (_, client):
        assert [client.get("/orders").status_code for _ in range(3)] == [502, 502, 502]


def test_faults_are_read_from_json() -> None:
    text = '[{"kind": 429, "path": "/oauth/token"}, {"kind": "close_after", "method": "POST", "nth": 3, "times": 2}]'
    assert faults_from_json(text) == (Fault("429", path="/oauth/token"), Fault("close_after", "POST", nth=3, times=2))
    for wrong in ('{"kind": "500"}', '[{"kind": "explode"}]', '[{"path": "x"}]', '[{"kind": "500", "when": 1}]'):
        with pytest.raises(ValueError, match="fault"):
            faults_from_json(wrong)
