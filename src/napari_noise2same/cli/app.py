"""The commands in one program, and what happens to errors and warnings."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial, wraps
from inspect import cleandoc
from io import TextIOWrapper
from typing import Annotated, NoReturn, TextIO

import typer
from pydantic import ValidationError

from napari_noise2same import __version__
from napari_noise2same.cli.demo import demo
from napari_noise2same.cli.denoise import denoise
from napari_noise2same.cli.evaluate import evaluate
from napari_noise2same.cli.info import info
from napari_noise2same.cli.interrupt import INTERRUPTED
from napari_noise2same.cli.output import emit, note
from napari_noise2same.cli.ranks import is_one_of_several
from napari_noise2same.cli.train import train
from napari_noise2same.core.errors import ConfigurationError, Noise2SameError, StoppedError

__all__ = ["app", "main"]

# The exit code of wrong usage, which Typer explains.
_MISUSED = 2


def _telling_of_interruption(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command say that Ctrl-C has ended it; Typer would leave without a word."""

    @wraps(command)
    def run(**options: object) -> None:
        try:
            command(**options)
        except KeyboardInterrupt as error:
            raise StoppedError("Stopped before there was a result.") from error

    return run


def _unwrapped(text: str) -> str:
    """Leave it to the terminal where the lines of a paragraph end."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(text).split("\n\n"))


app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
for command in (train, denoise, evaluate, info, demo):
    app.command(help=_unwrapped(command.__doc__ or ""))(_telling_of_interruption(command))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line, and leave with its exit code.

    0: the job was done. 1: it could not be done. 2: wrong usage. 130: ended by Ctrl-C or SIGTERM.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the program's name; by default what the shell has passed.

    Raises
    ------
    SystemExit
        Always.
    """
    # What other packages log, tifffile about odd tags for instance, says nothing to users.
    logging.getLogger().addHandler(logging.NullHandler())
    if isinstance(sys.stdout, TextIOWrapper):
        # Into a file Windows writes in a code page that lacks σ, and many names of files.
        sys.stdout.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.showwarning = partial(_show_warning, set())
        given = sys.argv[1:] if arguments is None else arguments
        as_json = "--json" in given
        fail = partial(_fail, as_json=as_json)
        try:
            app(given, prog_name="napari-noise2same")
        except SystemExit as leaving:
            if as_json and leaving.code == _MISUSED:
                _tell_programs("Expected options as in --help, see standard error.")
            raise
        except StoppedError as error:
            fail(str(error), code=INTERRUPTED)
        except Noise2SameError as error:
            fail(str(error))
        except ValidationError as error:
            fail(_sentence(error))
        except OSError as error:
            # Whatever the system refuses before our own words are found for it: long names, ...
            place = error.filename or "a file or the standard output"
            fail(f"{error.strerror or error}: {place} cannot be used.")


def _fail(sentence: str, *, as_json: bool, code: int = 1) -> NoReturn:
    """Say what is wrong, whichever of several processes has met it, and leave."""
    typer.echo(f"Error: {sentence}", err=True)
    if as_json:
        _tell_programs(sentence)
    sys.exit(code)


def _tell_programs(sentence: str) -> None:
    """Say what is wrong in JSON, where the standard output is not what is wrong."""
    with suppress(OSError):
        emit({"error": sentence}, "", as_json=True)


def _show_version(asked: bool) -> None:
    """Print the version and leave."""
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _top(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Denoise images with Noise2Same, which learns from the noisy images alone."""
    if is_one_of_several() and context.invoked_subcommand != "train":
        raise ConfigurationError(
            f"Expected the command train from torchrun, found {context.invoked_subcommand}: "
            "start it without torchrun."
        )


def _show_warning(
    shown: set[str],
    message: Warning | str,
    category: type[Warning],  # noqa: ARG001
    filename: str,  # noqa: ARG001
    lineno: int,  # noqa: ARG001
    file: TextIO | None = None,  # noqa: ARG001
    line: str | None = None,  # noqa: ARG001
) -> None:
    """Show a warning without the place in the code, and once: images are read again."""
    if str(message) not in shown:
        shown.add(str(message))
        note(f"Warning: {message}")


def _sentence(error: ValidationError) -> str:
    """Say which settings cannot be used."""
    parts = (
        f"{'.'.join(map(str, item['loc']))} = {item['input']!r} "
        f"({item['msg'].removeprefix('Value error, ')})"
        for item in error.errors()
    )
    return f"Expected settings that can be used, found {'; '.join(parts)}."
