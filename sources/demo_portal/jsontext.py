"""JSON as the portal writes it: ASCII only, every slash escaped."""

import json


def encode(value: object) -> str:
    """Write a value the way PHP's json_encode does."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/")
