"""Feishu (飞书) with third-party approvals: the product keeps the flow and mirrors each instance here; buttons on a phone call the product back.

Written from the vendor's pages (创建三方审批定义, 同步三方审批实例, 校验三方审批实例, 三方快捷审批回调, 频控策略) and the models of its SDK
lark-oapi 1.7.5.
"""

from api.simulators.feishu.app import create_app
from api.simulators.feishu.config import Config

__all__ = ["Config", "create_app"]
