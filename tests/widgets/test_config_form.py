from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLineEdit

from napari_noise2same.core.errors import ConfigurationError
from napari_noise2same.core.settings import (
    AdaptiveLambda,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    MaskConfig,
    NetworkConfig,
    Noise2InfoLambda,
    Stage,
    StagedLambda,
    TrainingConfig,
)
from napari_noise2same.widgets import ConfigForm
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.number_box import NumberBox


@pytest.fixture
def form(qtbot: QtBot) -> ConfigForm:
    form = ConfigForm()
    qtbot.addWidget(form)
    return form


def reals(low: float = 0, high: float = 1, **options: Any) -> st.SearchStrategy[float]:
    return st.floats(low, high, **options)


positive = reals(1e-9, 1e6)
augmentations = st.sampled_from(["none", "flips", "full"])
stages = st.builds(
    Stage,
    share=positive,
    lambda_start=positive,
    lambda_stop=positive,
    learning_rate=positive,
    augmentation=augmentations,
)
strategies = st.one_of(
    st.none(),
    st.just(CovarianceLambda()),
    st.builds(FixedLambda, value=positive),
    st.builds(AdaptiveLambda, decay=reals(0, 0.999)),
    st.builds(CalibratedLambda, sigma=st.sampled_from(["blind_spot", "noise"])),
    st.builds(Noise2InfoLambda, every=st.integers(1, 99), draws=st.integers(1, 9)),
    st.builds(StagedLambda, stages=st.lists(stages, min_size=1, max_size=3).map(tuple)),
)
networks = st.one_of(
    st.none(),
    st.builds(
        NetworkConfig,
        kind=st.sampled_from(["unet", "blind"]),
        channels=st.integers(1, 4),
        widths=st.sampled_from([(32, 64, 64), (96, 192, 384), (5, 6)]),
        spatial_dims=st.just(2),
    ),
)
masks = st.builds(
    MaskConfig,
    percentage=reals(0.01, 25),
    replacement=st.sampled_from(["donut", "gaussian"]),
    independent_channels=st.booleans(),
)
budgets: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}),
    st.fixed_dictionaries({"steps": st.integers(0, 10**9)}),
    st.fixed_dictionaries({"seconds": positive}),
)
configs = st.builds(
    lambda budget, axes, **rest: TrainingConfig(**budget, **axes, **rest),
    budget=budgets,
    axes=st.sampled_from([{}, {"spatial_dims": 2}, {"depth_axis": "T"}]),
    lambda_inv=strategies,
    mask=masks,
    network=networks,
    joint_channels=st.booleans(),
    domain=st.sampled_from(["stabilised", "linear"]),
    start=st.sampled_from(["pretrained", "scratch"]),
    effort=reals(0.01, 100),
    noise_distance=st.sampled_from([None, (1, 1), (2, 4)]),
    patch=st.sampled_from([None, (64, 64), (16, 48, 48)]),
    batch=st.none() | st.integers(1, 512),
    learning_rate=st.none() | reals(1e-9, 1),
    weight_decay=reals(),
    warm_up=reals(),
    averaging=reals(0, 0.9999),
    gradient_clip=positive,
    augmentation=augmentations,
    validate_every=st.integers(1, 1000),
    mixed_precision=st.booleans(),
    max_pixels=st.integers(1, 10**12),
    device=st.sampled_from(["auto", "cpu", "cuda:1"]),
    seed=st.integers(0, 2**63 - 1),
)


# The form is made anew by no example, so that what one leaves behind shows in the next.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(config=configs)
def test_every_configuration_comes_back(form: ConfigForm, config: TrainingConfig) -> None:
    form.set_value(config)
    assert form.value() == config


def test_defaults_are_those_of_the_engine(form: ConfigForm) -> None:
    assert form.value() == TrainingConfig()


def test_every_setting_is_in_the_form_but_those_that_others_show(form: ConfigForm) -> None:
    shown = {path.partition(".")[0] for path in (*form.main.rows, *form.more.rows)}
    assert set(TrainingConfig.model_fields) - shown == {"lambda_inv", "effort", "start", "device"}
    masks = {path for path in form.main.rows if path.startswith("mask.")}
    assert masks == {f"mask.{name}" for name in MaskConfig.model_fields}


def test_every_setting_says_what_it_does(form: ConfigForm) -> None:
    forms = (form.main, form.more, *form.strategy.forms.values())
    rows = [row for part in forms for row in part.rows.values()]
    assert len(rows) > 25
    for row in rows:
        assert row.toolTip().endswith(".")
    assert len({text.label for text in TEXTS.values()}) > 25


