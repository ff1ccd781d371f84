"""WeCom (企业微信): template cards with buttons, which tell the product in sealed XML, and are updated with a code that is good once; contacts and sign-in.

Written from the vendor's pages (发送应用消息, 更新模版卡片消息, 事件格式, 加解密方案说明, 获取访问用户身份). WeCom has no list of foreign to-dos: a card
is a message.
"""

from api.simulators.wecom.app import create_app
from api.simulators.wecom.config import Config

__all__ = ["Config", "create_app"]
