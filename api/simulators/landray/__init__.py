"""Landray EKP (蓝凌), sysNotifyTodoWebService: to-dos over SOAP, which can also be asked for. It calls nobody.

No page of the vendor could be read. It is written from what generated clients of several customers agree on.
"""

from api.simulators.landray.app import create_app
from api.simulators.landray.config import Config

__all__ = ["Config", "create_app"]
