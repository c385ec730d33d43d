"""``napari-noise2same info``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from napari_noise2same.cli.options import AsJson
from napari_noise2same.cli.output import emit

if TYPE_CHECKING:
    from napari_noise2same.core.model import TrainedModel

__all__ = ["info"]


def info(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file.", show_default=False)],
    *,
    as_json: AsJson = False,
) -> None:
    """Show what a model is and how it was trained."""
    from napari_noise2same.core.model import load_model

    facts = _facts(load_model(model))
    emit(facts, "\n".join(_lines(facts)), as_json=as_json)


def _facts(model: TrainedModel) -> dict[str, Any]:
    """Return all that is known about a model, but for its weights."""
    from napari_noise2same.core.networks import count_parameters

    last = model.history.last()
    return {
        "network": model.network.model_dump(mode="json"),
        "parameters": count_parameters(model.build()),
        "axes": model.axes,
        "joint_channels": model.joint_channels,
        "depth_axis": model.depth_axis,
        "start": model.start,
        "steps": int(last.get("step", 0)),
        **{name: value for name, value in last.items() if name != "step"},
        "domains": [domain.to_dict() for domain in model.domains],
        "seed": model.seed,
        "resumable": model.resume is not None,
        "versions": dict(model.versions),
        "settings": dict(model.settings),
    }


def _lines(facts: dict[str, Any], indent: str = "") -> list[str]:
    """Write nested facts as an indented list."""
    lines = []
    for name, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, f"{indent}  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for number, item in enumerate(value):
                lines += [f"{indent}{name} {number}:", *_lines(item, f"{indent}  ")]
        else:
            shown = f"{value:.6g}" if isinstance(value, float) else value
            lines.append(f"{indent}{name}: {shown}")
    return lines
