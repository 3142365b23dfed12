"""One look for all plots: the title says what was found, data has the colour, the rest is quiet."""

import altair as alt
import pandas as pd

INK, SOFT, LINE, FAINT = "#22303c", "#6b7a87", "#dfe4e8", "#f1f4f6"
BLUE, SKY, GREEN, RED, AMBER = "#2c6e9b", "#a9cbe0", "#2f9e79", "#d1583f", "#e0a32e"
SERIES = [BLUE, "#5fa8a0", AMBER, "#9673a8", "#9aa5ae"]


@alt.theme.register("b24", enable=True)
def look() -> alt.theme.ThemeConfig:
    """What Altair draws with after `import look`."""
    return {
        "config": {
            "font": "Liberation Sans, Arial, Helvetica, sans-serif",  # the first one is in vl-convert
            "background": "white",
            "padding": 12,
            "view": {"stroke": None},
            "title": {
                "anchor": "start",
                "color": INK,
                "fontSize": 17,
                "subtitleColor": SOFT,
                "subtitleFontSize": 12,
                "subtitlePadding": 6,
                "offset": 16,
            },
            "axis": {
                "labelColor": SOFT,
                "titleColor": SOFT,
                "titleFontWeight": "normal",
                "gridColor": LINE,
                "domain": False,
                "ticks": False,
                "labelPadding": 6,
                "labelLimit": 260,
            },
            "axisY": {"titleAngle": 0, "titleAlign": "left", "titleY": -10, "titleX": 0},
            "header": {
                "labelColor": INK,
                "labelFontSize": 12,
                "labelFontWeight": "bold",
                "labelAnchor": "start",
                "title": None,
            },
            "text": {"color": INK, "fontSize": 11},
        }
    }


def names(field: str, sort: object = None) -> alt.Y:
    """An axis of names, one a row, in the order of the data unless told."""
    return alt.Y(field, sort=sort, title=None, axis=alt.Axis(labelColor=INK))


def money(amount: float) -> str:
    """Give 1.2 M for 1,234,567."""
    for size, unit, digits in ((1e6, " M", 1), (1e3, " k", 0)):
        if abs(amount) >= size:
            return f"{amount / size:,.{digits}f}{unit}"
    return f"{amount:,.0f}"


def share(part: float, *, sign: bool = False) -> str:
    """Give 12% for 0.123, and nothing for what is not known."""
    return "" if pd.isna(part) else f"{part:{'+' if sign else ''}.0%}"


def plain(texts: pd.Series) -> pd.Series:
    """Texts without emoji, for which the pictures have no font."""
    return texts.str.replace(r"[^\u0000-\ud7ff]", "", regex=True).str.strip()
