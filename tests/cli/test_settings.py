from __future__ import annotations

from typing import Any

import pytest
import typer

from napari_noise2same.cli.settings import resumed_settings


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"batch": 3}, "the setting batch"),
        ({"network": {}, "batch": 3, "seed": 1}, "--seed, the setting batch, the setting network"),
        ({"joint_channels": True, "effort": 4.0}, "--channels, --preset"),
        ({"lambda_inv": {"kind": "fixed"}, "depth_axis": "T"}, "--depth-axis, --lambda-inv"),
        ({"start": "scratch", "domain": "linear", "steps": 9}, "--domain, --start"),
    ],
)
def test_what_a_model_keeps_is_named_as_it_was_given(changes: dict[str, Any], found: str) -> None:
    with pytest.raises(typer.BadParameter, match=f"found {found}: the model keeps"):
        resumed_settings({}, changes)
