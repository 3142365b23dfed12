"""What can be written into the fields of a target, as the portal describes them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal

Kind = Literal[
    "text",
    "integer",
    "decimal",
    "double",
    "money",
    "date",
    "datetime",
    "boolean",
    "enumeration",
    "status",
    "user",
    "multifield",
    "crm",
    "file",
    "json",
]
"""How values of a field are understood, compared and sent."""

_NONE: Final[Mapping[str, str]] = MappingProxyType({})

# API.md 10.4 and 12.4. What is not named is text: string, url, address.
_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "integer": "integer",
        "crm_lead": "integer",
        "crm_deal": "integer",
        "crm_contact": "integer",
        "crm_company": "integer",
        "crm_quote": "integer",
        "crm_category": "integer",
        "crm_entity": "integer",
        "iblock_section": "integer",
        "iblock_element": "integer",
        "user": "user",
        "employee": "user",
        "double": "decimal",
        "money": "money",
        "date": "date",
        "datetime": "datetime",
        "boolean": "boolean",
        "char": "boolean",
        "crm_status": "status",
        "crm_currency": "status",
        "enumeration": "enumeration",
        "crm_multifield": "multifield",
        "crm": "crm",
        "file": "file",
    }
)


@dataclass(frozen=True)
class FieldSpec:
    """One field of a target.

    Args:
        code: as the method takes it.
        kind: how its values are understood.
        label: what the portal calls it.
        required: a new record needs it.
        read_only: the portal sets it itself and drops what is sent.
        immutable: it can be set at creation only.
        multiple: it holds a list.
        options: id -> label of what it may hold: options of a list, statuses, currencies; users, whose label
            is `Ivan Petrov <ivan@example.com>`, or without the part in brackets where no e-mail is known.
        option_groups: of a stage: its id -> the id of the pipeline it belongs to.
    """

    code: str
    kind: Kind
    label: str = ""
    required: bool = False
    read_only: bool = False
    multiple: bool = False
    options: Mapping[str, str] = field(default_factory=lambda: _NONE)
    option_groups: Mapping[str, str] = field(default_factory=lambda: _NONE)
    immutable: bool = False


@dataclass(frozen=True)
class Dictionaries:
    """What a portal's codes mean: the dictionaries that fields refer to."""

    users: Mapping[str, str] = field(default_factory=lambda: _NONE)
    statuses: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Directory -> status id -> label."""
    currencies: Mapping[str, str] = field(default_factory=lambda: _NONE)
    pipelines: Mapping[str, str] = field(default_factory=lambda: _NONE)
    enumerations: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Custom field -> option id -> label."""
    base_currency: str = ""

    def stages(self, prefix: str) -> tuple[dict[str, str], dict[str, str]]:
        """Labels and pipelines of all stages of an object whose directories begin with this prefix."""
        labels: dict[str, str] = {}
        groups: dict[str, str] = {}
        for directory, entries in self.statuses.items():
            if directory == prefix or directory.startswith(f"{prefix}_"):
                tail = directory.rpartition("_")[2] if directory != prefix else "0"
                labels |= entries
                groups |= dict.fromkeys(entries, tail)
        return labels, groups


def users_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Rows of `user.get` as id -> label."""
    labels: dict[str, str] = {}
    for row in rows:
        name = " ".join(part for part in (row.get("NAME"), row.get("LAST_NAME")) if part) or str(row["ID"])
        labels[str(row["ID"])] = f"{name} <{row['EMAIL']}>" if row.get("EMAIL") else name
    return labels


def statuses_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Rows of `crm.status.list` as directory -> status id -> label."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(str(row["ENTITY_ID"]), {})[str(row["STATUS_ID"])] = str(row.get("NAME") or "")
    return found


def enumerations_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Rows of `crm.*.userfield.list` as field -> option id -> label."""
    return {
        str(row["FIELD_NAME"]): {str(option["ID"]): str(option["VALUE"]) for option in row.get("LIST") or ()}
        for row in rows
        if row.get("USER_TYPE_ID") == "enumeration"
    }


def crm_specs(
    described: Mapping[str, Mapping[str, Any]], known: Dictionaries, stages: Mapping[str, str]
) -> dict[str, FieldSpec]:
    """FieldSpecs from the answer of a `crm.*.fields` method.

    Args:
        described: field -> description.
        known: the portal's dictionaries.
        stages: fields that hold a stage -> the prefix of their directories, such as STAGE_ID -> DEAL_STAGE.
    """
    return {code: _crm_spec(code, entry, known, stages) for code, entry in described.items()}


def _crm_spec(
    code: str, entry: Mapping[str, Any], known: Dictionaries, stages: Mapping[str, str]
) -> FieldSpec:
    kind = _KINDS.get(str(entry.get("type")), "text")
    custom = code.startswith("UF_")
    if kind == "decimal" and custom:
        kind = "double"
    options: Mapping[str, str] = _NONE
    groups: Mapping[str, str] = _NONE
    if code in stages:
        kind = "status"
        options, groups = known.stages(stages[code])
    elif entry.get("type") == "crm_currency":
        options = known.currencies
    elif kind == "status":
        directory = entry.get("statusType") or dict(entry.get("settings") or {}).get("ENTITY_TYPE")
        options = known.statuses.get(str(directory), _NONE)
    elif kind == "user":
        options = known.users
    elif kind == "enumeration":
        items = {str(item["ID"]): str(item["VALUE"]) for item in entry.get("items") or ()}
        options = items or known.enumerations.get(code, _NONE)
    return FieldSpec(
        code,
        kind,
        _label(code, entry),
        required=bool(entry.get("isRequired")),
        read_only=bool(entry.get("isReadOnly")),
        multiple=bool(entry.get("isMultiple")) and kind != "multifield",
        options=options,
        option_groups=groups,
        immutable=bool(entry.get("isImmutable")),
    )


def _label(code: str, entry: Mapping[str, Any]) -> str:
    for name in ("listLabel", "formLabel", "filterLabel", "title"):
        if entry.get(name):
            return str(entry[name])
    return code
