"""What the system must lend us: `prerequisites.py venv|pdf|browser|office…`.

Run by the system's Python before anything is installed, so: standard library only, nothing of ours imported.
A missing part is installed when that is allowed without a question (root, or sudo that asks no password);
otherwise one line says what to type. Only `venv` is worth stopping for.
"""

import ctypes
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple

PANGO = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
OFFICES = ("soffice", "libreoffice")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class Part(NamedTuple):
    present: Callable[[], bool]
    packages: tuple[str, ...]
    without: str
    vital: bool = False


def has_venv() -> bool:
    importlib.invalidate_caches()
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def has_pango() -> bool:
    try:
        for library in PANGO:
            ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_office() -> bool:
    return any(shutil.which(name) for name in OFFICES)


def has_browser() -> bool:
    return any(shutil.which(name) for name in BROWSERS)


PARTS = {
    "venv": Part(
        has_venv, (f"python3.{sys.version_info.minor}-venv",), "Python cannot make its own environment", vital=True
    ),
    "pdf": Part(
        has_pango,
        ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
        "PDF files will be unavailable",
    ),
    "browser": Part(has_browser, ("chromium",), "The tests that drive a browser will fail"),
    "office": Part(has_office, ("libreoffice-calc-nogui",), "The tests that open workbooks will fail"),
}


def as_root() -> list[str] | None:
    """How to become root without asking anybody; None when there is no way."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode:
        return ["sudo", "-n"]
    return None


def install(packages: tuple[str, ...]) -> None:
    root = as_root()
    if root is None or not shutil.which("apt-get"):
        return
    print(f"Installing {' '.join(packages)} (once)…", flush=True)
    quiet = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    for step in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        subprocess.run([*quiet, *step], stdout=subprocess.DEVNULL, check=False)


def provide(part: Part) -> bool:
    """False when a vital part is still missing."""
    if not part.present():
        install(part.packages)
    if part.present():
        return True
    print(f"{part.without}. To mend it, type: sudo apt-get install {' '.join(part.packages)}", flush=True)
    return not part.vital


def main(names: list[str]) -> int:
    provided = [provide(PARTS[name]) for name in names]  # all of them, even after one that failed
    return 0 if all(provided) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
