"""DingTalk (钉钉): the process centre (自有OA审批), the to-do API, the gateway that tells of pressed buttons, events over HTTP, contacts and sign-in.

Written from the vendor's pages (创建流程中心待处理任务, 更新流程中心任务状态, 查询通过流程中心集成的OA审批任务, 三方流程与页面对接, 回调加解密)
and the models of its SDK alibabacloud-dingtalk 2.2.65. Ids are made here: a call whose answer is lost and that is made again leaves two cards.
"""

from api.simulators.dingtalk.app import create_app
from api.simulators.dingtalk.config import Config

__all__ = ["Config", "create_app"]
