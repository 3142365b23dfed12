"""Product rows and bindings: what belongs to a deal, and what a deal shows of it."""
# ruff: noqa: ANN001, ANN002, ANN201, ANN202  fixtures are typed where they are made

from collections import Counter

import pytest

from sources.demo_portal import DemoPortal

EPOCH = 1_790_000_000


@pytest.fixture(scope="module")
def store():
    """The tables of a portal of the usual size."""
    return DemoPortal(seed=7, epoch=EPOCH).store


def total(rows):
    return round(sum(row["price"] * row["quantity"] for row in rows), 2)


def rows_of(ask, owner_type, *owners):
    body = ask("crm.item.productrow.list", {"filter": {"=ownerType": owner_type, "=ownerId": list(owners)}})[
        1
    ]
    return body["result"]["productRows"]


def owner_with_rows(ask, manual="N"):
    deals = {int(row["ID"]): row for row in ask.portal.store.table("deals").rows()}
    for row in ask.portal.store.table("product_rows").rows():
        deal = deals.get(row["ownerId"])
        if row["ownerType"] == "D" and deal["IS_MANUAL_OPPORTUNITY"] == manual:
            return row["ownerId"]
    raise AssertionError


def test_tables_have_their_sizes(store) -> None:
    """Two fifths of the deals and a tenth of the leads have one to four products; most deals one contact."""
    owners = Counter((row["ownerType"], row["ownerId"]) for row in store.table("product_rows").rows())
    kinds = Counter(kind for kind, _ in owners)
    assert 700 < kinds["D"] < 900
    assert 70 < kinds["L"] < 130
    assert set(owners.values()) == {1, 2, 3, 4}
    contacts = Counter(row["DEAL_ID"] for row in store.table("deal_contacts").rows())
    assert 180 < 2000 - len(contacts) < 300
    assert 0.1 < sum(n > 1 for n in contacts.values()) / 2000 < 0.17
    sizes = {"product_rows": 7, "deal_contacts": 30, "activities": 0, "calls": 3, "items_31": 2}
    chosen = DemoPortal(deals=40, counts=sizes).store
    assert {name: len(chosen.table(name).rows()) for name in sizes} == sizes


def test_amounts_agree_with_products(store) -> None:
    """Rows add up to the amount of their owner unless it was typed in; prices follow from each other."""
    by_owner = {}
    for row in store.table("product_rows").rows():
        by_owner.setdefault((row["ownerType"], row["ownerId"]), []).append(row)
        assert row["priceNetto"] == pytest.approx(row["priceExclusive"] + row["discountSum"], abs=0.011)
        assert row["priceBrutto"] == pytest.approx(
            row["priceNetto"] * (1 + (row["taxRate"] or 0) / 100), abs=0.011
        )
    for (kind, owner), rows in by_owner.items():
        record = store.table("deals" if kind == "D" else "leads").get(owner)
        if record["IS_MANUAL_OPPORTUNITY"] == "N":
            assert total(rows) == float(record["OPPORTUNITY"])


def test_bindings_agree_with_the_deals(store) -> None:
    """CONTACT_ID of a deal is the primary one of its contacts; contacts exist and are named once a deal."""
    contacts = {int(row["ID"]) for row in store.table("contacts").rows()}
    rows = store.table("deal_contacts").rows()
    assert len({(row["DEAL_ID"], row["CONTACT_ID"]) for row in rows}) == len(rows)
    assert {row["CONTACT_ID"] for row in rows} <= contacts
    primary = {str(row["DEAL_ID"]): str(row["CONTACT_ID"]) for row in rows if row["IS_PRIMARY"] == "Y"}
    for deal in store.table("deals").rows():
        assert (deal["CONTACT_ID"] or "0") == primary.get(deal["ID"], "0")


