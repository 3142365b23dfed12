"""A dlt source for Bitrix24, and the client it is built on, which is usable alone."""
