"""Who may show our pages in a frame: the hosts of the setting and those of the connections that are switched on; and what a session's cookie needs for it.

A browser sends a cookie into a frame of another site only with `SameSite=None; Secure`. So it is made when frames are configured and people come by https, and
stays `Lax` otherwise; what it may do by itself is no more than before, for every form carries its token.
"""

import re
import time

from flask import Flask, current_app
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from engine.settings import Settings
from models import db
from models.oa import OaConnection

LIFE = 5.0  #: seconds for which hosts are remembered
#: a host as a policy names it: with or without scheme and port, a star for the first label or the port
HOST = re.compile(
    r"(https?://)?(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*(:([0-9]{1,5}|\*))?"
)
ALONE = "'none'"


class Framing:
    """The hosts, looked up now and then."""

    def __init__(self, settings: Settings) -> None:
        self._configured = settings.frame_ancestors.split()
        self._https = settings.public_url.startswith("https://")
        self._found: tuple[float, list[str]] | None = None

    @property
    def ancestors(self) -> str:
        """What stands behind `frame-ancestors`."""
        hosts = self.hosts()
        return " ".join(dict.fromkeys([*(one for one in self._configured if one != ALONE or not hosts), *hosts])) or ALONE

    @property
    def crosses_sites(self) -> bool:
        """Tell whether a session must be good in a frame of another site."""
        return self._https and bool(self.hosts() or set(self._configured) - {"'self'", ALONE})

    def hosts(self) -> list[str]:
        """Return the hosts of the connections that are switched on; those of before while the database cannot be asked."""
        if self._found is None or time.monotonic() - self._found[0] > LIFE:
            known = self._found[1] if self._found is not None else []
            try:
                known = self._ask()
            except SQLAlchemyError:
                current_app.logger.warning("the hosts that may frame our pages cannot be read now")
            self._found = time.monotonic(), known
        return self._found[1]

    def _ask(self) -> list[str]:
        with db.engine.connect() as connection:  # a request's own session may be at an end, or broken
            given = connection.scalars(select(OaConnection.settings["frame_hosts"].astext).where(OaConnection.active)).all()
        return sorted({host for text in given for host in hosts_in(text)})


def hosts_in(text: str | None) -> list[str]:
    """Return the hosts of a text, with commas or spaces between; what is no host, and could say something else in a header, is left out."""
    return [one for one in words_in(text) if HOST.fullmatch(one)]


def strangers_in(text: str | None) -> list[str]:
    """Return what stands in such a text and is no host."""
    return [one for one in words_in(text) if not HOST.fullmatch(one)]


def words_in(text: str | None) -> list[str]:
    return [one for one in re.split(r"[\s,;，、；]+", text or "") if one]


class Sessions(SecureCookieSessionInterface):
    """Sessions whose cookie works in a frame where that is configured."""

    def get_cookie_samesite(self, app: Flask) -> str | None:
        return "None" if framing(app).crosses_sites else super().get_cookie_samesite(app)

    def get_cookie_secure(self, app: Flask) -> bool:
        return framing(app).crosses_sites or super().get_cookie_secure(app)


def install(app: Flask) -> None:
    app.extensions["framing"] = Framing(app.config["SETTINGS"])
    app.session_interface = Sessions()


def framing(app: Flask | None = None) -> Framing:
    found: Framing = (app or current_app).extensions["framing"]
    return found
