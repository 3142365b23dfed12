"""Customers, contacts that are there twice, and what was sold."""

import math
import re
from collections import defaultdict
from decimal import Decimal

from tests.transforms.reference.deals import fct_deal
from tests.transforms.reference.months import amount, with_status
from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, decimal, micro, reference, text, total

RECENT = ((30, 5), (60, 4), (90, 3), (180, 2))


def rpt_customer_rfm(portal: Portal) -> list[Row]:
    """Customers by how lately, how often and for how much they bought."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for deal in with_status(fct_deal(portal), "won"):
        if deal["customer_key"]:
            groups[deal["customer_key"]].append(deal)
    spent = {customer: amount(deals) for customer, deals in groups.items()}
    rows = []
    for customer, deals in groups.items():
        last = max((deal["closed_date"] for deal in deals if deal["closed_date"]), default=None)
        recency = (portal.today - last).days if last else None
        below = sum(other < spent[customer] for other in spent.values())
        rank = below / (len(spent) - 1) if len(spent) > 1 else 0.0
        rows.append(
            {
                "customer_key": customer,
                "frequency": len(deals),
                "monetary_base": spent[customer],
                "last_won_date": last,
                "recency_days": recency,
                "r_score": next((r for limit, r in RECENT if recency is not None and recency <= limit), 1),
                "f_score": min(5, len(deals)),
                "m_score": 1 + math.floor(4 * rank),
            }
        )
    return rows


def rpt_contact_duplicates(portal: Portal) -> list[Row]:
    """Numbers and addresses that two contacts or more have."""
    there = {row["id"] for row in portal.rows("contacts")}
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for point in portal.rows("contact_points"):
        kind = {"PHONE": "phone", "EMAIL": "email"}.get(point["type_id"])
        if kind is None or point["owner_type"] != "contact" or point["owner_id"] not in there:
            continue
        value = text(point["value"]) or ""
        key = phone(value, portal.country_code) if kind == "phone" else value.strip().lower()
        if key:
            found[kind, key].add(point["owner_id"])
    return [
        {
            "match_type": kind,
            "match_key": key,
            "contacts": len(contacts),
            "contact_ids": ",".join(str(contact) for contact in sorted(contacts)),
        }
        for (kind, key), contacts in found.items()
        if len(contacts) > 1
    ]


def phone(typed: str, country_code: str | None) -> str:
    """The digits of a number as one would dial it from abroad."""
    digits = re.sub(r"[^0-9]", "", typed)
    digits = digits.removeprefix("00")
    if len(digits) == 11 and digits.startswith("8"):
        digits = "7" + digits[1:]
    if digits.startswith("0") and country_code:
        digits = country_code + digits[1:]
    return digits


def rpt_product_sales(portal: Portal) -> list[Row]:
    """What won deals sold of each product; what somebody typed in is product 0."""
    won = {deal["deal_id"]: deal for deal in with_status(fct_deal(portal), "won")}
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in portal.rows("product_rows"):
        if row["owner_type"] == "D" and row["owner_id"] in won:
            groups[reference(row.get("product_id")) or 0].append(row)
    rows = []
    for product, sold in groups.items():
        last = max(sold, key=lambda row: int(row["id"]))
        rows.append(
            {
                "product_id": product,
                "product_name": text(last["product_name"]),
                "won_deals": len({row["owner_id"] for row in sold}),
                "quantity": total(decimal(row["quantity"]) for row in sold),
                "amount_base": total(
                    _in_base(portal, row, won[row["owner_id"]]["currency_id"]) for row in sold
                ),
            }
        )
    return rows


def _in_base(portal: Portal, row: Row, currency: str | None) -> Decimal | None:
    price, quantity = decimal(row["price"]), decimal(row["quantity"])
    rate = portal.rates.get(currency or "")
    return None if price is None or quantity is None or rate is None else micro(price * quantity * rate)
