"""Sizes of memory and disks in words."""

from __future__ import annotations

__all__ = ["format_bytes"]


def format_bytes(number: float) -> str:
    """Write a size of memory or of a disk.

    Parameters
    ----------
    number : float
        Bytes.

    Returns
    -------
    str
        Such as ``"0.4 MB"``, ``"350 MB"`` or ``"1.2 GB"``.
    """
    if number >= 1e9:
        return f"{number / 1e9:.1f} GB"
    return f"{number / 1e6:.{0 if number >= 1e8 else 1}f} MB"
