"""Adding a business or an ERP takes configuration, no code."""

import yaml
from config_file import as_yaml
from gateway_process import KEY, Gateway
from simulated import c2b

from adapters.testing import Receiver

HER_KEY = "another-key-0123456789-ABCDEFG"


def test_a_business_and_its_erp_are_added_by_one_file(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["include"] = ["tenants/*.yaml"]
    (pesagate.folder / "tenants").mkdir()
    hers = pesagate.folder / "tenants" / "mama.yaml"
    hers.write_text(_tenant(erp, "/mama", HER_KEY, "600999"), encoding="utf-8")
    pesagate.start()

    assert pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", "600638")).status_code == 200
    assert pesagate.post("c2b-confirmation", c2b("UKO7R8T1YC", "600999"), key=HER_KEY).status_code == 200

    pesagate.wait_for_state("delivered", 2)
    assert [(row["tenant"], row["receipt"]) for row in pesagate.rows("events")] == [
        ("duka", "UKO7R8T1YB"),
        ("mama", "UKO7R8T1YC"),
    ]
    assert sorted(request.path for request in erp.requests) == ["/", "/mama"]


def test_the_same_receipt_at_two_businesses_is_two_payments(pesagate: Gateway, erp: Receiver) -> None:
    pesagate.config["tenants"]["mama"] = yaml.safe_load(_tenant(erp, "/mama", HER_KEY, "600999"))
    pesagate.start()
    first = pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", "600638"))
    second = pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", "600999"), key=HER_KEY)
    assert [answer.headers["Pesagate-Result"] for answer in (first, second)] == ["accepted", "accepted"]
    assert len({row["payment_id"] for row in pesagate.rows("events")}) == 2


def test_a_removed_destination_parks_its_deliveries_and_brings_them_back(pesagate: Gateway, erp: Receiver) -> None:
    destination = pesagate.config["tenants"]["duka"]["destinations"]["erp"]
    there, destination["url"] = destination["url"], "http://127.0.0.1:9"
    pesagate.start()
    pesagate.post("c2b-confirmation", c2b("UKO7R8T1YB", "600638"), key=KEY)
    pesagate.stop()
    del pesagate.config["tenants"]["duka"]["destinations"]["erp"]
    pesagate.config["tenants"]["duka"]["routes"] = []
    pesagate.start()
    assert [row["waiting_for"] for row in pesagate.rows("deliveries")] == ["parked"]
    pesagate.stop()
    pesagate.config["tenants"]["duka"]["destinations"]["erp"] = destination | {"url": there}
    pesagate.start()
    pesagate.wait_for_state("delivered")
    assert len(erp.requests) == 1


def _tenant(erp: Receiver, path: str, key: str, shortcode: str) -> str:
    return as_yaml(
        {
            "name": "Mama Mboga",
            "shortcodes": {shortcode: {"type": "paybill", "key": key, "hold_older_than": "off"}},
            "destinations": {"books": {"adapter": "http", "url": erp.url + path, "allow_private": True}},
            "routes": [{"to": ["books"]}],
        }
    )