def test_typing_changes_the_settings(qtbot: QtBot, form: ConfigForm) -> None:
    box = form.main.rows["batch"].editor
    assert isinstance(box, NumberBox)
    with qtbot.waitSignal(form.changed):
        qtbot.keyClicks(box.edit, "12")
    assert form.value().batch == 12


@pytest.mark.parametrize(
    ("path", "text", "reason"),
    [
        ("mask.percentage", "40", "⚠ Must be less than or equal to 25."),
        ("learning_rate", "0", "⚠ Must be greater than 0."),
        ("learning_rate", "fast", "⚠ Must be a number."),
        ("batch", "2.5", "⚠ Must be a whole number."),
        ("patch", "64, big", "⚠ Must be a whole number."),
        (
            "patch",
            "4, 4",
            "⚠ Expected two or three lengths, of at least 8 pixels in Y and X, found 4, 4.",
        ),
        ("averaging", "1", "⚠ Must be less than 1."),
    ],
)
def test_an_invalid_value_says_why_beside_the_field(
    form: ConfigForm, path: str, text: str, reason: str
) -> None:
    rows = {**form.main.rows, **form.more.rows}
    edit = rows[path].editor
    line = edit.edit if isinstance(edit, NumberBox) else edit
    assert isinstance(line, QLineEdit)
    line.setText(text)
    assert rows[path].reason.text() == reason
    assert [p for p, row in rows.items() if not row.reason.isHidden()] == [path]
    label = TEXTS[path].label
    with pytest.raises(ConfigurationError, match=f"^{re.escape(label)}"):
        form.value()
    form.set_value(TrainingConfig())
    assert rows[path].reason.isHidden()


def test_an_invalid_setting_of_the_strategy_says_why_beside_it(form: ConfigForm) -> None:
    form.strategy.kind.set_value("fixed")
    row = form.strategy.forms["fixed"].rows["value"]
    row.editor.set_value(-1.0)
    assert row.reason.text() == "⚠ Must be greater than or equal to 0."
    with pytest.raises(ConfigurationError, match=r"^Value: must be greater than or equal to 0\.$"):
        form.value()


def test_steps_and_minutes_exclude_each_other(form: ConfigForm) -> None:
    assert not form.gives_length()
    form.main.rows["steps"].editor.set_value(100)
    assert form.gives_length()
    form.main.rows["seconds"].editor.set_value(60.0)
    assert "found both" in form.main.rows["seconds"].reason.text()
    form.main.rows["steps"].editor.set_value(None)
    assert form.value().seconds == 60
    assert form.gives_length()


def test_minutes_are_minutes(form: ConfigForm) -> None:
    box = form.main.rows["seconds"].editor
    assert isinstance(box, NumberBox)
    box.edit.setText("1.5")
    assert form.value().seconds == 90


def test_a_network_fits_the_images_and_the_dimensions_that_were_chosen(form: ConfigForm) -> None:
    form.set_image_kind(2, 3)
    form.network.box.set_value("paper")
    assert form.value().network == NetworkConfig.paper(2, 3)
    form.main.rows["spatial_dims"].editor.set_value(3)
    assert form.value().network == NetworkConfig.paper(3, 3)


def test_time_is_the_third_axis_only_where_it_is_offered(form: ConfigForm) -> None:
    form.main.rows["depth_axis"].editor.set_value("T")
    assert form.value().depth_axis == "T"
    form.offer_time(False)
    assert form.main.rows["depth_axis"].isHidden()
    assert form.value().depth_axis == "Z"
    form.offer_time(True)
    assert not form.main.rows["depth_axis"].isHidden()
    assert form.value().depth_axis == "T"


def test_time_and_planes_one_by_one_exclude_each_other(form: ConfigForm) -> None:
    form.main.rows["spatial_dims"].editor.set_value(2)
    form.main.rows["depth_axis"].editor.set_value("T")
    assert "found a 2D one" in form.main.rows["depth_axis"].reason.text()
    with pytest.raises(ConfigurationError, match=r"^Third axis: expected a 3D network"):
        form.value()


def test_defaults_are_restored_but_for_what_others_show(qtbot: QtBot, form: ConfigForm) -> None:
    kept: dict[str, Any] = {"effort": 4, "start": "scratch", "device": "cpu"}
    config = TrainingConfig(lambda_inv=FixedLambda(value=1), seed=4, warm_up=0.5, **kept)
    form.set_value(config)
    with qtbot.waitSignal(form.changed):
        qtbot.mouseClick(form.reset, Qt.MouseButton.LeftButton)
    assert form.value() == TrainingConfig(**kept)


def test_setting_a_value_tells_once(form: ConfigForm) -> None:
    heard: list[object] = []
    form.changed.connect(lambda: heard.append(1))
    form.set_value(TrainingConfig(seed=3, batch=2, mask=MaskConfig(percentage=1)))
    assert len(heard) == 1