def test_products_are_listed_by_owner_only(ask) -> None:
    """Both keys are required, several ids allowed, unknown fields refused; rows are those of the store."""
    stored = ask.portal.store.table("product_rows").rows()
    owners = sorted({row["ownerId"] for row in stored if row["ownerType"] == "D"})[:5]
    assert (
        rows_of(ask, "D", *owners)
        == [row for row in stored if row["ownerType"] == "D" and row["ownerId"] in owners][:50]
    )
    for filters, code in (
        ({"=ownerType": "D"}, "100"),
        ({"=ownerType": "XX", "=ownerId": 1}, "INVALID_ARG_VALUE"),
        ({"=ownerType": "D", "=ownerId": 1, "nope": 1}, "INVALID_ARG_VALUE"),
    ):
        assert ask("crm.item.productrow.list", {"filter": filters})[1]["error"] == code
    dear = {"filter": {"=ownerType": "D", "=ownerId": owners, ">price": 100}, "order": {"price": "desc"}}
    prices = [row["price"] for row in ask.result("crm.item.productrow.list", dear)["productRows"]]
    assert prices == sorted(prices, reverse=True)


def test_setting_products_sets_the_amount_but_no_time(ask, clock) -> None:
    """OPPORTUNITY becomes the sum unless it is manual; DATE_MODIFY stays; what is not sent is removed."""
    number, manual = owner_with_rows(ask), owner_with_rows(ask, "Y")
    before = {n: ask.result("crm.deal.get", {"id": n}) for n in (number, manual)}
    clock.now += 100
    rows = [{"PRODUCT_ID": 450, "PRICE": 1000, "QUANTITY": 3}, {"PRODUCT_NAME": "Ü", "PRICE": 0.5}]
    for deal in (number, manual):
        assert ask.result("crm.deal.productrows.set", {"id": deal, "rows": rows}) is True
    after = {n: ask.result("crm.deal.get", {"id": n}) for n in (number, manual)}
    assert after[number]["OPPORTUNITY"] == "3000.50"
    assert after[manual] == before[manual]
    assert after[number]["DATE_MODIFY"] == before[number]["DATE_MODIFY"]
    assert [row["PRODUCT_NAME"] for row in ask.result("crm.deal.productrows.get", {"id": number})] == [
        "Office chair «Atlas»",
        "Ü",
    ]
    ask.result("crm.deal.update", {"id": number, "fields": {"OPPORTUNITY": 5}})
    assert ask.result("crm.deal.get", {"id": number})["OPPORTUNITY"] == "3000.50"


def test_single_rows_are_added_changed_and_deleted(ask) -> None:
    """Prices are worked out as the documented answer has them; owners must exist."""
    number = owner_with_rows(ask)
    ask.result("crm.item.productrow.set", {"ownerType": "D", "ownerId": number, "productRows": []})
    assert ask.result("crm.deal.get", {"id": number})["OPPORTUNITY"] == "0.00"
    fields = {"ownerId": number, "ownerType": "D", "productId": 450, "price": 80_000, "quantity": 2}
    fields |= {"discountTypeId": 2, "discountRate": 20, "taxRate": 20, "taxIncluded": "Y"}
    row = ask.result("crm.item.productrow.add", {"fields": fields})["productRow"]
    assert [row[name] for name in ("priceExclusive", "priceNetto", "priceBrutto", "discountSum")] == [
        66_666.67,
        83_333.34,
        100_000.01,
        16_666.67,
    ]
    assert ask.result("crm.deal.get", {"id": number})["OPPORTUNITY"] == "160000.00"
    sent = {"id": row["id"], "fields": {"quantity": 1, "ownerId": 1}}
    assert ask.result("crm.item.productrow.update", sent)["productRow"]["ownerId"] == number
    assert ask.result("crm.item.productrow.delete", {"id": row["id"]}) is None
    assert ask("crm.item.productrow.get", {"id": row["id"]})[1]["error"] == "NOT_FOUND"
    assert (
        ask("crm.item.productrow.add", {"fields": {**fields, "ownerId": 10**8}})[1]["error"]
        == "OWNER_NOT_FOUND"
    )


