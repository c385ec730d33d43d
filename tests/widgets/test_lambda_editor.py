from __future__ import annotations

import pytest
from pydantic import TypeAdapter
from pytestqt.qtbot import QtBot

from napari_noise2same.core.settings import (
    STRATEGIES,
    AdaptiveLambda,
    CalibratedLambda,
    CovarianceLambda,
    FixedLambda,
    LambdaConfig,
    Noise2InfoLambda,
    StagedLambda,
)
from napari_noise2same.widgets.form_texts import TEXTS
from napari_noise2same.widgets.lambda_editor import LambdaEditor

CONFIGS: list[LambdaConfig] = [
    FixedLambda(value=0.95),
    CovarianceLambda(),
    AdaptiveLambda(decay=0.5),
    CalibratedLambda(sigma="noise", decay=0.9),
    Noise2InfoLambda(every=7, draws=2),
    StagedLambda(stages=StagedLambda().stages[:2]),
]


def make(qtbot: QtBot) -> LambdaEditor:
    editor = LambdaEditor()
    qtbot.addWidget(editor)
    return editor


def test_the_form_has_a_name_for_each_strategy() -> None:
    assert TEXTS["lambda_inv"].choices.keys() == {None, *STRATEGIES}
    assert {config.kind for config in CONFIGS} == set(STRATEGIES)


@pytest.mark.parametrize("strategy", CONFIGS)
def test_every_strategy_comes_back(qtbot: QtBot, strategy: LambdaConfig) -> None:
    editor = make(qtbot)
    editor.set_value(strategy)
    assert TypeAdapter(LambdaConfig).validate_python(editor.value()) == strategy


def test_a_strategy_may_be_left_to_be_chosen(qtbot: QtBot) -> None:
    editor = make(qtbot)
    editor.set_value(FixedLambda(value=3))
    editor.set_value(None)
    assert editor.value() is None
    assert all(form.isHidden() for form in editor.forms.values())


def test_only_the_chosen_strategy_shows_its_settings(qtbot: QtBot) -> None:
    editor = make(qtbot)
    for kind in editor.forms:
        editor.kind.set_value(kind)
        assert [k for k, form in editor.forms.items() if not form.isHidden()] == [kind]


def test_every_change_is_told(qtbot: QtBot) -> None:
    editor = make(qtbot)
    with qtbot.waitSignal(editor.changed):
        editor.kind.set_value("fixed")
    with qtbot.waitSignal(editor.changed):
        editor.forms["fixed"].rows["value"].editor.set_value(3.0)


def test_reasons_reach_the_field_of_the_strategy(qtbot: QtBot) -> None:
    editor = make(qtbot)
    editor.show_reasons({"fixed.value": "Bad.", "staged.stages.1.learning_rate": "Too large."})
    assert editor.forms["fixed"].rows["value"].reason.text() == "⚠ Bad."
    stages = editor.forms["staged"].rows["stages"].reason.text()
    assert stages == "⚠ Stage 2, learning rate: Too large."
    assert editor.forms["adaptive"].rows["decay"].reason.isHidden()
    editor.show_reasons({})
    assert editor.forms["fixed"].rows["value"].reason.isHidden()
