"""Compiles hot loops once for a machine: `compiled` is numba's njit with a cache that follows the source.

numba looks only at a function's own file when it decides whether a cached kernel is still good, not at the
functions that it calls. So the cache's folder is named after the source of all kernels: another source, another
folder.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])

_ROOMS: Final = ("ledger", "restitution", "tracing")
_MARKS: Final = (b"@compiled", b"@bare", b"@inlined")


def _cache_folder() -> Path:
    source = hashlib.sha256()
    here = Path(__file__).parent
    source.update(Path(__file__).read_bytes())
    for room in _ROOMS:
        for file in sorted((here / room).rglob("*.py")):
            text = file.read_bytes()
            if any(mark in text for mark in _MARKS):
                source.update(text)
    name = f"{source.hexdigest()[:16]}"
    homes = (
        Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "yipanqi",
        Path(tempfile.gettempdir()) / f"yipanqi-{os.getuid()}",
    )
    for home in homes:
        try:
            (home / "kernels" / name).mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(home / "kernels" / name, os.W_OK):
            return home / "kernels" / name
    return homes[-1]


setattr(numba.config, "CACHE_DIR", str(_cache_folder()))  # noqa: B010 - numba declares none of its settings


def compiled(function: Function) -> Function:
    """The function as machine code, made at its first call with each set of types and kept for later runs."""
    return cast(Function, numba.njit(cache=True)(function))


def bare(function: Function) -> Function:
    """As `compiled`, for a function that makes no arrays: nothing is counted, so it runs faster and compiles sooner."""
    return _without_counting()(function)


def inlined(function: Function) -> Function:
    """As `bare`, and put into its callers: a call would hand over every field of every array."""
    return _without_counting(forceinline=True)(function)


def _without_counting(**options: bool) -> Callable[[Function], Function]:
    """njit without counting who uses an array; numba knows the option and does not declare it."""
    return cast(Any, numba.njit)(cache=True, _nrt=False, **options)  # type: ignore[no-any-return]
