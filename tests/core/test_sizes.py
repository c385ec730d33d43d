from __future__ import annotations

import pytest

from napari_noise2same.core.sizes import format_bytes


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0.0 MB"),
        (4e5, "0.4 MB"),
        (1.74e6, "1.7 MB"),
        (3.5e8, "350 MB"),
        (1.24e9, "1.2 GB"),
        (1.5e12, "1500.0 GB"),
    ],
)
def test_sizes_are_short_and_tell_what_counts(number: float, text: str) -> None:
    assert format_bytes(number) == text
