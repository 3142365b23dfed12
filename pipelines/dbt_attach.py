"""Attaches the DuckDB file for dbt, which would parse the whole project again for a file of another name.

`transforms/profiles.yml` names this plugin of dbt-duckdb. What the profile says itself is part of what dbt
compares with its last parse; what the environment says is not.
"""

import os
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Makes B24_WAREHOUSE the database that the profile calls `warehouse`."""

    def configure_connection(self, conn: Any) -> None:  # noqa: ANN401 - a method of dbt-duckdb's
        """Attach the file before dbt attaches what goes by that name in the profile."""
        path = os.environ.get("B24_WAREHOUSE", "warehouse.duckdb").replace("'", "''")
        mode = " (read_only)" if os.environ.get("B24_READ_ONLY") == "True" else ""
        conn.execute(f"attach '{path}' as warehouse{mode}")
