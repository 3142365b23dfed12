"""Product rows of deals, leads and items: prices follow from each other, amounts from rows."""

from collections.abc import Callable, Mapping, Sequence

from . import php
from .records import Records
from .table import Row, Table

PERCENT, ABSOLUTE = 2, 1
PIECE = (796, "pcs")
PRODUCTS: Mapping[int, tuple[str, int, str]] = {
    450: ("Office chair «Atlas»", *PIECE),
    451: ("Доставка по городу", 356, "h"),
    455: ("Licence, 1 year", *PIECE),
    460: ('Monitor 27" / 4K', *PIECE),
    462: ("Packaging & labels", 112, "l"),
    470: ("Schulung (Tag)", 356, "h"),
    471: ("Кабель ВВГ 3x1,5", 6, "m"),
    480: ("Coffee beans ☕", 166, "kg"),
}
"""Products of the catalogue: name and unit; a row may name others, that were deleted since."""
WRITABLE = (
    *("productId", "productName", "price", "quantity", "discountTypeId", "discountRate", "discountSum"),
    *("taxRate", "taxIncluded", "measureCode", "measureName", "sort"),
)


class ProductRows(Records):
    """All product rows of the portal; `changed(ownerType, ownerId)` is told whose rows changed."""

    def __init__(
        self,
        table: Table,
        account: Callable[[str, int, float], float],
        changed: Callable[[str, int], object],
    ) -> None:
        super().__init__(table, "id", bare=True)
        self._account = account
        self._changed = changed

    def of(self, owner_type: str, owner_id: int) -> list[Row]:
        """Give the rows of one owner by `sort`."""
        found = [self.table.get(number) for number in self.table.where_number("ownerId", owner_id)]
        mine = [row for row in found if row is not None and row["ownerType"] == owner_type]
        return sorted(mine, key=lambda row: (php.to_int(row["sort"]), php.to_int(row["id"])))

    def total(self, owner_type: str, owner_id: int) -> float | None:
        """Add up the rows of one owner; None where there are none."""
        rows = self.of(owner_type, owner_id)
        if not rows:
            return None
        return round(sum(php.to_float(row["price"]) * php.to_float(row["quantity"]) for row in rows), 2)

    def add(self, fields: Mapping[str, object]) -> int:
        """Add a row; what is not named is worked out."""
        number = php.to_int(fields.get("id")) or self.table.next_id()
        row: Row = {
            "id": number,
            "ownerId": php.to_int(fields.get("ownerId")),
            "ownerType": php.to_text(fields.get("ownerType")),
        }
        self.table.put(self._completed(row, fields))
        self._tell(row)
        return number

    def update(self, row_id: int | str, fields: Mapping[str, object]) -> None:
        """Change a row and all that follows from it; its owner stays."""
        row = self.table.get(int(row_id))
        if row is None:
            raise KeyError(row_id)
        self.table.put(self._completed(row, fields))
        self._tell(row)

    def delete(self, row_id: int | str) -> None:
        """Delete a row."""
        row = self.table.get(int(row_id))
        super().delete(row_id)
        self._tell(row or {})

    def replace(self, owner_type: str, owner_id: int, rows: Sequence[Mapping[str, object]]) -> list[Row]:
        """Set the rows of an owner: those sent with their id are changed, others come anew, the rest goes."""
        before = {php.to_int(row["id"]): row for row in self.of(owner_type, owner_id)}
        kept = []
        for fields in rows:
            number = php.to_int(fields.get("id"))
            if number not in before:
                number = self.table.next_id()
            start = before.pop(number, {"id": number, "ownerId": owner_id, "ownerType": owner_type})
            self.table.put(self._completed(start, fields))
            kept.append(number)
        for number in before:
            self.table.remove(number)
        self._changed(owner_type, owner_id)
        return [row for row in map(self.table.get, kept) if row is not None]

    def forget(self, owner_type: str, owner_id: int) -> None:
        """Drop the rows of a deleted owner."""
        for row in self.of(owner_type, owner_id):
            self.table.remove(php.to_int(row["id"]))

    def _tell(self, row: Mapping[str, object]) -> None:
        self._changed(php.to_text(row.get("ownerType")), php.to_int(row.get("ownerId")))

    def _completed(self, row: Row, sent: Mapping[str, object]) -> Row:
        fields = {**row, **{code: sent[code] for code in WRITABLE if code in sent}}
        product = php.to_int(fields.get("productId"))
        name, code, unit = PRODUCTS.get(product, (f"[{fields['id']}]", *PIECE))
        if "productId" in sent and "productName" not in sent and product in PRODUCTS:
            fields["productName"] = name
        prices = priced(fields)
        owner = (php.to_text(row["ownerType"]), php.to_int(row["ownerId"]))
        return {
            "id": fields["id"],
            "ownerId": owner[1],
            "ownerType": owner[0],
            "productId": product,
            "productName": php.to_text(fields.get("productName")) or name,
            "price": prices["price"],
            "priceAccount": number(self._account(*owner, php.to_float(prices["price"]))),
            **{code: prices[code] for code in ("priceExclusive", "priceNetto", "priceBrutto")},
            "quantity": number(php.to_float(fields.get("quantity", 1))),
            **{code: prices[code] for code in ("discountTypeId", "discountRate", "discountSum", "taxRate")},
            "taxIncluded": "Y" if fields.get("taxIncluded") == "Y" else "N",
            "customized": "Y",
            "measureCode": php.to_int(fields.get("measureCode", code)),
            "measureName": php.to_text(fields.get("measureName", unit)),
            "sort": php.to_int(fields.get("sort")),
            "xmlId": fields.get("xmlId", ""),
            "type": fields.get("type", 4 if product in PRODUCTS else 1),
            "storeId": fields.get("storeId"),
        }


