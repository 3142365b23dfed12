"""Endpoints for other local processes: figures, faults, random changes. No real portal has them."""

import json
import random
from dataclasses import asdict
from typing import TYPE_CHECKING

from . import php
from .faults import Fault
from .jsontext import encode
from .records import CrmRecords
from .store import Store

if TYPE_CHECKING:
    from .app import DemoPortal


def handle_control(portal: "DemoPortal", path: str, body: bytes) -> tuple[int, bytes]:
    """Answer GET /_control/stats, POST /_control/faults and POST /_control/change."""
    try:
        sent = json.loads(body) if body.strip() else {}
        if path == "/_control/stats":
            stats = asdict(portal.stats)
            return 200, encode(
                stats | {"tables": {name: len(portal.store.table(name)) for name in portal.store.names()}}
            ).encode()
        if path == "/_control/faults":
            for one in sent if isinstance(sent, list) else [sent]:
                portal.faults.add(Fault(**one))
            return 200, b"{}"
        if path == "/_control/change":
            done = random_changes(
                portal.store,
                str(sent.get("table", "deals")),
                int(sent.get("seed", 1)),
                float(sent.get("share", 0.01)),
            )
            return 200, encode(done).encode()
    except (TypeError, ValueError, KeyError) as error:
        return 400, encode({"error": type(error).__name__, "error_description": str(error)}).encode()
    return 404, b"{}"


def random_changes(store: Store, name: str, seed: int, share: float) -> dict[str, list[int]]:
    """Change a share of a CRM table as users would: updates, inserts, deletes 8:1:1, by seed."""
    records = store.records(name)
    if not isinstance(records, CrmRecords):
        raise TypeError(f"table {name!r} has no users that change it")
    chance = random.Random(seed)
    ids = records.table.ids
    chosen = [int(ids[place]) for place in sorted(chance.sample(range(len(ids)), round(len(ids) * share)))]
    done: dict[str, list[int]] = {"updated": [], "added": [], "deleted": []}
    for number in chosen:
        kind = chance.random()
        if kind < 0.8:  # noqa: PLR2004
            records.update(number, _change(store, name, number, chance))
            done["updated"].append(number)
        elif kind < 0.9:  # noqa: PLR2004
            done["added"].append(records.add(_new(name, chance)))
        else:
            records.delete(number)
            done["deleted"].append(number)
    return done


def _change(store: Store, name: str, number: int, chance: random.Random) -> dict[str, object]:
    fields: dict[str, object] = {"COMMENTS": f"Changed {chance.randrange(10**6)}"}
    if name == "deals":
        fields["OPPORTUNITY"] = f"{chance.randrange(1, 10**7) / 100:.2f}"
        if chance.random() < 0.5:  # noqa: PLR2004
            category = php.to_text((store.records(name).get(number) or {}).get("CATEGORY_ID"))
            directory = "DEAL_STAGE" if category in ("", "0") else f"DEAL_STAGE_{category}"
            stages = [
                one["STATUS_ID"] for one in store.records("statuses").rows() if one["ENTITY_ID"] == directory
            ]
            fields["STAGE_ID"] = chance.choice(stages)
    if name == "leads":
        fields["STATUS_ID"] = chance.choice(["NEW", "IN_PROCESS", "CONVERTED", "JUNK"])
    if name == "contacts":
        fields["POST"] = chance.choice(["CTO", "Директор", ""])
    return fields


def _new(name: str, chance: random.Random) -> dict[str, object]:
    number = chance.randrange(10**6)
    if name == "contacts":
        return {"NAME": "New", "LAST_NAME": f"Contact {number}", "PHONE": [{"VALUE": f"+49 40 {number}"}]}
    fields: dict[str, object] = {"TITLE": f"New {name[:-1]} {number}"}
    if name in ("deals", "leads"):
        fields |= {"OPPORTUNITY": f"{number}.50", "CURRENCY_ID": "EUR"}
    return fields
