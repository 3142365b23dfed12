"""Derives shapes.json from documented bodies: `python derive_shapes.py EXAMPLES.jsonl > shapes.json`.

The examples themselves stay out of the repository. Kept is, for each method the demo portal covers,
which keys an answer has and which JSON types stand under them; for errors status, code and types.
Examples are lines of {"method", "kind": "response" | "error", "http_status", "note", "body"}.
"""
# ruff: noqa: ANN001, ANN201  fixtures are typed where they are made

import json
import re
import sys
from pathlib import Path

OBJECTS = ("deal", "contact", "lead", "company")
COVERED = {
    *(
        f"crm.{name}.{verb}"
        for name in OBJECTS
        for verb in ("list", "get", "add", "update", "delete", "fields")
    ),
    *(f"crm.{name}.userfield.list" for name in OBJECTS),
    *("crm.status.list", "crm.status.entity.types", "crm.category.list", "crm.currency.list"),
    *("crm.stagehistory.list", "user.get", "user.current", "user.search", "department.get", "batch"),
    *("profile", "scope", "methods", "method.get", "server.time", "app.info"),
}
COVERED |= {
    *(
        f"tasks.task.{verb}"
        for verb in ("list", "get", "getFields", "history.list", "add", "update", "delete")
    ),
    *(f"tasks.task.{verb}" for verb in ("complete", "renew", "start", "pause", "defer")),
    *(
        f"task.checklistitem.{verb}"
        for verb in ("getlist", "get", "add", "update", "complete", "renew", "delete")
    ),
    *(f"task.elapseditem.{verb}" for verb in ("getlist", "get", "add")),
    *(f"calendar.event.{verb}" for verb in ("get", "getbyid", "get.nearest", "add", "update", "delete")),
    *("calendar.section.get", "disk.storage.getList", "disk.storage.getChildren", "disk.storage.getFields"),
    *("disk.folder.get", "disk.folder.getChildren", "disk.folder.getFields"),
    *("disk.file.get", "disk.file.getFields", "disk.file.search"),
    *("im.message.add", "im.dialog.messages.get", "im.recent.list"),
    *("im.notify", "im.notify.system.add", "im.notify.personal.add"),
}
COVERED |= {
    *(f"crm.item.{verb}" for verb in ("list", "get", "fields", "add", "update", "delete")),
    *("crm.item.import", "crm.item.batchImport"),
    *(f"crm.item.productrow.{verb}" for verb in ("list", "get", "fields", "add", "update", "delete", "set")),
    *("crm.deal.productrows.get", "crm.deal.productrows.set", "crm.deal.userfield.get"),
    *(
        f"crm.{pair}.{verb}"
        for pair in ("deal.contact", "contact.company", "company.contact")
        for verb in ("items.get", "items.set", "items.delete", "add", "delete", "fields")
    ),
    *(f"crm.activity.{verb}" for verb in ("list", "get", "fields", "add", "update", "delete")),
    *("crm.type.list", "crm.type.get", "crm.type.getByEntityTypeId", "crm.type.fields"),
    *("crm.enum.ownertype", "crm.status.entity.items"),
}
NAMES_OF_USERS = (re.compile(r"^UF_CRM_.+$"), re.compile(r"^PARENT_ID_\d+$"))
COMMANDS = ("result", "result_error", "result_total", "result_next", "result_time")


def type_of(value):
    """Name the JSON type of a value, integers apart from other numbers."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    kinds = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return kinds[type(value)]


def key_of(key):
    """Replace names that users give, and ids, by a star."""
    if key.isdigit():
        return "*"
    if re.match(r"ufCrm|parentId\d", key):
        return "parentId*" if key.startswith("p") else "ufCrm*"
    for pattern in NAMES_OF_USERS:
        if pattern.match(key):
            return re.sub(r"[^_]+$", "*", re.match(r"UF_CRM_|PARENT_ID_", key)[0] + "x")
    return key


def shape_of(value):
    """Give types, keys and element shape of a value."""
    shape = {"types": [type_of(value)]}
    if isinstance(value, dict):
        shape["keys"] = {}
        for key, item in value.items():
            name = key_of(key)
            shape["keys"][name] = merge(shape["keys"].get(name), shape_of(item))
    if isinstance(value, list):
        for item in value:
            shape["items"] = merge(shape.get("items"), shape_of(item))
    return shape


def folded(shape):
    """Give a map of descriptions as its names and one shape for all of them."""
    each = None
    for inner in shape["keys"].values():
        each = merge(each, inner)
    return {"types": shape["types"], "names": sorted(shape["keys"]), "each": each}


def merge(one, other):
    """Unite two shapes of the same place."""
    if one is None or other is None:
        return one or other
    merged = {"types": sorted({*one["types"], *other["types"]})}
    if "keys" in one or "keys" in other:
        mine, theirs = one.get("keys", {}), other.get("keys", {})
        merged["keys"] = {key: merge(mine.get(key), theirs.get(key)) for key in sorted({*mine, *theirs})}
    items = merge(one.get("items"), other.get("items"))
    if items:
        merged["items"] = items
    return merged


def starred(body):
    """Replace the keys that a batch was sent with by a star."""
    result = dict(body["result"])
    for name in COMMANDS:
        if isinstance(result.get(name), dict):
            inner = {} if name == "result" else next(iter(result[name].values()), {})
            result[name] = {"*": inner}
    return {**body, "result": result}


def derive(lines):
    """Make the shapes of all covered methods."""
    shapes = {}
    for line in lines:
        example = json.loads(line)
        method, body = example["method"], example["body"]
        if method not in COVERED or example["kind"] not in ("response", "error"):
            continue
        entry = shapes.setdefault(method, {"response": None, "errors": []})
        if example["kind"] == "error":
            types = {key: type_of(value) for key, value in body.items()}
            entry["errors"].append(
                {"status": example.get("http_status"), "code": body["error"], "types": types},
            )
        elif "time" in body and "abridged" not in (example.get("note") or ""):
            if method == "batch":
                body = starred(body)
            shape = shape_of(body)
            if method.endswith(".fields"):
                shape["keys"]["result"] = folded(shape["keys"]["result"])
            entry["response"] = merge(entry["response"], shape)
    return dict(sorted(shapes.items()))


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    json.dump(derive(text.splitlines()), sys.stdout, indent=None, separators=(",", ":"), sort_keys=True)
    sys.stdout.write("\n")
