"""The definitions of the reports in plain Python, from raw rows; shares nothing with the models."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
Cell = Any  # what a cell of a table may hold
Row = dict[str, Cell]
Tables = dict[str, list[Row]]


def _live(rows: Iterable[Row]) -> list[Row]:
    return [row for row in rows if not row.get("_deleted_at")]


def _text(value: Cell) -> Cell:
    return None if value in ("", "false", "[]", "{}") else value


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value).astimezone(UTC) if value else None


def _local(value: datetime | None) -> date | None:
    return value.astimezone(BERLIN).date() if value else None


def _days(later: datetime | None, earlier: datetime | None) -> float | None:
    return (later - earlier).total_seconds() / 86400 if later and earlier else None


def _midnight(text: str | None) -> date | None:
    """The midnight of the wall clock that is nearest."""
    if not _text(text):
        return None
    wall = datetime.fromisoformat(str(text)[:19])
    before = datetime(wall.year, wall.month, wall.day)  # noqa: DTZ001 - a wall clock
    return (before if wall - before <= timedelta(hours=12) else before + timedelta(days=1)).date()


class Portal:
    """The definitions once more, from the raw rows."""

    def __init__(self, tables: Tables, as_of: datetime) -> None:
        self.tables = tables
        self.as_of = as_of
        self.raw_deals = [deal for deal in _live(tables["deals"]) if deal["is_recurring"] != "Y"]
        self.stages = self._stages()
        self.visits = self._visits()
        self.deals = [self._deal(deal) for deal in self.raw_deals]

    @staticmethod
    def category(row: Row) -> int:
        """The pipeline, from the stage code where it is missing."""
        if row["category_id"] is not None:
            return int(row["category_id"])
        found = re.match(r"C(\d+):", row["stage_id"])
        return int(found[1]) if found else 0

    def _stages(self) -> dict[tuple[int, str], Row]:
        stages: dict[tuple[int, str], Row] = {}
        for status in _live(self.tables["statuses"]):
            found = re.fullmatch(r"DEAL_STAGE(?:_(\d+))?", status["entity_id"])
            if not found:
                continue
            extra = re.search(r'"SEMANTICS":"(\w+)"', status["extra"] or "")
            from_extra = {"success": "S", "failure": "F", "apology": "F"}.get(extra[1] if extra else "", "P")
            stages[int(found[1] or 0), status["status_id"]] = {
                "stage_name": status["name"],
                "stage_sort": status["sort"],
                "semantic": status["semantics"] or from_extra,
                "is_inferred": False,
            }
        deals = {deal["id"] for deal in self.raw_deals}
        history = [visit for visit in self.tables["deal_stage_history"] if visit["owner_id"] in deals]
        for row in [*self.raw_deals, *history]:
            stages.setdefault(
                (self.category(row), row["stage_id"]),
                {
                    "stage_name": f"(deleted) {row['stage_id']}",
                    "stage_sort": None,
                    "semantic": row["stage_semantic_id"] or "P",
                    "is_inferred": True,
                },
            )
        return stages

    def steps(self, category: int) -> list[str]:
        """The P and S stages of a pipeline by sort."""
        found = [
            (stage["stage_sort"], code)
            for (of, code), stage in self.stages.items()
            if of == category and stage["semantic"] in "PS" and not stage["is_inferred"]
        ]
        return [code for _, code in sorted(found)]

    def _visits(self) -> dict[int, list[Row]]:
        visits: dict[int, list[Row]] = defaultdict(list)
        for visit in _live(self.tables["deal_stage_history"]):
            visits[visit["owner_id"]].append(visit)
        return {
            deal: sorted(rows, key=lambda row: (_time(row["created_time"]), row["id"]))
            for deal, rows in visits.items()
        }

    def rate(self, currency: str) -> Decimal | None:
        """AMOUNT over AMOUNT_CNT."""
        for row in self.tables["currencies"]:
            if row["currency"] == currency and row["amount"] is not None:
                return Decimal(row["amount"]) / row["amount_cnt"]
        return None

    def _deal(self, deal: Row) -> Row:
        category = self.category(deal)
        visits = self.visits.get(deal["id"], [])
        semantic = _text(deal["stage_semantic_id"]) or self.stages[category, deal["stage_id"]]["semantic"]
        status = {"S": "won", "F": "lost"}.get(semantic, "open")
        created = _time(deal["date_create"])
        closed = None
        if status != "open":
            known = bool(visits) and visits[-1]["stage_id"] == deal["stage_id"]
            closed = _time(visits[-1]["created_time"]) if known else _time(deal["moved_time"])
        leads = {lead["id"]: lead["source_id"] for lead in _live(self.tables["leads"])}
        customers = [(kind, deal.get(f"{kind}_id")) for kind in ("company", "contact")]
        rate = self.rate(deal["currency_id"])
        amount = None if deal["opportunity"] is None else Decimal(deal["opportunity"])
        steps = self.steps(category)
        reached = [steps.index(visit["stage_id"]) for visit in visits if visit["stage_id"] in steps]
        if status == "won":
            reached.append(len(steps) - 1)
        return {
            "deal_id": deal["id"],
            "category_id": category,
            "stage_id": deal["stage_id"],
            "stage_semantic": semantic,
            "status": status,
            "owner_user_id": deal["assigned_by_id"] or None,
            "customer_key": next((f"{kind}:{number}" for kind, number in customers if number), None),
            "lead_id": deal.get("lead_id") or None,
            "source_id": _text(deal.get("source_id")) or leads.get(deal.get("lead_id")),
            "currency_id": deal["currency_id"],
            "amount": amount,
            "amount_base": amount * rate if amount is not None and rate is not None else None,
            "created_at_utc": created,
            "created_date": _local(created),
            "closed_at_utc": closed,
            "closed_date": _local(closed),
            "expected_close_date": _midnight(deal["closedate"]),
            "cycle_days": _days(closed, created),
            "age_days": _days(self.as_of, created) if status == "open" else None,
            "max_stage_id": steps[max(reached, default=0)],
        }

    def dim_stage(self) -> list[Row]:
        """Listed stages, then those that rows point at."""
        return [{"stage_id": code, "category_id": of, **stage} for (of, code), stage in self.stages.items()]

    def dim_user(self) -> list[Row]:
        """Listed users, then those that rows point at."""
        departments = {row["id"]: row for row in self.tables["departments"]}
        users = []
        for user in self.tables["users"]:
            numbers = re.findall(r"\d+", user["uf_department"])
            department = departments[int(numbers[0])] if numbers else None
            path: list[str] = []
            above = department
            while above:
                path.insert(0, above["name"])
                above = departments.get(above["parent"])
            names = [part for part in (user["name"], user["last_name"]) if part]
            users.append(
                {
                    "user_id": user["id"],
                    "user_name": " ".join(names) or user["email"],
                    "is_active": user["active"],
                    "is_inferred": False,
                    "department_id": department["id"] if department else None,
                    "department_name": department["name"] if department else None,
                    "department_path": " / ".join(path) or None,
                }
            )
        owners = {row["assigned_by_id"] for row in [*self.raw_deals, *_live(self.tables["leads"])]} - {
            None,
            0,
        }
        blank = {"department_id": None, "department_name": None, "department_path": None}
        for owner in owners - {user["user_id"] for user in users}:
            name = f"Unknown user {owner}"
            users.append(
                {"user_id": owner, "user_name": name, "is_active": False, "is_inferred": True, **blank}
            )
        return users

    def fct_deal_stage_history(self) -> list[Row]:
        """The visits of the deals that are in fct_deal."""
        return [row for deal in self.deals for row in self._history(deal["deal_id"])]

    def _history(self, deal: int) -> list[Row]:
        rows = []
        visits = self.visits.get(deal, [])
        for n, visit in enumerate(visits):
            stage = self.stages[visit["category_id"], visit["stage_id"]]
            semantic = _text(visit["stage_semantic_id"]) or stage["semantic"]
            entered = _time(visit["created_time"])
            left = _time(visits[n + 1]["created_time"]) if n + 1 < len(visits) else None
            days = _days(left or self.as_of, entered) or 0.0
            rows.append(
                {
                    "history_id": visit["id"],
                    "deal_id": deal,
                    "visit_seq": n + 1,
                    "category_id": visit["category_id"],
                    "stage_id": visit["stage_id"],
                    "stage_semantic": semantic,
                    "entered_at_utc": entered,
                    "left_at_utc": left,
                    "is_current": n + 1 == len(visits),
                    "duration_hours": days * 24 if semantic == "P" else None,
                    "transition": self._transition(visits, n, semantic),
                }
            )
        return rows

    def _transition(self, visits: list[Row], n: int, semantic: str) -> str:
        if n == 0:
            return "create"
        if visits[n]["category_id"] != visits[n - 1]["category_id"]:
            return "pipeline_change"
        if semantic in "SF":
            return {"S": "won", "F": "lost"}[semantic]
        now, before = (
            self.stages[row["category_id"], row["stage_id"]]["stage_sort"]
            for row in (visits[n], visits[n - 1])
        )
        if now is None or before is None:
            return "unknown"
        if now == before:
            return "unknown"
        return "forward" if now > before else "backward"

    def rpt_deal_funnel(self) -> list[Row]:
        """Steps of both pipelines."""
        rows: list[Row] = []
        names = {row["id"]: row["name"] for row in self.tables["pipelines"]}
        history = self.fct_deal_stage_history()
        for category in (0, 3):
            steps = self.steps(category)
            deals = [deal for deal in self.deals if deal["category_id"] == category]
            reached = [
                sum(steps.index(deal["max_stage_id"]) >= n for deal in deals) for n in range(len(steps))
            ]
            for n, code in enumerate(steps):
                here = [deal for deal in deals if deal["max_stage_id"] == code]
                waiting = [deal for deal in here if deal["status"] == "open"]
                was_there = {
                    row["deal_id"]
                    for row in history
                    if (row["category_id"], row["stage_id"]) == (category, code)
                }
                rows.append(
                    {
                        "category_id": category,
                        "category_name": names[category],
                        "stage_id": code,
                        "stage_name": self.stages[category, code]["stage_name"],
                        "stage_order": n + 1,
                        "deals_entered": len(was_there),
                        "deals_reached": reached[n],
                        "conversion_from_first": reached[n] / reached[0] if reached[0] else None,
                        "conversion_from_previous": reached[n] / reached[n - 1]
                        if n and reached[n - 1]
                        else None,
                        "lost_here": sum(deal["status"] == "lost" for deal in here),
                        "open_here": len(waiting),
                        "open_here_amount_base": sum(
                            (deal["amount_base"] or 0 for deal in waiting), Decimal(0)
                        ),
                    }
                )
        return rows

    def rpt_deal_monthly(self) -> list[Row]:
        """Months in which something happened."""

        def month(day: date | None) -> str:
            return f"{day:%Y-%m}" if day else "none"

        groups: dict[tuple[str, int], dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for deal in self.deals:
            groups[month(deal["created_date"]), deal["category_id"]]["created"].append(deal)
            if deal["status"] != "open":
                groups[month(deal["closed_date"]), deal["category_id"]][deal["status"]].append(deal)

        def total(deals: list[Row]) -> Decimal:
            return sum((deal["amount_base"] or 0 for deal in deals), Decimal(0))

        rows = []
        for (of, category), events in groups.items():
            created, won, lost = events["created"], events["won"], events["lost"]
            amounts = [deal["amount_base"] for deal in won if deal["amount_base"] is not None]
            cycles = [deal["cycle_days"] for deal in won if deal["cycle_days"] is not None]
            closed_amount = total(won) + total(lost)
            rows.append(
                {
                    "month": of,
                    "category_id": category,
                    "deals_created": len(created),
                    "created_amount_base": total(created),
                    "deals_won": len(won),
                    "won_amount_base": total(won),
                    "deals_lost": len(lost),
                    "lost_amount_base": total(lost),
                    "win_rate": len(won) / (len(won) + len(lost)) if won or lost else None,
                    "win_rate_amount": float(total(won) / closed_amount) if closed_amount else None,
                    "avg_won_amount_base": sum(amounts) / len(amounts) if amounts else None,
                    "avg_cycle_days_won": sum(cycles) / len(cycles) if cycles else None,
                }
            )
        return rows
