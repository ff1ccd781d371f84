"""Weaver e-cology (泛微), unified to-dos (统一待办, ofs): a store of rows that are pushed to it, over JSON or SOAP. It calls nobody.

No page of the vendor could be read. It is written from what clients of several customers agree on, so its messages are examples.
"""

from api.simulators.weaver.app import create_app
from api.simulators.weaver.config import Config

__all__ = ["Config", "create_app"]
