"""Smart processes, the pipelines and stages of items, and the custom fields of items."""

from collections.abc import Sequence
from dataclasses import dataclass

from .seed_custom import CustomFields, definition
from .table import Row
from .zone import DAY, Zone

_SWITCHES = (
    *("isCategoriesEnabled", "isStagesEnabled", "isBeginCloseDatesEnabled", "isClientEnabled"),
    *("isUseInUserfieldEnabled", "isLinkWithProductsEnabled", "isMycompanyEnabled", "isDocumentsEnabled"),
    *("isSourceEnabled", "isObserversEnabled", "isRecyclebinEnabled", "isAutomationEnabled"),
    *("isBizProcEnabled", "isSetOpenPermissions", "isPaymentsEnabled", "isCountersEnabled"),
)
_PROCESSES = (
    (5, 130, "Installation order", "INSTALL", frozenset(("isPaymentsEnabled", "isCountersEnabled"))),
    (8, 177, "Сервисная заявка", "", frozenset(_SWITCHES) - {"isStagesEnabled", "isRecyclebinEnabled"}),
)
"""Id, entityTypeId, title, code and the switches that are off."""


@dataclass(frozen=True)
class ItemPipeline:
    """One pipeline of items; `listed` where crm.category.list has it."""

    id: int
    type_id: int
    name: str
    default: bool
    directory: str
    prefix: str
    listed: bool = True


PIPELINES = (
    ItemPipeline(5, 31, "General", True, "SMART_INVOICE_STAGE_5", "DT31_5"),
    ItemPipeline(7, 130, "General", True, "DYNAMIC_130_STAGE_7", "DT130_7"),
    ItemPipeline(9, 130, "Вторая воронка", False, "DYNAMIC_130_STAGE_9", "DT130_9"),
    ItemPipeline(11, 177, "General", True, "DYNAMIC_177_STAGE_11", "DT177_11", listed=False),
)
_INVOICE_STAGES = (("N", "New", ""), ("S", "Sent", ""), ("P", "Paid", "S"), ("D", "Not paid", "F"))
_STAGES = (
    *(("NEW", "Start", ""), ("PREPARATION", "Подготовка", ""), ("CLIENT", "With the client", "")),
    *(("SUCCESS", "Success", "S"), ("FAIL", "Failure", "F")),
)
_COLOURS = ("#22B9FF", "#88B9FF", "#10E5FC", "#00FF00", "#FF0000")


def stages_of(pipeline: ItemPipeline) -> tuple[tuple[str, str, str], ...]:
    """Give code, name and semantic (empty, S, F) of the stages in order."""
    stages = _INVOICE_STAGES if pipeline.type_id == 31 else _STAGES  # noqa: PLR2004  invoices
    return tuple((f"{pipeline.prefix}:{code}", name, semantic) for code, name, semantic in stages)


def smart_process_types(epoch: int, zone: Zone) -> list[Row]:
    """Give the rows of crm.type.list."""
    return [
        {
            "id": number,
            "title": title,
            "code": code,
            "createdBy": 1,
            "entityTypeId": type_id,
            "customSectionId": None,
            **{switch: "N" if switch in off else "Y" for switch in _SWITCHES},
            "createdTime": zone.text(epoch - 700 * DAY),
            "updatedTime": zone.text(epoch - 90 * DAY - type_id),
            "updatedBy": 1,
        }
        for number, type_id, title, code, off in _PROCESSES
    ]


def item_pipelines() -> list[Row]:
    """Give the rows of crm.category.list for invoices and smart processes, unlisted ones too."""
    return [
        {
            "id": one.id,
            "name": one.name,
            "sort": 500,
            "entityTypeId": one.type_id,
            "isDefault": "Y" if one.default else "N",
        }
        for one in PIPELINES
    ]


def item_stages(first_id: int) -> list[Row]:
    """Give the rows of crm.status.list for the stages of items; ids follow those of all other statuses."""
    rows: list[Row] = []
    for pipeline in PIPELINES:
        for place, (code, name, semantic) in enumerate(stages_of(pipeline)):
            system = code.rpartition(":")[2] in ("NEW", "SUCCESS", "FAIL", "N", "P", "D")
            rows.append(
                {
                    "ID": str(first_id + 2 * len(rows)),
                    "ENTITY_ID": pipeline.directory,
                    "STATUS_ID": code,
                    "NAME": name,
                    "NAME_INIT": name if system else "",
                    "SORT": str(10 * (place + 1)),
                    "SYSTEM": "Y" if system else "N",
                    "CATEGORY_ID": str(pipeline.id),
                    "COLOR": _COLOURS[place % len(_COLOURS)],
                    "SEMANTICS": semantic or None,
                }
            )
    return rows


_FIELDS = """
CRM_5 string UF_CRM_5_1700000101 N Serial number
CRM_5 enumeration UF_CRM_5_1700000102 Y Work steps
CRM_5 boolean UF_CRM_5_WARRANTY N Гарантия
CRM_5 date UF_CRM_5_1700000104 N Installed on
CRM_5 money UF_CRM_5_1700000105 N Budget
CRM_5 employee UF_CRM_5_DIGIT10 N Fitter
CRM_5 file UF_CRM_5_1700000107 N Report
CRM_5 double UF_CRM_5_1700000108 Y Readings
CRM_8 string UF_CRM_8_1700000201 N Причина обращения
CRM_8 enumeration UF_CRM_8_1700000202 N Priority
CRM_8 datetime UF_CRM_8_1700000203 N Visit at
CRM_SMART_INVOICE string UF_CRM_SMART_INVOICE_1700000301 N Purchase order
CRM_QUOTE integer UF_CRM_1700000401 N Validity, days
"""


def item_field_definitions() -> CustomFields:
    """Make the definitions of the custom fields of items."""
    return CustomFields(tuple(_defined(_FIELDS.strip().splitlines())))


def _defined(lines: Sequence[str]) -> list[Row]:
    return [
        definition(line, 2_001 + 2 * place, place, first_option=5_000 + 20 * place)
        for place, line in enumerate(lines)
    ]
