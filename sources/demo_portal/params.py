"""Reads a request as PHP does: query string and body become one array of parameters."""

import json
from email.message import Message
from urllib.parse import unquote

from .php import as_php_array, nest, parse_query


def read_params(query: str, content_type: str, body: bytes) -> dict[str, object]:
    """Merge the parameters of query and body; the body wins."""
    params = parse_query(query)
    params.update(_read_body(content_type, body))
    return params


def _read_body(content_type: str, body: bytes) -> dict[str, object]:
    if not body.strip():
        return {}
    header = Message()
    header["content-type"] = content_type
    kind = header.get_content_type()
    if kind == "multipart/form-data":
        boundary = header.get_param("boundary")
        return _read_multipart(body, str(boundary)) if boundary else {}
    if kind == "application/json" or (
        kind != "application/x-www-form-urlencoded" and body.lstrip()[:1] == b"{"
    ):
        return _read_json(body)
    return parse_query(body.decode("utf-8", "replace").strip())


def _read_json(body: bytes) -> dict[str, object]:
    # a body that does not parse leaves the method without parameters; the portal does not complain
    try:
        data = json.loads(body)
    except ValueError:
        return {}
    if isinstance(data, list):
        return {str(index): item for index, item in enumerate(data)}
    return data if isinstance(data, dict) else {}


def _read_multipart(body: bytes, boundary: str) -> dict[str, object]:
    pairs: list[tuple[str, object]] = []
    for part in body.split(b"--" + boundary.encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        for line in head.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("content-disposition"):
                header = Message()
                header["content-disposition"] = line.partition(":")[2]
                name = header.get_param("name", header="content-disposition")
                if name:
                    value = content.removesuffix(b"\r\n").decode("utf-8", "replace")
                    pairs.append((unquote(str(name)), value))
    return nest(pairs)


def pick(params: dict[str, object], name: str) -> object:
    """Find a parameter whatever the case of its name; None where it was not sent."""
    if name in params:
        return params[name]
    wanted = name.lower()
    for key, value in params.items():
        if key.lower() == wanted:
            return value
    return None


def normalise(value: object) -> object:
    """Give JSON objects with the keys 0..n-1 the list form, as every PHP array has one form only."""
    return as_php_array(value)
