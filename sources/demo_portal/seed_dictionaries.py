"""Dictionaries of the demo portal: pipelines, stages, directories and currencies."""
# ruff: noqa: RUF001  texts in two scripts; shares of demo data are plain numbers

from dataclasses import dataclass

from .table import Row
from .zone import DAY, Zone

PIPELINES = (
    (0, "General", 100),
    (1, "Service contracts", 200),
    (3, "Оптовые продажи", 300),
    (12, "Partners 🤝", 400),
)
_STAGES: dict[int, tuple[tuple[str, str], ...]] = {
    0: (
        ("NEW", "New"),
        ("PREPARATION", "Offer prepared"),
        ("PREPAYMENT_INVOICE", "Prepayment invoice"),
        ("EXECUTING", "In progress"),
        ("FINAL_INVOICE", "Final invoice"),
    ),
    1: (
        ("NEW", "Request"),
        ("PREPARATION", "Quote sent"),
        ("EXECUTING", "Contract review"),
        ("UC_8KF2M1", "Signing"),
    ),
    3: (
        ("NEW", "Новая"),
        ("PREPARATION", "Переговоры"),
        ("PREPAYMENT_INVOICE", "Счёт выставлен"),
        ("EXECUTING", "Отгрузка"),
    ),
    12: (
        ("NEW", "Registered"),
        ("PREPARATION", "Qualified"),
        ("PREPAYMENT_INVOICE", "Approval"),
        ("EXECUTING", "Joint pitch"),
        ("FINAL_INVOICE", "Paperwork"),
        ("UC_Z3P77Q", "Waiting for partner"),
    ),
}
_FINALS = (("WON", "Won", "S"), ("LOSE", "Lost", "F"), ("APOLOGY", "Reason under analysis", "F"))
_COLOURS = ("#39A8EF", "#2FC6F6", "#55D0E0", "#47E4C2", "#FFA900", "#C2A6FF", "#7BD500", "#FF5752")
DELETED_STAGE = "C3:UC_OLD001"
_CODE_LENGTH = 21  # the portal cuts longer codes

_LEAD_STATUSES = (
    ("NEW", "Not processed", None),
    ("IN_PROCESS", "In progress", None),
    ("PROCESSED", "Processed", None),
    ("CONVERTED", "Converted", "S"),
    ("JUNK", "Junk lead", "F"),
    ("UC_DUPL", "Duplicate", "F"),
)
DIRECTORIES: dict[str, tuple[tuple[str, str], ...]] = {
    "SOURCE": (
        ("CALL", "Phone call"),
        ("EMAIL", "E-mail"),
        ("WEB", "Website"),
        ("ADVERTISING", "Advertising"),
        ("PARTNER", "Existing client"),
        ("RECOMMENDATION", "Recommendation"),
        ("TRADE_SHOW", "Trade fair"),
        ("WEBFORM", "CRM form"),
        ("CALLBACK", "Callback"),
        ("UC_1LBZ3K", "Маркетплейс"),
        ("OTHER", "Other"),
    ),
    "CONTACT_TYPE": (
        ("CLIENT", "Client"),
        ("SUPPLIER", "Supplier"),
        ("PARTNER", "Partner"),
        ("OTHER", "Other"),
    ),
    "COMPANY_TYPE": (
        ("CUSTOMER", "Customer"),
        ("SUPPLIER", "Supplier"),
        ("PARTNER", "Partner"),
        ("OTHER", "Other"),
    ),
    "EMPLOYEES": (("EMPLOYEES_1", "under 50"), ("EMPLOYEES_2", "50-250"), ("EMPLOYEES_3", "250-500")),
    "INDUSTRY": (("IT", "IT"), ("MANUFACTURING", "Manufacturing"), ("TRADE", "Торговля"), ("OTHER", "Other")),
    "DEAL_TYPE": (
        ("SALE", "Sale"),
        ("COMPLEX", "Integrated sale"),
        ("GOODS", "Goods"),
        ("SERVICES", "Services"),
    ),
    "HONORIFIC": (("HNR_EN_1", "Mr."), ("HNR_EN_2", "Mrs."), ("HNR_RU_1", "г-н")),
    "CALL_LIST": (("IN_WORK", "In progress"), ("SUCCESS", "Successful")),
    "QUOTE_STATUS": (
        ("DRAFT", "Draft"),
        ("SENT", "Sent"),
        ("APPROVED", "Accepted"),
        ("DECLAINED", "Declined"),
    ),
}
DIRECTORY_NAMES = {
    "STATUS": "Lead stages",
    "SOURCE": "Sources",
    "CONTACT_TYPE": "Contact types",
    "COMPANY_TYPE": "Company types",
    "EMPLOYEES": "Employees",
    "INDUSTRY": "Industries",
    "DEAL_TYPE": "Deal types",
    "HONORIFIC": "Salutations",
    "CALL_LIST": "Call statuses",
    "QUOTE_STATUS": "Estimate stages",
}
RATES = {"EUR": 1.0, "USD": 0.9217, "RUB": 0.01035, "PLN": 0.2331, "JPY": 0.00612}
"""What a unit of each currency is worth in the base currency, as `currencies` tells it."""
_QUOTE_ENDS = {"APPROVED": "S", "DECLAINED": "F"}
_EXTRA = {None: "process", "S": "success", "F": "failure"}


