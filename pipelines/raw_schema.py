"""The schema of the raw tables."""

from typing import Final

RAW_SCHEMA: Final = "bitrix24"
