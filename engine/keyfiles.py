"""Keys that are made once and kept in a file for their owner only."""

import os
import secrets
from pathlib import Path


def kept(path: Path) -> str:
    """Return the key in a file; make 32 random bytes, in hex, if there is none. Of several processes at once the first wins, and all return the same."""
    try:
        return path.read_text(encoding="ascii")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        draft.unlink()
        return path.read_text(encoding="ascii")
