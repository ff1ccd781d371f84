"""Seeyon (致远), third-party pending (第三方待办): a store of to-dos that are pushed to it by the product's own ids. It calls nobody, and cannot be read.

Written from the vendor's pages (open.seeyoncloud.com, v5devCIP 250 and 256) and from clients of several customers.
"""

from api.simulators.seeyon.app import create_app
from api.simulators.seeyon.config import Config

__all__ = ["Config", "create_app"]
