from __future__ import annotations

import importlib
import json
import subprocess
import sys

import pytest
from napari import Viewer
from napari._app_model import get_app_model
from napari.settings import get_plugin_settings
from npe2 import PluginManager, PluginManifest
from npe2.manifest.contributions import CommandContribution
from qtpy.QtWidgets import QWidget

NAME = "napari-noise2same"
MANIFEST = PluginManifest.from_distribution(NAME)
COMMANDS = MANIFEST.contributions.commands or []
WIDGETS = [widget.display_name for widget in MANIFEST.contributions.widgets or []]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_command_exists(command: CommandContribution) -> None:
    assert command.python_name is not None
    module, name = command.python_name.split(":")

    assert callable(getattr(importlib.import_module(module), name))


def test_discovery_imports_neither_torch_nor_the_plugin() -> None:
    code = (
        "import json, sys; from npe2 import PluginManager; manager = PluginManager.instance();"
        f"manager.discover(); manager.get_manifest({NAME!r});"
        "print(json.dumps(list(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)

    assert "npe2" in loaded
    assert not [name for name in loaded if name == "torch" or name.startswith("napari_noise2same.")]


def test_manifest_is_valid() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "npe2.cli", "validate", NAME], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def registered(npe2pm: PluginManager, viewer: Viewer) -> Viewer:
    """A viewer of a napari that has found the plugin."""
    npe2pm.register(MANIFEST)
    return viewer


@pytest.mark.parametrize("name", WIDGETS)
@pytest.mark.usefixtures("registered")
def test_dock_opens(viewer: Viewer, name: str) -> None:
    dock, widget = viewer.window.add_plugin_dock_widget(NAME, name)

    assert isinstance(widget, QWidget)
    viewer.window.remove_dock_widget(dock)


@pytest.mark.parametrize("key", [sample.key for sample in MANIFEST.contributions.sample_data or []])
def test_sample_opens(registered: Viewer, key: str) -> None:
    layers = registered.open_sample(NAME, key)

    assert len(layers) == 2


def test_file_of_tensors_has_a_reader() -> None:
    (contribution,) = MANIFEST.contributions.readers or []

    assert contribution.filename_patterns == ["*.safetensors"]


def test_layer_menu_has_the_entries(registered: Viewer) -> None:  # noqa: ARG001
    found = {
        menu: [
            item.command.id
            for item in get_app_model().menus.get_menu(menu)
            if hasattr(item, "command")
        ]
        for menu in ("napari/layers/filter", "napari/layers/visualize")
    }

    for command in ("train", "denoise", "denoise_now"):
        assert f"{NAME}.{command}" in found["napari/layers/filter"]
    assert f"{NAME}.compare" in found["napari/layers/visualize"]


def test_context_menu_has_the_entry_while_the_plugin_is_on(
    registered: Viewer, npe2pm: PluginManager
) -> None:
    def entries() -> list[str]:
        items = get_app_model().menus.get_menu("napari/layers/context")
        return [item.command.id for item in items if hasattr(item, "command")]

    registered.open_sample(NAME, "cells")
    assert f"{NAME}.denoise_now" in entries()

    npe2pm.deactivate(NAME)
    assert f"{NAME}.denoise_now" not in entries()


@pytest.mark.usefixtures("registered", "plugin_settings")
def test_preferences_are_offered() -> None:
    assert get_plugin_settings(NAME).compare.blink_milliseconds == 600
