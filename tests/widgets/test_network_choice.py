from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from napari_noise2same.core.settings import NetworkConfig
from napari_noise2same.widgets.network_choice import NetworkChoice

OWN = NetworkConfig(widths=(7, 9), skip="gated", channels=2)


def names(choice: NetworkChoice) -> list[str]:
    return [choice.box.itemText(i) for i in range(choice.box.count())]


@pytest.mark.parametrize(
    ("network", "name"),
    [
        (None, "Automatic"),
        (NetworkConfig.small(3, 2), "Small"),
        (NetworkConfig.paper(2, 1), "Paper (large)"),
        (NetworkConfig(kind="blind", channels=4), "Blind"),
        (OWN, "As it was set"),
    ],
)
def test_every_network_comes_back_under_its_name(
    qtbot: QtBot, network: NetworkConfig | None, name: str
) -> None:
    choice = NetworkChoice()
    qtbot.addWidget(choice)
    choice.set_value(OWN)
    choice.set_value(network)
    assert choice.value() == (network and network.model_dump())
    assert choice.box.currentText() == name


def test_a_network_of_ones_own_is_offered_only_if_there_is_one(qtbot: QtBot) -> None:
    choice = NetworkChoice()
    qtbot.addWidget(choice)
    assert "As it was set" not in names(choice)
    choice.set_value(OWN)
    assert "As it was set" in names(choice)


@pytest.mark.parametrize("key", ["small", "paper", "blind"])
def test_networks_fit_the_images(qtbot: QtBot, key: str) -> None:
    choice = NetworkChoice()
    qtbot.addWidget(choice)
    choice.set_image_kind(3, 4)
    with qtbot.waitSignal(choice.changed):
        choice.box.set_value(key)
    value = choice.value()
    assert value is not None
    assert (value["spatial_dims"], value["channels"]) == (3, 4)
