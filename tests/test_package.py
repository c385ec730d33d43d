from __future__ import annotations

import importlib
import importlib.metadata
import inspect
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from npe2 import PluginManifest
from numpydoc.validate import validate

import napari_noise2same

DISTRIBUTION = "napari-noise2same"
HEAVY = {"napari", "PyQt5", "PyQt6", "PySide2", "PySide6", "qtpy", "torch"}
PACKAGE_MANIFEST = Path(napari_noise2same.__file__).with_name("napari.yaml")
ROOT_MANIFEST = Path(__file__).parents[1] / "napari.yaml"


def modules_after_importing(module: str) -> set[str]:
    """Top-level names in `sys.modules` of a fresh interpreter that imported one module."""
    code = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def exported_functions() -> Iterator[str]:
    """Full names of the functions that the package and its subpackages export."""
    found = pkgutil.walk_packages(napari_noise2same.__path__, "napari_noise2same.")
    for name in ["napari_noise2same", *(module.name for module in found if module.ispkg)]:
        package = importlib.import_module(name)
        for export in getattr(package, "__all__", []):
            if inspect.isfunction(getattr(package, export)):
                yield f"{name}.{export}"


@pytest.mark.parametrize(
    "module",
    [
        "napari_noise2same",
        "napari_noise2same.core",
        "napari_noise2same.core.batch",
        "napari_noise2same.core.io",
    ],
)
def test_import_is_light(module: str) -> None:
    loaded = modules_after_importing(module)

    assert "napari_noise2same" in loaded
    assert not loaded & HEAVY


def test_version_is_the_one_of_the_distribution() -> None:
    assert napari_noise2same.__version__ == importlib.metadata.version(DISTRIBUTION)


@pytest.mark.skipif(sys.platform == "win32", reason="git may check a link out as a text file")
def test_manifest_at_the_top_is_the_one_in_the_package() -> None:
    assert ROOT_MANIFEST.read_bytes() == PACKAGE_MANIFEST.read_bytes()


def test_npe2_finds_the_manifest_by_the_name_of_the_distribution() -> None:
    manifest = PluginManifest.from_distribution(DISTRIBUTION)

    assert manifest.name == DISTRIBUTION
    assert manifest.display_name == "Noise2Same"
    assert manifest.package_version == napari_noise2same.__version__


@pytest.mark.parametrize("function", list(exported_functions()))
def test_exported_function_documents_parameters_and_result(function: str) -> None:
    errors = dict(validate(function)["errors"])

    assert not {code: errors[code] for code in ("PR01", "PR07", "RT01", "YD01") if code in errors}
