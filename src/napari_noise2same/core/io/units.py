"""Units of length and time: one name for each, whatever a file calls it."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["convert_unit", "is_convertible", "unit_name", "unit_symbol"]

# Name (as OME-Zarr spells it): symbol (as OME-TIFF spells it), size in metres or seconds.
_UNITS = {
    "angstrom": ("Å", 1e-10),
    "femtometer": ("fm", 1e-15),
    "picometer": ("pm", 1e-12),
    "nanometer": ("nm", 1e-9),
    "micrometer": ("µm", 1e-6),
    "millimeter": ("mm", 1e-3),
    "centimeter": ("cm", 1e-2),
    "meter": ("m", 1.0),
    "kilometer": ("km", 1e3),
    "inch": ("in", 0.0254),
    "nanosecond": ("ns", 1e-9),
    "microsecond": ("µs", 1e-6),
    "millisecond": ("ms", 1e-3),
    "second": ("s", 1.0),
    "minute": ("min", 60.0),
    "hour": ("h", 3600.0),
    "day": ("d", 86400.0),
}
_ALIASES = {
    "um": "micrometer",
    "micron": "micrometer",
    "microns": "micrometer",
    "inches": "inch",
    "sec": "second",
    "us": "microsecond",
}
# ImageJ and tifffile write what is not ASCII as escapes.
_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))", re.IGNORECASE)
_NO_UNIT = {"", "pixel", "pixels", "reference frame"}


def _key(text: str) -> str:
    """Bring spellings together that look the same: micro sign and Greek letter, case, escapes."""
    plain = _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text.strip())
    return unicodedata.normalize("NFKC", plain).lower()


_NAMES = {_key(symbol): name for name, (symbol, _) in _UNITS.items()} | _ALIASES


def unit_name(text: str) -> str | None:
    """Name of a unit as a file spells it.

    Parameters
    ----------
    text : str
        Name or symbol.

    Returns
    -------
    str or None
        The name in OME-Zarr's spelling, `text` itself where it is not known, None where it says
        that there is no unit.
    """
    key = _key(text)
    if key in _NO_UNIT:
        return None
    if key in _UNITS:
        return key
    return _NAMES.get(key, text.strip())


def unit_symbol(name: str | None) -> str | None:
    """Symbol of a unit.

    Parameters
    ----------
    name : str or None
        Name as `unit_name` returns it.

    Returns
    -------
    str or None
        Symbol in OME-TIFF's spelling; None where there is none.
    """
    return _UNITS[name][0] if name in _UNITS else None


def is_convertible(source: str | None, target: str | None) -> bool:
    """Tell whether a size in one unit can be given in another.

    Parameters
    ----------
    source, target : str or None
        Names of units.

    Returns
    -------
    bool
        Whether they are the same, or both are known.
    """
    return source == target or (source in _UNITS and target in _UNITS)


def convert_unit(value: float, source: str | None, target: str | None) -> float:
    """Convert a length or a time.

    Parameters
    ----------
    value : float
        Length or time in units of `source`.
    source, target : str or None
        Names of units.

    Returns
    -------
    float
        The same in units of `target`; `value` itself where either is unknown.
    """
    if source is None or target is None or source == target or not is_convertible(source, target):
        return value
    return value * _UNITS[source][1] / _UNITS[target][1]
