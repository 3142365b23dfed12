"""The demo portal's answers against the shapes of the documented ones: same keys, same types, same errors."""
# ruff: noqa: ANN001, ANN201, ANN202  fixtures are typed where they are made

import asyncio
import importlib.util
import json
from pathlib import Path

import httpx
import pytest

from sources.demo_portal import DemoPortal
from tests.contract import office_requests as office
from tests.contract import satellite_requests as satellites

HERE = Path(__file__).parent
SHAPES = json.loads((HERE / "shapes.json").read_text(encoding="utf-8"))
SPEC = importlib.util.spec_from_file_location("derive_shapes", HERE / "derive_shapes.py")
DERIVE = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(DERIVE)

REQUESTS = {
    "crm.category.list": {"entityTypeId": 2},
    "crm.stagehistory.list": {"entityTypeId": 2},
    "method.get": {"name": "user.get"},
    "batch": {"cmd": {"a": "user.current", "b": "department.get", "c": "no.method", "d": "crm.deal.list"}},
    **{f"crm.{name}.userfield.list": {"filter": {"LANG": "de"}} for name in DERIVE.OBJECTS},
    **{f"crm.{name}.add": {"fields": {"TITLE": "x", "NAME": "x"}} for name in DERIVE.OBJECTS},
    **{
        f"crm.{name}.list": {"select": ["*", "UF_*", *(["PHONE", "EMAIL"] if name != "deal" else [])]}
        for name in DERIVE.OBJECTS
    },
    **office.REQUESTS,
    **satellites.REQUESTS,
}
WITH_ID = ("get", "update", "delete")

# place in the answer -> why the demo portal differs there
DEVIATIONS = {
    "app.info": {
        "result.*": "a webhook is no application: the self-hosted server answers SCOPE and LICENSE only",
    },
    "crm.lead.get": {
        "result.IM": "a multi-field without a value is absent, and the demo leads have no messengers",
    },
}
for _name in DERIVE.OBJECTS:
    DEVIATIONS.setdefault(f"crm.{_name}.userfield.list", {}).update(
        {
            "result.[].SETTINGS": "settings differ by field type; the samples show other types",
            "result.[].LIST": "present for list fields only",
        },
    )
    DEVIATIONS.setdefault(f"crm.{_name}.fields", {})["result.each.settings"] = "settings differ by field type"
    DEVIATIONS.setdefault(f"crm.{_name}.get", {})["result.UF_CRM_*"] = (
        "samples hold fewer types of custom fields"
    )
    DEVIATIONS.setdefault(f"crm.{_name}.list", {})["result.[].UF_CRM_*"] = (
        "samples hold fewer types of custom fields"
    )
DEVIATIONS["crm.status.entity.types"] = {
    f"result.[].{key}": "only smart processes, invoices and documents have it, and the demo portal has none"
    for key in ("CATEGORY_NAME", "CATEGORY_SORT", "IS_DEFAULT_CATEGORY", "IS_ENABLED")
}
DEVIATIONS["batch"] = dict.fromkeys(
    ("result.result", "result.result_error", "result.result_next"),
    "lists when empty and maps otherwise; what is inside belongs to the commands",
)
DEVIATIONS |= office.DEVIATIONS
DEVIATIONS |= satellites.DEVIATIONS
ERROR_DEVIATIONS = {
    **office.ERROR_DEVIATIONS,
    **satellites.ERROR_DEVIATIONS,
    "app.info": "the default portal answers app.info; the refusal is an option with a test of its own",
    "crm.currency.list": "the demo webhook belongs to an administrator: nothing is access-denied",
    "crm.contact.list": "as above",
    "crm.company.list": "as above",
    "crm.lead.list": "as above",
    "crm.lead.add": "as above",
    "crm.company.delete": "as above",
    "crm.company.fields": "as above",
    "crm.deal.get": "the sample's text speaks of 'fields', which crm.deal.get does not have",
}
ERROR_REQUESTS = {
    **office.ERRORS,
    **satellites.ERRORS,
    "crm.deal.list": {"filter": "x"},
    "crm.status.list": {"filter": {"ENTITY_ID": ["STATUS"]}},
    "crm.category.list": {"entityTypeId": 999},
    "crm.stagehistory.list": {"entityTypeId": 14},
    **{f"crm.{name}.userfield.list": {"filter": "x"} for name in DERIVE.OBJECTS},
    **{f"crm.{name}.add": {"fields": "x"} for name in DERIVE.OBJECTS},
    **{f"crm.{name}.update": {"id": 10**8, "fields": {}} for name in DERIVE.OBJECTS},
    **{f"crm.{name}.{verb}": {"id": 10**8} for name in DERIVE.OBJECTS for verb in ("get", "delete")},
}


