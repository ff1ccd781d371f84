"""说明.txt: what is in a package and how to check it, for somebody who has the package, no network and none of our programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processes.archive.contents import Material

#: checks one history; needs only sh, sed, base64, xxd and sha256sum
CHAIN_SCRIPT = """\
prev=0000000000000000000000000000000000000000000000000000000000000000
n=0
while IFS= read -r line; do
  n=$((n+1))
  body=$(printf '%s' "$line" | sed 's/.*"body":"\\([^"]*\\)".*/\\1/')
  want=$(printf '%s' "$line" | sed 's/.*"hash":"\\([^"]*\\)".*/\\1/')
  got=$( { printf '%s' "$prev" | xxd -r -p; printf '%s' "$body" | base64 -d; } | sha256sum | cut -c1-64 )
  [ "$got" = "$want" ] || echo "第 $n 行哈希不一致"
  prev=$want
done < "$FILE"
echo "$n 行，末尾哈希 $prev"
"""

_TEXT = """\
说明

档号：{code}
题名：{title}

本文件夹是一个电子会计档案归档包，采用 BagIt 格式（RFC 8493），不加密、不压缩，任何系统都可以直接读取。


一、内容

data/original/            原始文件，与收到时逐字节相同；文件名仅替换了系统不允许的字符
data/{kind}.json{pad}业务数据（规范化内容：从原始文件读出，或由人补录）
data/approval-record.html 审批记录，可用浏览器打开和打印
data/history/             流转记录，每行一个事件：
{histories}
data/process/             流程图（BPMN）与决策表（DMN），与运行时部署的文件相同
data/receipts.json        办公系统的回执与作业结果
data/metadata.json        元数据（名称依 DA/T 94-2022），文件摘要，流转记录末尾
data/checks.json          四性检测结果（真实性、完整性、可用性、安全性）
data/说明.txt             本文件
bagit.txt, bag-info.txt   BagIt 标识与概要
manifest-sha256.txt       data/ 下每个文件的 SHA-256
tagmanifest-sha256.txt    其余文件的 SHA-256；它自身的 SHA-256 就是“归档包摘要”


二、检查文件有没有被改动

在本文件夹中执行：

sha256sum -c manifest-sha256.txt
sha256sum -c tagmanifest-sha256.txt
sha256sum tagmanifest-sha256.txt

最后一行输出应等于归档时登记的归档包摘要。摘要不在包内，登记在归档流程的流转记录（事件 archive:sealed）中，
请向档案部门或审计人员索取后比对。


三、检查流转记录有没有被改动

每个事件（一行）的字段：
number 编号，从 1 起连续；step 步骤；type 类型；at 时间（UTC）；actor 操作人；element 流程节点；
body 被哈希的原始字节（base64）；hash 哈希（十六进制）；
personal 附加内容，如意见、姓名、填写的值（base64）；salt 盐（base64）。依法删除的附加内容为 null。

规则：
hash = SHA-256( 上一个事件的 hash 的 32 个原始字节 + body 解码后的字节 )；第一个事件之前为 32 个零字节。
body 中 "personal" 的值 = SHA-256( salt 解码后的字节 + personal 解码后的字节 )，十六进制。
number、step、type、at、actor、element 应与 body 中的内容一致。

用 SHA-256 工具检查一份记录（sh、sed、base64、xxd、sha256sum）：

FILE=data/history/approval.jsonl
{script}
没有“不一致”，且末尾哈希与 data/metadata.json 中的 lastHash 相同，即证明记录完整、顺序未变、未被改动。


四、用本系统检查

shenpi verify 归档包文件夹或ZIP文件

不需要数据库和网络，逐项列出检查数量和每一处问题。
"""


def write(material: Material) -> str:
    """Return the text of the explanation."""
    histories = "\n".join(
        f"  {chronicle.path.removeprefix('data/history/')}  {chronicle.process} {chronicle.business_key}，{len(chronicle.rows)} 个事件"
        for chronicle in material.chronicles
    )
    return _TEXT.format(
        code=material.code, title=material.title, kind=material.kind, pad=" " * max(1, 16 - len(material.kind)), histories=histories, script=CHAIN_SCRIPT
    )  # fmt: skip
