"""Requests for items, products, bindings, activities and types, and where the demo portal differs."""
# ruff: noqa: ANN001, ANN003, ANN201, ANN202  the portal is typed where it is made

WHY_WHOLE = "amounts of the samples happen to be whole numbers"


def first(table, key="ID"):
    """Give the id of the first row of a table."""
    return lambda portal: {"id": portal.store.table(table).rows()[0][key]}


def with_fields(table, key="ID", **fields):
    """Ask for a write to the first row of a table."""
    return lambda portal: {"id": portal.store.table(table).rows()[0][key], "fields": fields}


def bound(owner, other, verb):
    """Ask for a write of the bindings of the first owner."""

    def make(portal):
        code = {"contacts": "CONTACT_ID", "companies": "COMPANY_ID"}[other]
        wanted = portal.store.table(other).rows()[0]["ID"]
        fields = {code: wanted, "IS_PRIMARY": "Y", "SORT": 10}
        more = {"items": [fields]} if verb == "items.set" else {"fields": fields}
        return {"id": portal.store.table(owner).rows()[0]["ID"], **more}

    return make


def owner_of_rows(portal):
    row = portal.store.table("product_rows").rows()[0]
    return {"ownerType": row["ownerType"], "ownerId": row["ownerId"]}


def rows_of_owner(portal):
    owner = owner_of_rows(portal)
    return {"filter": {"=ownerType": owner["ownerType"], "=ownerId": owner["ownerId"]}}


def deal_with_rows(portal):
    row = next(row for row in portal.store.table("product_rows").rows() if row["ownerType"] == "D")
    return {"id": row["ownerId"], "rows": [{"PRODUCT_ID": 450, "PRICE": 5, "QUANTITY": 1}]}


def deal_with_contacts(portal):
    return {"id": portal.store.table("deal_contacts").rows()[0]["DEAL_ID"]}


def contact_with_companies(portal):
    return {"id": portal.store.satellites.contact_companies.owners()[0]}


def company_with_contacts(portal):
    links = portal.store.satellites.contact_companies
    return {"id": links.others(links.owners()[0])[0]}


def activity(portal):
    deal = portal.store.table("deals").rows()[0]["ID"]
    return {"fields": {"OWNER_TYPE_ID": 2, "OWNER_ID": deal, "TYPE_ID": 2, "SUBJECT": "Call"}}


PAIRS = (("deal", "contact"), ("contact", "company"), ("company", "contact"))
_TABLES = {"deal": "deals", "contact": "contacts", "company": "companies"}
REQUESTS = {
    "crm.item.list": {"entityTypeId": 1},
    "crm.item.get": lambda portal: {"entityTypeId": 1, **first("leads")(portal)},
    "crm.item.fields": {"entityTypeId": 130},
    "crm.item.add": {"entityTypeId": 2, "fields": {"title": "x", "opportunity": 9.5}},
    "crm.item.update": lambda portal: {
        "entityTypeId": 2,
        **first("deals")(portal),
        "fields": {"title": "x", "opportunity": 10_000, "isManualOpportunity": "Y"},
    },
    "crm.item.delete": lambda portal: {"entityTypeId": 130, **first("items_130", "id")(portal)},
    "crm.item.import": {"entityTypeId": 2, "fields": {"title": "x"}},
    "crm.item.batchImport": {"entityTypeId": 3, "data": [{"name": "x"}, {}]},
    "crm.item.productrow.list": rows_of_owner,
    "crm.item.productrow.get": first("product_rows", "id"),
    "crm.item.productrow.add": lambda portal: {
        "fields": {**owner_of_rows(portal), "productId": 450, "price": 5.5, "taxRate": 20}
    },
    "crm.item.productrow.update": with_fields("product_rows", "id", price=7.5),
    "crm.item.productrow.delete": first("product_rows", "id"),
    "crm.item.productrow.set": lambda portal: {
        **owner_of_rows(portal),
        "productRows": [{"productId": 450, "price": 9.99, "quantity": 1}],
    },
    "crm.deal.productrows.get": deal_with_rows,
    "crm.deal.productrows.set": deal_with_rows,
    "crm.deal.userfield.get": first("custom_fields"),
    "crm.deal.contact.items.get": deal_with_contacts,
    "crm.contact.company.items.get": contact_with_companies,
    "crm.company.contact.items.get": company_with_contacts,
    **{
        f"crm.{owner}.{other}.{verb}": bound(_TABLES[owner], _TABLES[other], verb)
        for owner, other in PAIRS
        for verb in ("items.set", "items.delete", "add", "delete")
    },
    "crm.activity.list": {"select": ["*", "COMMUNICATIONS", "FILES"]},
    "crm.activity.get": first("activities"),
    "crm.activity.add": activity,
    "crm.activity.update": with_fields("activities", DESCRIPTION="x"),
    "crm.activity.delete": first("activities"),
    "crm.type.get": first("smart_process_types", "id"),
    "crm.type.getByEntityTypeId": {"entityTypeId": 130},
    "crm.status.entity.items": {"entityId": "DEAL_STAGE"},
}

