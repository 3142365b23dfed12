"""Field descriptions of the CRM objects, as `crm.*.fields` answers them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_PARENTS = {"crm_lead": 1, "crm_company": 4, "crm_quote": 7}
_INTEGERS = frozenset(
    {"integer", "user", "employee", "enumeration", "iblock_section", "iblock_element", "file", "crm_category"}
    | {f"crm_enum_{name}" for name in ("ownertype", "activitytype", "activitystatus", "activitypriority")}
    | {f"crm_enum_{name}" for name in ("activitynotifytype", "contenttype", "activitydirection")}
    | {"crm_lead", "crm_deal", "crm_contact", "crm_company", "crm_quote", "crm_entity"}
)


@dataclass(frozen=True)
class Field:
    """One field of a CRM object."""

    code: str
    type: str
    title: str
    status_type: str = ""
    read_only: bool = False
    immutable: bool = False
    required: bool = False
    multiple: bool = False
    deprecated: bool = False
    in_rows: bool = True
    settings: dict[str, object] | list[object] = field(default_factory=dict)
    label: str = ""
    listed: bool = True
    items: tuple[dict[str, object], ...] = ()

    @property
    def custom(self) -> bool:
        """Tell custom fields by their name."""
        return self.code.startswith("UF_")

    @property
    def multifield(self) -> bool:
        """Tell phones, e-mails and their like."""
        return self.type == "crm_multifield"

    @property
    def kind(self) -> str:
        """Say how filters compare the field: number, moment, day, flag or text."""
        if self.type in _INTEGERS:
            return "integer"
        kinds = {"double": "number", "datetime": "moment", "date": "day", "boolean": "flag"}
        return kinds.get(self.type, "text")

    def described(self) -> dict[str, object]:
        """Give the entry of `crm.*.fields`."""
        entry: dict[str, object] = {
            "type": self.type,
            "isRequired": self.required,
            "isReadOnly": self.read_only,
            "isImmutable": self.immutable,
            "isMultiple": self.multiple,
            "isDynamic": self.custom,
        }
        if self.deprecated:
            entry["isDeprecated"] = True
        if self.status_type:
            entry["statusType"] = self.status_type
        entry["title"] = self.code if self.custom else self.title
        if self.custom:
            entry |= {"listLabel": self.label, "formLabel": self.label, "filterLabel": self.label}
        if self.custom or self.settings:
            entry["settings"] = self.settings
        return entry


def read_fields(table: str) -> tuple[Field, ...]:
    """Read a table of lines `CODE type[:directory] flags Title`.

    Flags: r read-only, i immutable, q required, m multiple, d deprecated, x not in rows,
    h not in `fields`, - none.
    """
    return tuple(_read_field(line) for line in table.strip().splitlines())


def _read_field(line: str) -> Field:
    code, type_text, flags, title = line.split(maxsplit=3)
    type_name, _, directory = type_text.partition(":")
    settings: dict[str, object] = {}
    if type_name in _PARENTS and "m" not in flags:
        settings = {"parentEntityTypeId": _PARENTS[type_name]}
    if type_name == "crm_entity":
        settings = {"parentEntityTypeId": int(directory)}
        directory = ""
    return Field(
        code=code,
        type=type_name,
        title=title,
        status_type=directory,
        read_only="r" in flags,
        immutable="i" in flags,
        required="q" in flags,
        multiple="m" in flags,
        deprecated="d" in flags,
        in_rows="x" not in flags,
        settings=settings,
        listed="h" not in flags,
    )


def label_text(label: object, language: str = "de") -> str:
    """Give a label in one language; where it is kept by language, any one that is not empty will do."""
    if not isinstance(label, Mapping):
        return str(label or "")
    texts = [label.get(language), *label.values()]
    return next((str(text) for text in texts if text), "")


def custom_field(row: Mapping[str, object]) -> Field:
    """Describe a custom field from its definition."""
    settings = row.get("SETTINGS")
    options = row.get("LIST")
    return Field(
        code=str(row["FIELD_NAME"]),
        type=str(row.get("USER_TYPE_ID", "string")),
        title=str(row["FIELD_NAME"]),
        required=row.get("MANDATORY") == "Y",
        multiple=row.get("MULTIPLE") == "Y",
        settings=settings if isinstance(settings, dict | list) else {},
        label=label_text(row.get("EDIT_FORM_LABEL")) or str(row["FIELD_NAME"]),
        items=tuple({"ID": one["ID"], "VALUE": one["VALUE"]} for one in options)
        if isinstance(options, list)
        else (),
    )
