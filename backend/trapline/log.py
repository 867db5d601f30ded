"""Logging: one line an event to stdout; Crossbar prefixes it with the guest's process."""

import logging
import sys


def configure(stage: str, level: str) -> None:
    """Configures the process's root logger once, at its start."""
    logging.basicConfig(
        stream=sys.stdout,
        level=level.upper(),
        format=f"%(levelname)s {stage}: %(message)s",
        force=True,
    )
