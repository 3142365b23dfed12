"""Three small reports out of a warehouse: the funnel, the months, and what changed."""

from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
from rich.console import Group, RenderableType
from rich.text import Text

from pipelines.cli.tables import number, table

_BAR = 30
_MONTHS = 12

_FUNNEL = """
    SELECT category_name, stage_name, deals_reached, conversion_from_first, open_here, lost_here
    FROM reporting.rpt_deal_funnel ORDER BY category_id, stage_order
"""
_BY_MONTH = """
    SELECT month, sum(deals_created)::BIGINT, sum(deals_won)::BIGINT, sum(won_amount_base)::DOUBLE,
        sum(deals_lost)::BIGINT, sum(deals_won) / nullif(sum(deals_won) + sum(deals_lost), 0)
    FROM reporting.rpt_deal_monthly WHERE month <> 'none'
    GROUP BY month ORDER BY month DESC LIMIT ?
"""
_DEALS = """
    SELECT d.id, d.title, d.opportunity::DOUBLE, d.currency_id,
        CASE WHEN d._deleted_at IS NOT NULL THEN 'deleted in the portal, kept here' ELSE s.stage_name END
    FROM bitrix24.deals AS d LEFT JOIN core.dim_stage AS s USING (stage_id)
    WHERE list_contains(?, d.id) ORDER BY list_position(?, d.id)
"""
_RECEIPTS = """
    SELECT entity, portal_count, warehouse_count
    FROM ops.sync_entities AS e JOIN ops.sync_runs AS r USING (run_id)
    WHERE portal_count IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY entity ORDER BY r.started_at DESC) = 1
    ORDER BY portal_count DESC
"""


def new_column(connection: duckdb.DuckDBPyConnection, column: str) -> str:
    """What became of a custom field that deals got between two syncs."""
    ((filled, rows),) = _rows(
        connection, f"SELECT count({column}), count(*) FROM bitrix24.deals WHERE _deleted_at IS NULL"
    )
    return f"   deals have a new column, {column}: all {rows:,} were read again, {filled} hold a value"


def small_reports(connection: duckdb.DuckDBPyConnection, deals: Sequence[int]) -> Iterator[RenderableType]:
    """The reports, each with its title."""
    currency = _rows(connection, "SELECT base_currency FROM core.settings")[0][0]
    yield _titled("How far deals come (reporting.rpt_deal_funnel)", _funnel(connection))
    yield _titled(f"Won and lost by month, in {currency} (reporting.rpt_deal_monthly)", _months(connection))
    yield _titled(
        "What changed between the syncs (bitrix24.deals, core.dim_stage)", _changed(connection, deals)
    )
    yield _receipt(connection)


def _funnel(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    numbers = ("reached", "of first", "open", "lost")
    made = table("pipeline", "stage", "reached", "", *numbers[1:], numbers=numbers)
    pipeline, first = None, 1
    for name, stage, reached, share, still_open, lost in _rows(connection, _FUNNEL):
        if name != pipeline:
            if pipeline is not None:
                made.add_section()
            first = max(1, reached)
        made.add_row(
            name if name != pipeline else "",
            stage,
            number(reached),
            _bar(reached / first, "cyan"),
            "-" if share is None else f"{share:.0%}",
            number(still_open),
            number(lost),
        )
        pipeline = name
    return made


def _months(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    numbers = ("created", "won", "lost", "win rate", "won amount")
    made = table("month", *numbers, "", numbers=numbers)
    rows = _rows(connection, _BY_MONTH, [_MONTHS])[::-1]
    most = max((amount for _, _, _, amount, _, _ in rows), default=0) or 1
    for month, created, won, amount, lost, rate in rows:
        shown, bar = "-" if rate is None else f"{rate:.0%}", _bar(amount / most, "green")
        made.add_row(
            month,
            number(created),
            number(won),
            number(lost),
            shown,
            number(amount),
            bar,
        )
    return made


def _changed(connection: duckdb.DuckDBPyConnection, deals: Sequence[int]) -> RenderableType:
    made = table("deal", "title", "amount", "now", numbers=("deal", "amount"))
    for deal, title, amount, currency, stage in _rows(connection, _DEALS, [list(deals), list(deals)]):
        made.add_row(str(deal), title, f"{number(amount)} {currency}", stage)
    return made


def _receipt(connection: duckdb.DuckDBPyConnection) -> RenderableType:
    counts = _rows(connection, _RECEIPTS)
    equal = sum(portal == warehouse for _, portal, warehouse in counts)
    named = ", ".join(f"{entity} {number(warehouse)}" for entity, _, warehouse in counts[:3])
    return Text(f"Receipts: {equal} of {len(counts)} tables hold as many rows as the portal ({named} ...)\n")


def _titled(title: str, body: RenderableType) -> Group:
    return Group(Text(f"\n{title}", style="bold"), body)


def _bar(share: float, colour: str) -> Text:
    return Text("█" * round(share * _BAR), style=colour)


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: list[Any] | None = None
) -> list[tuple[Any, ...]]:
    return connection.execute(query, values or []).fetchall()
