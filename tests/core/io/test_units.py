from __future__ import annotations

import pint
import pytest

from napari_noise2same.core.io.units import _UNITS, convert_unit, unit_name, unit_symbol


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\u00b5m", "micrometer"),
        ("\u03bcm", "micrometer"),
        ("\\u00B5m", "micrometer"),
        ("\\xb5m", "micrometer"),
        ("\\u03bcm", "micrometer"),
        ("\\xB5s", "microsecond"),
        ("\\xc5", "angstrom"),
        ("\u212b", "angstrom"),
        ("um", "micrometer"),
        ("micron", "micrometer"),
        (" Micrometer ", "micrometer"),
        ("nm", "nanometer"),
        ("\u00c5", "angstrom"),
        ("sec", "second"),
        ("ms", "millisecond"),
        ("furlong", "furlong"),
        ("pixel", None),
        ("reference frame", None),
        ("", None),
    ],
)
def test_each_spelling_of_a_unit_has_one_name(text: str, name: str | None) -> None:
    assert unit_name(text) == name


@pytest.mark.parametrize("name", _UNITS)
def test_a_unit_has_a_symbol_that_is_read_back_and_the_size_that_is_known(name: str) -> None:
    symbol = unit_symbol(name)
    assert symbol is not None
    assert unit_name(symbol) == name
    known = pint.Quantity(1, name).to_base_units()
    assert convert_unit(1, name, str(known.units)) == pytest.approx(known.magnitude)


def test_an_unknown_unit_has_no_symbol() -> None:
    assert unit_symbol("furlong") is None
    assert unit_symbol(None) is None


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (500.0, "nanometer", "micrometer", 0.5),
        (2.0, "minute", "second", 120.0),
        (2.0, "furlong", "micrometer", 2.0),
        (2.0, None, "micrometer", 2.0),
    ],
)
def test_lengths_and_times_are_converted_where_both_units_are_known(
    value: float, source: str | None, target: str, expected: float
) -> None:
    assert convert_unit(value, source, target) == pytest.approx(expected)
