"""A plan in words: what it will change, what it leaves out, what it will cost."""

from typing import TYPE_CHECKING, Final

from pipelines.writeback.forecast import changed_fields
from pipelines.writeback.plan import by_action

if TYPE_CHECKING:
    from pipelines.writeback.plan import Plan

_VERBS: Final = {
    "update": "update",
    "add": "create",
    "delete": "delete",
    "set": "replace",
    "complete": "complete",
    "renew": "reopen",
    "start": "start",
    "defer": "defer",
}
_MOST_FIELDS: Final = 8
_MOST_TOLD: Final = 10


def summary_of(plan: "Plan") -> str:
    """The lines that `b24 plan` prints."""
    header, counts = plan.header, plan.counts
    actions = by_action(plan.operations)
    does = ", ".join(f"{_VERBS[action]} {count:,}" for action, count in actions.items()) or "nothing to do"
    lines = [f"{header['target']}: {does}; {counts['unchanged']:,} rows are as the portal has them"]
    fields = changed_fields(each for each in plan.operations if each.status == "planned")
    if fields:
        labels = header["labels"]
        named = [
            f"{code} ({labels[code]}) {count:,}" if labels.get(code, code) != code else f"{code} {count:,}"
            for code, count in list(fields.items())[:_MOST_FIELDS]
        ]
        more = len(fields) - _MOST_FIELDS
        lines.append("fields: " + ", ".join(named) + (f", and {more} more" if more > 0 else ""))
    if header["clears"]:
        lines.append(f"empties {header['clears']:,} fields that had a value when they were exported")
    lines += _left_out(plan)
    cost = header["forecast"]
    if actions:
        lines.append(
            f"about {cost['requests']:,} requests, {cost['server_seconds']:,.0f} server seconds, "
            f"{cost['minutes']:,.0f} min at the speed of the documentation's samples"
        )
    if cost["automation"]:
        lines.append(f"{cost['automation']:,} records may start robots and workflows")
    lines += [f"note: {text}" for text in header["notes"]]
    lines += [f"warning: {text}" for text in header["warnings"][:_MOST_TOLD]]
    return "\n".join(lines)


def _left_out(plan: "Plan") -> list[str]:
    lines = []
    for status, what in (("conflict", "changed on both sides"), ("skipped", "skipped")):
        rows = [each for each in plan.operations if each.status == status]
        if rows:
            lines.append(f"{len(rows):,} rows are left out, {what}:")
            lines += [
                f"  {f'row {each.row}' if each.row else each.id} {each.title}: {each.reason}"
                for each in rows[:_MOST_TOLD]
            ]
    problems = plan.header["problems"]
    if problems:
        lines.append(f"{len(problems):,} cells cannot be used, and their rows are left out:")
        lines += [
            f"  row {each['row']}, column {each['column']}: {each['value']!r} {each['message']}"
            for each in problems[:_MOST_TOLD]
        ]
    return lines
