"""All methods by name: ``name`` at its own default effort, ``name@60`` with 60 seconds to train.

A method that starts with the name of a peer runs in that peer's interpreter (``--peer-python``),
so nothing is imported here before it is asked for.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from importlib import import_module

from outcome import Method

__all__ = ["PEERS", "Choice", "find_method", "method_names", "parse_choices"]

# The methods that run in another interpreter, by its name, which is also their module's.
PEERS = {"careamics": ("careamics-n2v", "careamics-n2v2")}
_MODULES = ("classical", "ours")


@dataclass(frozen=True)
class Choice:
    """A method as it was asked for.

    Attributes
    ----------
    name : str
        Name of the method.
    seconds : float or None
        Time to train; None for the method's own default.
    """

    name: str
    seconds: float | None = None

    @property
    def label(self) -> str:
        """What to call it in a table."""
        return self.name if self.seconds is None else f"{self.name}@{self.seconds:g}"

    @property
    def peer(self) -> str | None:
        """Whose interpreter it needs; None for this one."""
        return next((peer for peer, names in PEERS.items() if self.name in names), None)

    @property
    def trains(self) -> bool:
        """Whether it takes a time to train."""
        return self.peer is not None or self.name.startswith(("ours", "noise2same"))


def find_method(name: str) -> Method:
    """Import a method.

    Parameters
    ----------
    name : str
        Its name.

    Returns
    -------
    Method
        The method.
    """
    peer = Choice(name).peer
    modules = _MODULES if peer is None else (f"{peer}_peer",)
    methods: dict[str, Method] = {}
    for module in modules:
        methods |= import_module(module).METHODS
    return methods[name]


def method_names() -> list[str]:
    """Return the names of all methods."""
    here = [name for module in _MODULES for name in import_module(module).METHODS]
    return here + [name for names in PEERS.values() for name in names]


def parse_choices(text: str) -> list[Choice]:
    """Read a list of methods from the command line, all of which must be known.

    Parameters
    ----------
    text : str
        ``name`` or ``name@seconds``, separated by commas.

    Returns
    -------
    list of Choice
        The methods, in that order.

    Raises
    ------
    argparse.ArgumentTypeError
        If a method is unknown, or takes no time to train.
    """
    known = method_names()
    choices = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        name, _, seconds = word.partition("@")
        if name not in known:
            raise argparse.ArgumentTypeError(
                f"expected methods out of {', '.join(known)}, found {name}"
            )
        choice = Choice(name, float(seconds) if seconds else None)
        if choice.seconds is not None and not choice.trains:
            raise argparse.ArgumentTypeError(f"expected no time for {name}, which does not train")
        choices.append(choice)
    return choices
