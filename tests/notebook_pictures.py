"""Pictures of plots, written smaller: with a palette, as they have few colours or nearly so."""

import base64
import struct
import zlib

import nbformat
import numpy as np
import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
RGBA, PALETTE = 6, 3
UNFILTERED, MINUS_LEFT = 0, 1
MOST_COLOURS = 256
OPAQUE = 255


def squeeze(notebook: nbformat.NotebookNode) -> None:
    """Write every picture in the notebook smaller."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if "image/png" in output.get("data", {}):
                png = base64.b64decode(output.data["image/png"])
                output.data["image/png"] = base64.b64encode(squeezed(png)).decode()


def squeezed(png: bytes) -> bytes:
    """The same picture in fewer bytes, as far as it is of the kind that vl-convert writes."""
    chunks = dict(_chunks(png))
    width, height, depth, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    data = b"".join(content for name, content in _chunks(png) if name == b"IDAT")
    lines = np.frombuffer(zlib.decompress(data), np.uint8)
    if (depth, kind) != (8, RGBA):
        return png
    lines = lines.reshape(height, 1 + 4 * width)
    pixels = lines[:, 1:].reshape(height, width, 4)
    filters = lines[:, 0]
    if not np.isin(filters, (UNFILTERED, MINUS_LEFT)).all():
        return png
    # each pixel was written as the difference from the one before it
    pixels = np.where(
        (filters == MINUS_LEFT)[:, None, None], np.cumsum(pixels, axis=1, dtype=np.uint8), pixels
    )
    if (pixels[:, :, 3] != OPAQUE).any():
        return png
    for step in (1, 2, 4, 8, 16, 32):
        near = np.minimum((pixels + np.uint32(step // 2)) // step * step, OPAQUE)
        packed, places = np.unique(
            near[:, :, 0] << 16 | near[:, :, 1] << 8 | near[:, :, 2], return_inverse=True
        )
        if len(packed) <= MOST_COLOURS:
            colours = np.stack([packed >> 16, packed >> 8, packed], axis=1).astype(np.uint8)
            return _written(width, height, colours, places.reshape(height, width))
    return png


def _written(width: int, height: int, colours: npt.NDArray[np.uint8], places: npt.NDArray[np.intp]) -> bytes:
    lines = np.zeros((height, 1 + width), np.uint8)
    lines[:, 1:] = places
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, PALETTE, 0, 0, 0)),
        (b"PLTE", colours.tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def _chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    found, place = [], len(SIGNATURE)
    while place < len(png):
        (length,) = struct.unpack(">I", png[place : place + 4])
        found.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + length]))
        place += length + 12
    return found
