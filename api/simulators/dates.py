"""Times as classic office systems write them: local, without a zone."""

from datetime import datetime

from api.simulators.fields import Wrong


def check(value: str, name: str, *, seconds_needed: bool = True) -> None:
    """Check `yyyy-MM-dd HH:mm:ss`; without `seconds_needed` also `yyyy-MM-dd HH:mm`."""
    shapes = {19: "%Y-%m-%d %H:%M:%S"} | ({} if seconds_needed else {16: "%Y-%m-%d %H:%M"})
    try:
        datetime.strptime(value, shapes[len(value)])  # noqa: DTZ007 - these texts have no zone
    except (KeyError, ValueError):
        raise Wrong(f"{name} must be yyyy-MM-dd HH:mm:ss") from None
