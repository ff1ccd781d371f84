"""What the drawings can ask of the archive."""

from marshmallow import EXCLUDE, Schema, fields

from engine.operations import Operation
from processes.archive.checking import check
from processes.archive.collecting import collect
from processes.archive.filing import open_filing
from processes.archive.sealing import write_package
from processes.archive.volumes import assign_code


class Nothing(Schema):
    """The item is the subject of the filing; no input is needed."""

    class Meta:
        unknown = EXCLUDE


class OpenFiling(Schema):
    class Meta:
        unknown = EXCLUDE

    period = fields.String(load_default="", metadata={"description": "会计期间 accounting period, 2026-11; without one the present month"})
    voucherNumber = fields.String(load_default="", metadata={"description": "记账凭证号 number of the posting voucher"})


class Filing(Schema):
    itemId = fields.UUID()
    instanceId = fields.UUID()
    businessKey = fields.String()


class Collected(Schema):
    itemId = fields.UUID()
    title = fields.String()
    documents = fields.Integer()


class CheckResult(Schema):
    blocking = fields.Integer()
    warnings = fields.Integer()


class Filed(Schema):
    code = fields.String()
    title = fields.String()
    volume = fields.String()


class Package(Schema):
    digest = fields.String()
    path = fields.String()
    files = fields.Integer()
    bytes = fields.Integer()
    code = fields.String()


OPERATIONS = (
    Operation("archive.open_filing", "发起归档", "Open the filing", OpenFiling, Filing, local=open_filing),
    Operation("archive.collect", "收集归档材料", "Collect the archive item", Nothing, Collected, external=collect),
    Operation("archive.check", "四性检测", "Check the four natures", Nothing, CheckResult, local=check),
    Operation("archive.assign_code", "组卷编号", "Assign the archival code", Nothing, Filed, local=assign_code),
    Operation("archive.write_package", "生成归档包", "Write the archive package", Nothing, Package, external=write_package),
)