@pytest.fixture(scope="module")
def ask():
    """One portal for all shapes."""
    portal = DemoPortal(deals=300, rate=0, operating_limit=0)

    def call(method, params):
        async def run():
            transport = httpx.ASGITransport(app=portal)
            async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.post(portal.path + method, json=params)

        response = asyncio.run(run())
        return response.status_code, response.json()

    call.portal = portal
    return call


def params_of(ask, method):
    """Make a request that succeeds."""
    _, name, verb = ([*method.split("."), "", ""])[:3]
    if name in DERIVE.OBJECTS and verb in WITH_ID:
        tables = {"company": "companies"}
        records = ask.portal.store.records(tables.get(name, f"{name}s"))
        row = next((row for row in records.rows() if "PHONE" in row and "EMAIL" in row), None)
        number = row["ID"] if row else int(records.table.ids[0])
        return {"id": number, "fields": {"COMMENTS": "x"}}
    return made(ask, REQUESTS.get(method, {}))


def made(ask, request):
    """Give a request, or make it from the rows of the portal."""
    return request(ask.portal) if callable(request) else request


def excused(method, place):
    return any(
        place == known
        or (known.endswith("*") and place.startswith(known[:-1]))
        or place.startswith(known + ".")
        for known in DEVIATIONS.get(method, {})
    )


def differences(method, documented, ours, place=""):
    """List where our shape lacks a documented key or has a type that no documented answer has.

    A null is taken for any type and any type for a null: samples show only what their rows happened to hold.
    """
    if excused(method, place.removeprefix(".")):
        return []
    wanted, given = set(documented["types"]) - {"null"}, set(ours["types"]) - {"null"}
    if "number" in wanted:
        given -= {"integer"}
    if "integer" in wanted and place.startswith(".time"):
        given -= {"number"}
    found = [f"{place}: {given - wanted} instead of {wanted}"] if wanted and given - wanted else []
    for key, shape in documented.get("keys", {}).items():
        inner = f"{place}.{key}"
        if key in ours.get("keys", {}):
            found += differences(method, shape, ours["keys"][key], inner)
        elif "keys" in ours and not excused(method, inner.removeprefix(".")):
            found.append(f"{inner}: missing")
    if "each" in documented:
        found += [f"{place}.{name}: missing" for name in set(documented["names"]) - set(ours["names"])]
        found += differences(method, documented["each"], ours["each"], f"{place}.each")
    if "items" in documented and "items" in ours:
        found += differences(method, documented["items"], ours["items"], f"{place}.[]")
    return found


@pytest.mark.parametrize("method", [name for name, entry in SHAPES.items() if entry["response"]])
def test_answer_has_the_documented_shape(ask, method) -> None:
    """Every documented key is there with a documented type."""
    status, body = ask(method, params_of(ask, method))
    assert status == 200, body
    ours = DERIVE.shape_of(DERIVE.starred(body) if method == "batch" else body)
    if method.endswith(".fields"):
        ours["keys"]["result"] = DERIVE.folded(ours["keys"]["result"])
    assert differences(method, SHAPES[method]["response"], ours) == []


@pytest.mark.parametrize("name", DERIVE.OBJECTS)
def test_rows_have_no_undocumented_fields(ask, name) -> None:
    """A row of a list has no field that neither list, get nor fields of the documentation knows."""
    documented = set()
    for verb in ("list", "get", "fields"):
        result = SHAPES[f"crm.{name}.{verb}"]["response"]["keys"]["result"]
        documented |= (
            set(result.get("names", []))
            | set(result.get("keys", {}))
            | set(result.get("items", {}).get("keys", {}))
        )
    _, body = ask(f"crm.{name}.list", REQUESTS[f"crm.{name}.list"])
    ours = set(DERIVE.shape_of(body)["keys"]["result"]["items"]["keys"])
    assert ours - documented <= {"UF_CRM_*", "PARENT_ID_*", "LINK"}


@pytest.mark.parametrize(
    ("method", "error"),
    [
        (name, error)
        for name, entry in SHAPES.items()
        for error in entry["errors"]
        if name not in ERROR_DEVIATIONS
    ],
)
def test_errors_have_the_documented_shape(ask, method, error) -> None:
    """Status, code and types of an error are the documented ones."""
    status, body = ask(method, made(ask, ERROR_REQUESTS.get(method, {})))
    assert (status, body["error"]) == (error["status"] or 400, error["code"])
    assert {key: DERIVE.type_of(value) for key, value in body.items()} == error["types"]


def test_every_deviation_is_of_a_method_and_has_a_reason() -> None:
    """The tables of deviations name covered methods only and say why."""
    assert set(DEVIATIONS) | set(ERROR_DEVIATIONS) <= set(SHAPES)
    assert all(reason for table in DEVIATIONS.values() for reason in table.values())
