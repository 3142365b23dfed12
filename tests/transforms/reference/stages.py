"""Pipelines, stages, and the rows of deals and their histories that count."""

import re
from collections import defaultdict
from functools import cache

from tests.transforms.reference.portal import Portal
from tests.transforms.reference.values import Row, flag, instant, number, parsed, text

FROM_EXTRA = {"success": "S", "failure": "F", "apology": "F"}


@cache
def deal_rows(portal: Portal) -> list[Row]:
    """The raw deals that the portal has, without templates of recurring ones."""
    return [row for row in portal.rows("deals") if not flag(row.get("is_recurring"))]


@cache
def visit_rows(portal: Portal) -> dict[int, list[Row]]:
    """The raw visits of each of these deals by time, then id."""
    visits: dict[int, list[Row]] = {row["id"]: [] for row in deal_rows(portal)}
    for row in portal.rows("deal_stage_history"):
        if row["owner_id"] in visits:
            visits[row["owner_id"]].append(row)
    return {
        deal: sorted(rows, key=lambda row: (instant(row["created_time"]), row["id"]))
        for deal, rows in visits.items()
    }


def category_of(row: Row) -> int:
    """The pipeline of a deal or visit, read from its stage code where it is missing."""
    category = number(row.get("category_id"))
    if category is not None:
        return category
    found = re.match(r"C(\d+):", row.get("stage_id") or "")
    return int(found[1]) if found else 0


def semantic_of(row: Row) -> str | None:
    """P, S or F where the row says so."""
    return text(row.get("stage_semantic_id"))


@cache
def dim_stage(portal: Portal) -> list[Row]:
    """The stages of the directories, and those that deals and visits still name."""
    stages: dict[tuple[int, str], Row] = {}
    for row in portal.rows("statuses"):
        found = re.fullmatch(r"DEAL_STAGE(?:_(\d+))?", row["entity_id"])
        if found:
            extra = (parsed(row.get("extra")) or {}).get("SEMANTICS")
            key = (int(found[1] or 0), row["status_id"])
            stages[key] = {
                "stage_name": text(row["name"]),
                "stage_sort": number(row["sort"]),
                "semantic": text(row.get("semantics")) or FROM_EXTRA.get(extra, "P"),
                "is_inferred": False,
            }
    visits = [visit for rows in visit_rows(portal).values() for visit in rows]
    said: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in [*deal_rows(portal), *visits]:
        if text(row.get("stage_id")):
            said[category_of(row), row["stage_id"]].add(semantic_of(row) or "P")
    for key, semantics in said.items():
        inferred = {"stage_name": f"(deleted) {key[1]}", "stage_sort": None, "is_inferred": True}
        stages.setdefault(key, {**inferred, "semantic": max(semantics - {"P"}, default="P")})
    return [{"category_id": of, "stage_id": code, **stage} for (of, code), stage in stages.items()]


@cache
def stages_by_key(portal: Portal) -> dict[tuple[int, str], Row]:
    """Stages by pipeline and code."""
    return {(row["category_id"], row["stage_id"]): row for row in dim_stage(portal)}


@cache
def steps(portal: Portal) -> dict[int, list[Row]]:
    """The steps of each pipeline's funnel: listed stages P and S by sort."""
    found: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(dim_stage(portal), key=lambda row: (row["stage_sort"] or 0, row["stage_id"])):
        if row["semantic"] in "PS" and row["stage_sort"] is not None:
            found[row["category_id"]].append(row)
    return found


def places(portal: Portal, category: int) -> dict[str, int]:
    """Where each step of a pipeline stands, from 0."""
    return {row["stage_id"]: place for place, row in enumerate(steps(portal).get(category, []))}
