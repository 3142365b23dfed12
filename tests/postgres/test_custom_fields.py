"""Custom fields in PostgreSQL: the same columns and rows as in DuckDB, from a field of every kind."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.postgres import bring
from pipelines.postgres_server import server
from pipelines.report import build
from tests.postgres.server import PostgresServer
from tests.transforms.test_custom_fields import LONG, MANY, WIDE, portal

__all__ = ["portal"]

MODELS = ("+stg_bitrix24__deal_fields", "+stg_bitrix24__lead_fields", "stg_bitrix24__lead_custom_values")
AS_OF = datetime(2024, 6, 30, 12, tzinfo=UTC)


def test_custom_fields_come_to_the_same(
    portal: Path,
    postgres: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every kind is decoded, empty forms are NULL, lists are arrays, columns tell their labels."""
    monkeypatch.setenv("DESTINATION__POSTGRES__CREDENTIALS", postgres.create("fields"))
    assert bring(portal, server()).ok
    select = (*MODELS, "+fct_deal_custom_value")

    report = build(tmp_path, as_of=AS_OF, select=select, target_dir=tmp_path / "target", server=server())

    assert report.ok, report.failed
    with server().connect() as session:
        names, rows = session.columns("select * from staging.stg_bitrix24__deal_fields order by deal_id")
        values = session.rows("select * from core.fct_deal_custom_value order by field_code, value_index")
        many = session.rows("select count(*) from staging.stg_bitrix24__lead_custom_values")
        comments = session.rows(
            "select attname, col_description(attrelid, attnum) from pg_attribute "
            "where attrelid = to_regclass('staging.stg_bitrix24__deal_fields')"
        )
    assert dict(zip(names, rows[0], strict=True)) == {"deal_id": 1, **WIDE}
    assert [(code, index, text) for _, code, _, index, text in values] == LONG
    assert many == [(MANY,)]
    assert dict(comments)["uf_size_class_id"] == "Size class, id (UF_LIST, enumeration)"