def priced(fields: Mapping[str, object]) -> Row:
    """Work out from the final price: without tax, before the discount, before it with tax, the discount."""
    price = php.to_float(fields.get("price"))
    tax = fields.get("taxRate")
    rate = php.to_float(tax)
    exclusive = round(price / (1 + rate / 100), 2)
    kind = php.to_int(fields.get("discountTypeId")) or PERCENT
    percent, amount = php.to_float(fields.get("discountRate")), php.to_float(fields.get("discountSum"))
    if kind == ABSOLUTE:
        netto = exclusive + amount
        percent = round(100 * amount / netto, 2) if netto else 0.0
    elif percent < 100:  # noqa: PLR2004  a full discount leaves nothing to work from: its amount is given
        netto = round(exclusive / (1 - percent / 100), 2)
        amount = netto - exclusive
    else:
        netto = exclusive + amount
    return {
        "price": number(price),
        "priceExclusive": number(exclusive),
        "priceNetto": number(netto),
        "priceBrutto": number(netto * (1 + rate / 100)),
        "discountTypeId": kind,
        "discountRate": number(percent),
        "discountSum": number(amount),
        "taxRate": None if tax in (None, "") else number(rate),
    }


def number(value: float) -> int | float:
    """Give an amount as JSON shows it: without a decimal point where it is whole."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


def classic_row(row: Mapping[str, object]) -> Row:
    """Show a row as crm.deal.productrows.get does: upper case, ids and one amount as texts."""
    return {
        "ID": str(row["id"]),
        "OWNER_ID": str(row["ownerId"]),
        "OWNER_TYPE": row["ownerType"],
        "PRODUCT_ID": row["productId"],
        "PRODUCT_NAME": row["productName"],
        "ORIGINAL_PRODUCT_NAME": row["productName"],
        "PRODUCT_DESCRIPTION": None,
        "PRICE": row["price"],
        "PRICE_EXCLUSIVE": row["priceExclusive"],
        "PRICE_NETTO": row["priceNetto"],
        "PRICE_BRUTTO": row["priceBrutto"],
        "PRICE_ACCOUNT": f"{php.to_float(row['priceAccount']):.2f}",
        "QUANTITY": row["quantity"],
        "DISCOUNT_TYPE_ID": row["discountTypeId"],
        "DISCOUNT_RATE": row["discountRate"],
        "DISCOUNT_SUM": row["discountSum"],
        "TAX_RATE": row["taxRate"],
        "TAX_INCLUDED": row["taxIncluded"],
        "CUSTOMIZED": row["customized"],
        "MEASURE_CODE": row["measureCode"],
        "MEASURE_NAME": row["measureName"],
        "SORT": row["sort"],
        "XML_ID": row["xmlId"],
        "TYPE": row["type"],
        "STORE_ID": row["storeId"],
        "RESERVE_ID": None,
        "DATE_RESERVE_END": None,
        "RESERVE_QUANTITY": None,
    }
