from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    FixedLambda,
    LambdaConfig,
    MaskConfig,
    NetworkConfig,
    Noise2InfoLambda,
    Stage,
    StagedLambda,
)

LAMBDA: TypeAdapter[Any] = TypeAdapter(LambdaConfig)
STAGE = {
    "share": 1,
    "lambda_start": 1,
    "lambda_stop": 2,
    "learning_rate": 1e-3,
    "augmentation": "full",
}

shares = st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=20)


def staged(shares: list[float]) -> StagedLambda:
    """Stages of these shares; their λ_inv tells them apart."""
    return StagedLambda(
        stages=tuple(
            Stage(
                share=share,
                lambda_start=i,
                lambda_stop=i + 1,
                learning_rate=1e-3,
                augmentation="none",
            )
            for i, share in enumerate(shares)
        )
    )


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (FixedLambda(value=0.5), "fixed"),
        (AdaptiveLambda(decay=0.5), "adaptive"),
        (CalibratedLambda(sigma="noise"), "calibrated"),
        (Noise2InfoLambda(every=7, draws=2), "noise2info"),
        (StagedLambda(), "staged"),
        (staged([1, 2, 3]), "staged"),
    ],
)
def test_strategies_come_back_from_json_by_their_kind(config: Any, kind: str) -> None:
    text = LAMBDA.dump_json(config)
    again = LAMBDA.validate_json(text)
    assert type(again) is type(config)
    assert again == config
    assert config.kind == kind
    assert type(LAMBDA.validate_python({"kind": kind})) is type(config)


@pytest.mark.parametrize(
    "config",
    [
        MaskConfig(percentage=1.5, replacement="gaussian", independent_channels=True),
        NetworkConfig(kind="blind", spatial_dims=3, channels=2, widths=(8, 8), bias=True),
        NetworkConfig.paper(3, 2),
    ],
)
def test_settings_come_back_from_json(config: BaseModel) -> None:
    assert type(config).model_validate_json(config.model_dump_json()) == config


@pytest.mark.parametrize(
    ("config", "setting"),
    [
        (MaskConfig(), "percentage"),
        (FixedLambda(), "value"),
        (AdaptiveLambda(), "decay"),
        (StagedLambda(), "stages"),
        (StagedLambda().stages[0], "share"),
        (NetworkConfig(), "widths"),
    ],
)
def test_settings_cannot_be_changed_or_misspelt(config: BaseModel, setting: str) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(config, setting, getattr(config, setting))
    with pytest.raises(ValidationError, match="misspelt"):
        type(config).model_validate({**config.model_dump(), "misspelt": 1})


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (MaskConfig, {"percentage": 0}),
        (MaskConfig, {"percentage": 25.1}),
        (MaskConfig, {"percentage": float("nan")}),
        (MaskConfig, {"replacement": "zero"}),
        (FixedLambda, {"value": -0.1}),
        (FixedLambda, {"value": float("inf")}),
        (FixedLambda, {"value": float("nan")}),
        (AdaptiveLambda, {"decay": 1}),
        (AdaptiveLambda, {"decay": -0.1}),
        (AdaptiveLambda, {"decay": float("nan")}),
        (CalibratedLambda, {"sigma": "guess"}),
        (CalibratedLambda, {"decay": 1}),
        (Noise2InfoLambda, {"every": 0}),
        (Noise2InfoLambda, {"draws": 0}),
        (StagedLambda, {"stages": []}),
        (StagedLambda, {"stages": [STAGE] * 21}),
        (Stage, {**STAGE, "share": 0}),
        (Stage, {**STAGE, "share": float("inf")}),
        (Stage, {**STAGE, "lambda_start": -1}),
        (Stage, {**STAGE, "lambda_stop": float("nan")}),
        (Stage, {**STAGE, "learning_rate": 0}),
        (Stage, {**STAGE, "augmentation": "shear"}),
        (NetworkConfig, {"kind": "transformer"}),
        (NetworkConfig, {"spatial_dims": 1}),
        (NetworkConfig, {"channels": 0}),
        (NetworkConfig, {"widths": ()}),
        (NetworkConfig, {"widths": (8, 0)}),
        (NetworkConfig, {"widths": (2048,)}),
        (NetworkConfig, {"widths": (8,) * 9}),
        (NetworkConfig, {"blocks": 0}),
        (NetworkConfig, {"unshuffle": 4}),
        (NetworkConfig, {"skip": "add"}),
    ],
)
def test_invalid_settings_are_refused_by_name(
    kind: type[BaseModel], settings: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        kind.model_validate(settings)
    named = {error["loc"][0] for error in caught.value.errors()}
    assert len(named) == 1
    assert named <= settings.keys()


@pytest.mark.parametrize("value", [{"kind": "guess"}, {}, {"kind": "fixed", "decay": 0.5}])
def test_unknown_strategies_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LAMBDA.validate_python(value)


def test_default_stages_are_warm_up_main_training_and_fine_tuning() -> None:
    warm_up, main, fine = StagedLambda().stages
    assert [s.share for s in (warm_up, main, fine)] == pytest.approx([1 / 6, 1 / 2, 1 / 3])
    assert (warm_up.lambda_start, warm_up.lambda_stop) == (0.1, 1)
    assert (main.lambda_start, main.lambda_stop) == (1, 3)
    assert (fine.lambda_start, fine.lambda_stop) == (3, 5)
    assert [s.learning_rate for s in (warm_up, main, fine)] == [1e-4, 3e-4, 1e-5]
    assert [s.augmentation for s in (warm_up, main, fine)] == ["flips", "full", "none"]


@given(shares, st.data())
def test_shares_are_scaled_to_the_whole_run(shares: list[float], data: st.DataObject) -> None:
    config = staged(shares)
    index = data.draw(st.integers(0, len(shares) - 1))
    done = data.draw(st.floats(0.001, 0.999))
    progress = (sum(shares[:index]) + done * shares[index]) / sum(shares)
    # A stage shorter than the resolution of a number between 0 and 1 cannot be told.
    assume(shares[index] / sum(shares) > 1e-6)
    stage, found = config.at(progress)
    assert stage == config.stages[index]
    assert found == pytest.approx(done, abs=1e-5)


@given(shares, st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_stages_follow_each_other(shares: list[float], moments: list[float]) -> None:
    config = staged(shares)
    found = [config.at(progress) for progress in [0, *sorted(moments), 1]]
    overall = np.array([stage.lambda_start + done for stage, done in found])
    assert (np.diff(overall) >= -1e-9).all()
    assert overall[[0, -1]] == pytest.approx([0, len(shares)], abs=1e-6)
    assert all(0 <= done <= 1 + 1e-9 for _, done in found)
