"""Messages to the user. In the sandbox the host prints them; elsewhere they go to standard error."""

import sys
from collections.abc import Callable
from typing import Literal

Level = Literal["debug", "info", "warning"]


def _print(level: Level, message: str) -> None:
    print(f"{level}: {message}", file=sys.stderr)


_sink: Callable[[Level, str], None] = _print


def debug(message: object) -> None:
    """Prints a message for debugging: shown if the platform asks for it (`BP_LOG_LEVEL=debug`)."""
    _sink("debug", str(message))


def info(message: object) -> None:
    """Prints the progress of the phase."""
    _sink("info", str(message))


def warning(message: object) -> None:
    """Prints a likely mistake that does not stop the build."""
    _sink("warning", str(message))
