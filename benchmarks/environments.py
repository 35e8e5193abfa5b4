"""The peers' environments: each its own, in a cache folder outside the repository, made when first needed.

A peer's pins are its own: they never meet those of Atlas. An environment is made again when its requirements change.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
from collections.abc import Sequence

DEFAULT_CACHE = pathlib.Path.home() / ".cache" / "atlas-benchmarks"
REQUIREMENTS = {
    "vectorbt": ("vectorbt==1.2.0", "vectorbt-rust==1.2.0"),
    "raptorbt": ("raptorbt==0.13.4", "numpy==2.4.6", "pandas==3.1.1"),
    "nautilus": ("nautilus_trader==1.221.0", "numpy==2.4.6", "pandas==2.3.3"),
    "backtrader": ("backtrader==1.9.78.123", "numpy==2.4.6", "pandas==3.1.1"),
    "quantstats": ("quantstats==0.0.86", "numpy==2.4.6", "pandas==3.1.1"),
    "backtesting": ("backtesting==0.6.6", "numpy==2.4.6", "pandas==3.1.1"),
}
# The newest Python each peer has wheels for; others take the one that runs this.
NEWEST_PYTHON = {"nautilus": (3, 13)}


class EnvironmentMakingError(Exception):
    """A peer's environment could not be made; the message says which and why."""


def cache_folder(given: pathlib.Path | None = None) -> pathlib.Path:
    """Give the folder for environments and bars: as given, or $ATLAS_BENCHMARKS, or one in the user's cache."""
    named = os.environ.get("ATLAS_BENCHMARKS")
    return given or (pathlib.Path(named) if named else DEFAULT_CACHE)


def environment(name: str, cache: pathlib.Path) -> pathlib.Path:
    """Give the Python of a peer's environment, making the environment if it is not there.

    Raises
    ------
    EnvironmentMakingError
        If no fitting Python is found, or pip fails.
    """
    folder = cache / name
    python = folder / "bin" / "python"
    stamp = folder / "requirements.txt"
    if is_made(name, cache):
        return python
    print(f"making the environment of {name} in {folder}: {', '.join(REQUIREMENTS[name])}", flush=True)
    stamp.unlink(missing_ok=True)
    _run(name, [_base_python(name), "-m", "venv", str(folder)])
    _run(name, [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *REQUIREMENTS[name]])
    stamp.write_text(_wanted(name))
    return python


def is_made(name: str, cache: pathlib.Path) -> bool:
    """Tell whether a peer's environment is there, with the requirements of today."""
    stamp = cache / name / "requirements.txt"
    return (cache / name / "bin" / "python").exists() and stamp.exists() and stamp.read_text() == _wanted(name)


def _wanted(name: str) -> str:
    return "\n".join(REQUIREMENTS[name]) + "\n"


def _base_python(name: str) -> str:
    newest = NEWEST_PYTHON.get(name)
    if newest is None or sys.version_info[:2] <= newest:
        return sys.executable
    for minor in range(newest[1], 10, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], check=False, capture_output=True).returncode == 0:
            return found
    raise EnvironmentMakingError(
        f"{name} has no wheels for this Python; install Python 3.11 to {newest[0]}.{newest[1]}"
    )


def _run(name: str, command: Sequence[str]) -> None:
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    if finished.returncode:
        raise EnvironmentMakingError(f"{name}: {' '.join(command)} failed:\n{finished.stdout}{finished.stderr}")


def main() -> None:
    """Make the environments of some peers, or of all."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("peers", nargs="*", choices=[[], *REQUIREMENTS], help="all, if none is named")
    parser.add_argument("--cache", type=pathlib.Path)
    arguments = parser.parse_args()
    for name in arguments.peers or REQUIREMENTS:
        print(environment(name, cache_folder(arguments.cache)))


if __name__ == "__main__":
    main()
