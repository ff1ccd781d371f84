"""Lets the test files here import what they share (`traces`, `simulator`, `grammar`)."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
