"""Two copies of LLVM in one process: one draws the window, the other came with torch."""

from __future__ import annotations

import contextlib
import ctypes
import os
from importlib.util import find_spec
from pathlib import Path

__all__ = ["keep_llvm_apart"]


def keep_llvm_apart() -> None:
    """Let triton use its own LLVM beside that of the window; called before torch is loaded.

    Mesa, which draws without a graphics card and on those of AMD, brings an LLVM whose names all
    libraries can see from the first window on. Torch imports triton sooner or later, whose library
    exports the same names (since 3.7) and would then call Mesa's functions in place of its own:
    that ends the process. Once loaded in this way, it looks at itself first. Where there is no
    triton, or another loader, there is nothing to do.
    """
    deep_bind = getattr(os, "RTLD_DEEPBIND", None)
    spec = find_spec("triton")
    if deep_bind is None or spec is None:
        return
    for folder in spec.submodule_search_locations or ():
        for library in Path(folder, "_C").glob("libtriton*.so"):
            # A library that cannot be loaded is as good as none: torch does without.
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(library), mode=ctypes.RTLD_LOCAL | deep_bind)