def test_a_deleted_deal_takes_everything_along(ask) -> None:
    """Products, contacts, history and activities of a deleted deal are gone."""
    store = ask.portal.store
    number = owner_with_rows(ask)
    contact = store.table("contacts").rows()[0]["ID"]
    ask.result("crm.deal.contact.add", {"id": number, "fields": {"CONTACT_ID": contact}})
    activity = {"OWNER_TYPE_ID": 2, "OWNER_ID": number, "TYPE_ID": 3, "SUBJECT": "x"}
    made = ask.result("crm.activity.add", {"fields": activity})
    ask.result("crm.deal.delete", {"id": number})
    assert rows_of(ask, "D", number) == []
    assert number not in {row["DEAL_ID"] for row in store.table("deal_contacts").rows()}
    assert number not in {row["OWNER_ID"] for row in store.table("deal_stage_history").rows()}
    assert store.table("activities").get(made) is None


def test_contacts_of_a_deal_move_its_contact_id_and_no_time(ask, clock) -> None:
    """Set, add and delete change the primary contact; the store's table follows, and back."""
    store = ask.portal.store
    deal = int(store.table("deals").rows()[0]["ID"])
    one, two, three = (int(row["ID"]) for row in store.table("contacts").rows()[:3])
    before = store.table("deals").get(deal)
    clock.now += 100

    def contact():
        return store.table("deals").get(deal)["CONTACT_ID"]

    items = [{"CONTACT_ID": one, "SORT": 200}, {"CONTACT_ID": two, "SORT": 100, "IS_PRIMARY": "Y"}]
    assert ask.result("crm.deal.contact.items.set", {"id": deal, "items": items}) is True
    bound = ask.result("crm.deal.contact.items.get", {"id": deal})
    assert [(link["CONTACT_ID"], link["SORT"], link["IS_PRIMARY"]) for link in bound] == [
        (two, 100, "Y"),
        (one, 200, "N"),
    ]
    assert contact() == str(two)
    ask.result("crm.deal.contact.add", {"id": deal, "fields": {"CONTACT_ID": three, "IS_PRIMARY": "Y"}})
    assert contact() == str(three)
    store.table("deal_contacts").delete((deal, three))
    assert contact() == str(two)
    store.table("deal_contacts").update((deal, one), {"IS_PRIMARY": "Y"})
    assert contact() == str(one)
    assert store.table("deals").get(deal)["DATE_MODIFY"] == before["DATE_MODIFY"]
    store.table("deals").update(deal, {"CONTACT_ID": str(two)})
    assert [store.table("deal_contacts").get((deal, n))["IS_PRIMARY"] for n in (one, two)] == ["N", "Y"]
    store.table("deals").update(deal, {"CONTACT_ID": str(three)})
    assert [link["CONTACT_ID"] for link in ask.result("crm.deal.contact.items.get", {"id": deal})] == [three]
    store.table("contacts").delete(three)
    assert contact() == str(three)
    ask.result("crm.deal.contact.items.delete", {"id": deal})
    assert (contact(), ask.result("crm.deal.contact.items.get", {"id": deal})) == ("0", [])
    assert ask("crm.deal.contact.items.get", {"id": 10**8})[1]["error_description"] == "Not found."


def test_companies_of_contacts_are_seen_from_both_sides(ask) -> None:
    """A binding shows with the contact and with the company, in companyIds and contactIds too."""
    store = ask.portal.store
    contact, company = (int(store.table(name).rows()[0]["ID"]) for name in ("contacts", "companies"))

    def ids(type_id, number, name):
        found = ask.result("crm.item.list", {"entityTypeId": type_id, "filter": {"id": number}})["items"]
        return found[0][name]

    assert contact not in ids(4, company, "contactIds")
    ask.result("crm.company.contact.add", {"id": company, "fields": {"CONTACT_ID": contact}})
    assert company in ids(3, contact, "companyIds")
    assert contact in ids(4, company, "contactIds")
    ask.result("crm.contact.company.items.set", {"id": contact, "items": []})
    assert (ids(3, contact, "companyIds"), store.table("contacts").get(contact)["COMPANY_ID"]) == ([], "0")
    assert contact not in ids(4, company, "contactIds")
