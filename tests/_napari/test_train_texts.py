from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from napari_noise2same._napari.train_texts import describe_start


@pytest.mark.parametrize(
    ("batch", "text"),
    [(1, "Each step takes one patch of 16"), (8, "Each step takes 8 patches of 16")],
)
def test_size_of_the_steps_is_said(batch: int, text: str) -> None:
    plan = SimpleNamespace(note="", steps=3, patch=(16, 16), batch=batch)
    event: Any = SimpleNamespace(plan=plan, parameters=1234)

    assert describe_start(event).startswith(text)