@dataclass(frozen=True)
class Stage:
    """One stage of a pipeline."""

    code: str
    category: int
    semantic: str
    place: int


def stages_of(pipeline: int) -> tuple[Stage, ...]:
    """Give the stages of a pipeline in order: those in progress, then won, lost and under analysis."""
    prefix = f"C{pipeline}:" if pipeline else ""
    rows = [(code, "P") for code, _ in _STAGES[pipeline]] + [
        (code, semantic) for code, _, semantic in _FINALS
    ]
    return tuple(
        Stage((prefix + code)[:_CODE_LENGTH], pipeline, semantic, place)
        for place, (code, semantic) in enumerate(rows)
    )


def directory_of(pipeline: int) -> str:
    """Name the directory that holds the stages of a pipeline."""
    return f"DEAL_STAGE_{pipeline}" if pipeline else "DEAL_STAGE"


def pipelines() -> list[Row]:
    """Give the rows of crm.category.list for deals."""
    rows: list[Row] = []
    for number, name, sort in PIPELINES:
        row: Row = {
            "id": number,
            "name": name,
            "sort": sort,
            "entityTypeId": 2,
            "isDefault": "N" if number else "Y",
        }
        if number:
            row |= {"originId": "", "originatorId": ""}
        rows.append(row)
    return rows


def statuses() -> list[Row]:
    """Give the rows of crm.status.list over all directories."""
    rows: list[Row] = []

    def add(
        entity: str, code: str, name: str, semantic: str | None, category: int | None, *, staged: bool
    ) -> None:
        sort = 10 + 10 * sum(row["ENTITY_ID"] == entity for row in rows)
        colour = _COLOURS[len(rows) % len(_COLOURS)] if staged else ""
        system = (
            "Y"
            if code.rpartition(":")[2] in ("NEW", "WON", "LOSE", "CONVERTED", "JUNK", "CALL", "EMAIL")
            else "N"
        )
        row: Row = {
            "ID": str(1 + 2 * len(rows)),
            "ENTITY_ID": entity,
            "STATUS_ID": code,
            "NAME": name,
            "NAME_INIT": name if system == "Y" else "",
            "SORT": str(sort),
            "SYSTEM": system,
            "CATEGORY_ID": str(category) if category else None,
            "COLOR": colour,
            "SEMANTICS": semantic,
        }
        if staged:
            meaning = "apology" if code.endswith("APOLOGY") else _EXTRA[semantic]
            row["EXTRA"] = {"SEMANTICS": meaning, "COLOR": colour}
        rows.append(row)

    for code, name, semantic in _LEAD_STATUSES:
        add("STATUS", code, name, semantic, None, staged=True)
    for entity, entries in DIRECTORIES.items():
        for code, name in entries:
            add(entity, code, name, _QUOTE_ENDS.get(code), None, staged=entity == "QUOTE_STATUS")
    for number, _, _ in PIPELINES:
        names = [name for _, name in _STAGES[number]] + [name for _, name, _ in _FINALS]
        for stage, name in zip(stages_of(number), names, strict=True):
            semantic = None if stage.semantic == "P" else stage.semantic
            add(directory_of(number), stage.code, name, semantic, number or None, staged=True)
    return rows


def currencies(epoch: int, zone: Zone) -> list[Row]:
    """Give the rows of crm.currency.list; GBP, in which a few deals are, is missing on purpose."""
    rates = (
        ("EUR", "Euro", "1.0000", "1", "Y", "2", "# &euro;"),
        ("USD", "US Dollar", "0.9217", "1", "N", "2", "$#"),
        ("RUB", "Российский рубль", "1.0350", "100", "N", "2", "# &#8381;"),
        ("PLN", "Złoty", "23.3100", "100", "N", "2", "# zł"),
        ("JPY", "Yen", "6.1200", "1000", "N", "0", "¥#"),
    )
    return [
        {
            "CURRENCY": code,
            "AMOUNT_CNT": count,
            "AMOUNT": amount,
            "SORT": str(100 * (index + 1)),
            "BASE": base,
            "FULL_NAME": name,
            "LID": "de",
            "FORMAT_STRING": pattern,
            "DEC_POINT": ".",
            "THOUSANDS_SEP": None if code == "USD" else "&nbsp;",
            "DECIMALS": decimals,
            "DATE_UPDATE": zone.text(epoch - (index + 3) * 20 * DAY),
        }
        for index, (code, name, amount, count, base, decimals, pattern) in enumerate(rates)
    ]
