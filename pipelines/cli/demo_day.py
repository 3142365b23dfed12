"""What people do in the demo portal between two syncs: through its own methods, as colleagues would."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.warehouse import reading
from sources.bitrix24.batch import Command
from sources.bitrix24.client import Bitrix24Client

if TYPE_CHECKING:
    from sources.demo_portal import DemoPortal

_DEALS: Final = """
    SELECT id, coalesce(category_id, 0) FROM bitrix24.deals
    WHERE stage_semantic_id = 'P' AND is_recurring = 'N' AND currency_id = 'EUR' AND opportunity > 0
    ORDER BY opportunity DESC LIMIT 5
"""
_CONTACT: Final = """
    SELECT contact_id FROM bitrix24.deal_contacts GROUP BY contact_id ORDER BY count(*) DESC, 1 LIMIT 1
"""
_TASK: Final = "SELECT max(id) FROM bitrix24.tasks"
_NEW_DEAL: Final = {
    "TITLE": "Ten bicycles for the city library",
    "OPPORTUNITY": "12500.00",
    "CURRENCY_ID": "EUR",
}
_NEW_FIELD: Final = {
    "FIELD_NAME": "DELIVERY_WEEK",
    "USER_TYPE_ID": "integer",
    "LABEL": "Delivery week",
}
_FIELD_CODE: Final = f"UF_CRM_{_NEW_FIELD['FIELD_NAME']}"
_FILLED_EVERY: Final = 50


@dataclass(frozen=True)
class Changes:
    """What happened: ids of deals, a contact, a task; a custom field's column and how often it is filled."""

    won: tuple[int, ...]
    lost: int
    added: int
    deleted: int
    contact: int
    task: int
    filled: int
    column: str = _FIELD_CODE.lower()

    @property
    def deals(self) -> tuple[int, ...]:
        """Every deal that was touched."""
        return (*self.won, self.lost, self.added, self.deleted)

    def told(self) -> tuple[str, ...]:
        """Say it in lines."""
        won = ", ".join(str(deal) for deal in self.won)
        return (
            f"deals {won} won, deal {self.lost} lost, deal {self.added} new, deal {self.deleted} deleted",
            f"contact {self.contact} deleted, task {self.task} renamed",
            f"deals get a field, {_NEW_FIELD['LABEL']}",
            f"an import fills it in for {self.filled} deals, and leaves their modification times as they are",
        )


def work_a_day(portal: "DemoPortal", url: str, db: Path) -> Changes:
    """Win, lose, add and delete records, rename a task, add a custom field and fill it in."""
    with reading(db) as connection:
        (*won, lost, gone) = [
            (int(deal), int(category)) for deal, category in connection.sql(_DEALS).fetchall()
        ]
        ((contact,),) = connection.sql(_CONTACT).fetchall()
        ((task,),) = connection.sql(_TASK).fetchall()
    commands = {
        **{f"won{deal}": _moved(deal, category, "WON") for deal, category in won},
        "lost": _moved(*lost, "LOSE"),
        "added": Command("crm.deal.add", {"fields": _NEW_DEAL}),
        "deleted": Command("crm.deal.delete", {"id": gone[0]}),
        "contact": Command("crm.contact.delete", {"id": contact}),
        "task": Command("tasks.task.update", {"taskId": task, "fields": {"TITLE": "Order ten bicycles"}}),
        "field": Command("crm.deal.userfield.add", {"fields": _NEW_FIELD}),
    }
    added = asyncio.run(_send(url, commands))
    touched = {deal for deal, _ in (*won, lost, gone)} | {added}
    return Changes(
        tuple(deal for deal, _ in won), lost[0], added, gone[0], contact, task, _import(portal, touched)
    )


def _import(portal: "DemoPortal", touched: set[int]) -> int:
    """Fill the field in as imports and database scripts do: no modification time tells of it."""
    deals = portal.store.records("deals")
    chosen = [int(number) for number in deals.table.ids[::_FILLED_EVERY] if int(number) not in touched]
    for week, number in enumerate(chosen, start=1):
        deals.overwrite(number, {_FIELD_CODE: str(week)})  # type: ignore[attr-defined]
    return len(chosen)


async def _send(url: str, commands: dict[str, Command]) -> int:
    """Send all of it in one request; return the new deal's id."""
    async with Bitrix24Client(url) as b24:
        outcomes = await b24.batch(commands, write=True)
    results = {key: outcome.unwrap().result for key, outcome in outcomes.items()}
    return int(results["added"])


def _moved(deal: int, category: int, stage: str) -> Command:
    target = f"C{category}:{stage}" if category else stage
    return Command("crm.deal.update", {"id": deal, "fields": {"STAGE_ID": target}})