_ADMIN = "the demo webhook belongs to an administrator: nothing is access-denied"
_AMOUNTS = (
    *("price", "priceAccount", "priceExclusive", "priceNetto", "priceBrutto", "quantity", "discountSum"),
    "discountRate",
)
DEVIATIONS = {
    "crm.item.list": {"result.items.[].opportunity": WHY_WHOLE},
    "crm.item.update": {
        "result.item.opportunity": WHY_WHOLE,
        "result.item.taxValue": WHY_WHOLE,
        "result.item.ufCrm*": "samples hold fewer types of custom fields",
    },
    "crm.item.add": {
        "result.item.taxValue": WHY_WHOLE,
        "result.item.ufCrm*": "samples hold fewer types of custom fields",
    },
    "crm.item.get": {
        "result.item.ufCrm*": "samples hold fewer types of custom fields",
        "result.item.parentId*": "leads of the demo portal have no parents",
    },
}
DEVIATIONS |= {
    "crm.activity.list": {
        "result.[].SETTINGS": "a list when empty and an object otherwise",
        "result.[].PROVIDER_PARAMS": "as above",
        "time.operating_reset_at": "this one sample puts the number in quotes",
    },
    "crm.item.fields": {"result.each.mycompanyId.settings": "hints for the portal's own forms"},
    "crm.deal.productrows.get": dict.fromkeys(
        (f"result.[].{code}" for code in ("PRICE_BRUTTO", "PRICE_NETTO", "QUANTITY")), WHY_WHOLE
    ),
    **{
        f"crm.item.productrow.{verb}": dict.fromkeys(
            (f"result.{place}.{code}" for code in _AMOUNTS for place in ("productRow", "productRows.[]")),
            WHY_WHOLE,
        )
        for verb in ("list", "get", "add", "update", "set")
    },
}
ERROR_DEVIATIONS = {
    "crm.item.productrow.list": _ADMIN,
    "crm.item.productrow.fields": "a placeholder, not an error the method can give",
    "crm.activity.list": "the demo portal is served without https",
    "crm.activity.fields": _ADMIN,
    "crm.type.list": _ADMIN,
    "crm.type.fields": _ADMIN,
}
ERRORS = {
    "crm.item.list": {"entityTypeId": 2, "filter": {"FIELD": 1}},
    "crm.item.get": {"entityTypeId": 1, "id": 10**8},
    "crm.item.delete": {"entityTypeId": 2, "id": 10**8},
    **{
        f"crm.item.{verb}": {"entityTypeId": 9_999, "id": 1, "fields": {}, "data": []}
        for verb in ("fields", "add", "update", "import", "batchImport")
    },
    "crm.item.productrow.add": {"fields": {"ownerType": "D", "ownerId": 10**8}},
    "crm.item.productrow.set": {"ownerType": "D", "ownerId": 10**8, "productRows": []},
    **{f"crm.item.productrow.{verb}": {"id": 10**8, "fields": {}} for verb in ("get", "update", "delete")},
    "crm.deal.productrows.set": lambda portal: {
        **deal_with_rows(portal),
        "rows": [{"PRICE": 1, "DISCOUNT_TYPE_ID": 2, "DISCOUNT_RATE": 100}],
    },
    **{
        f"crm.deal.contact.{verb}": {"id": 10**8}
        for verb in ("items.get", "items.set", "items.delete", "add", "delete")
    },
    **{
        f"crm.{owner}.{other}.items.set": lambda portal, table=_TABLES[owner]: first(table)(portal)
        for owner, other in PAIRS[1:]
    },
    **{f"crm.activity.{verb}": {"id": 10**8, "fields": {}} for verb in ("get", "add", "update", "delete")},
}
