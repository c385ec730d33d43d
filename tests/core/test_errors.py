from __future__ import annotations

import pytest

from napari_noise2same.core import errors

PARENTS = {
    "AxesError": (errors.ImageError,),
    "ConfigurationError": (errors.Noise2SameError, ValueError),
    "DeviceError": (errors.Noise2SameError,),
    "FileError": (errors.Noise2SameError, OSError),
    "ImageError": (errors.Noise2SameError, ValueError),
    "MissingDependencyError": (errors.Noise2SameError, ImportError),
    "ModelFileError": (errors.FileError,),
    "Noise2SameError": (Exception,),
    "StoppedError": (errors.Noise2SameError,),
    "TakenError": (errors.FileError,),
    "TrainingError": (errors.Noise2SameError,),
    "UnreadableError": (errors.FileError,),
}


def test_the_tree_is_complete() -> None:
    assert errors.__all__ == sorted(PARENTS)


@pytest.mark.parametrize("name", PARENTS)
def test_errors_are_caught_by_their_meaning_and_by_their_base(name: str) -> None:
    error = getattr(errors, name)
    assert error.__bases__ == PARENTS[name]
    assert issubclass(error, errors.Noise2SameError)


@pytest.mark.parametrize("name", PARENTS)
def test_no_error_is_one_that_generator_workers_swallow(name: str) -> None:
    assert not issubclass(getattr(errors, name), RuntimeError)


@pytest.mark.parametrize("name", PARENTS)
def test_the_message_is_shown_as_it_is(name: str) -> None:
    assert str(getattr(errors, name)("Expected one, found two.")) == "Expected one, found two."
