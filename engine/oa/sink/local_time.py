"""Points of time as text without a zone, as office systems on a company's own servers write them: in the zone of the server, not in ours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from engine.errors import Fault, InvalidContent
from engine.oa.contract import Connection, Field

DEFAULT = "Asia/Shanghai"
FORMAT = "%Y-%m-%d %H:%M:%S"
ZONE = Field("zone", "办公系统服务器所在时区", "Time zone of the office system's server", required=False, default=DEFAULT)


def zone_of(connection: Connection) -> ZoneInfo:
    """Return the zone of a connection's server. Refuses with `InvalidContent` a name that is none."""
    name = str(connection.settings.get("zone") or DEFAULT)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidContent([Fault("zone", f"没有时区 {name}", f"there is no time zone {name}", path="zone")]) from None


def local(at: datetime, zone: ZoneInfo) -> str:
    """Return a point of time as `yyyy-MM-dd HH:mm:ss` in a zone; one without a zone is UTC."""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone).strftime(FORMAT)
