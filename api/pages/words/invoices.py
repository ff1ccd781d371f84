"""What an invoice says, what it comes in, and what its checks found."""

from flask_babel import lazy_gettext as _l

from api.pages.words.sign import Sign, Words

SEVERITIES = {
    "block": Sign(_l("不通过"), "circle-x", "reject"),
    "warn": Sign(_l("提示"), "alert-triangle", "return"),
    "info": Sign(_l("说明"), "info-circle", "withdraw"),
    "ok": Sign(_l("通过"), "circle-check", "approve"),
}
UPLOADS = {
    "new": Sign(_l("新"), "circle-check", "approve"),
    "again": Sign(_l("再次提交"), "circle-check", "approve"),
    "corrected": Sign(_l("已更正"), "circle-check", "approve"),
    "attached": Sign(_l("已附加"), "link", "running"),
    "exists": Sign(_l("已存在"), "info-circle", "running"),
    "incomplete": Sign(_l("需要补充"), "edit", "return"),
    "contradicts": Sign(_l("与已有记录不一致"), "circle-x", "reject"),
    "tampered": Sign(_l("盖章后被改动"), "circle-x", "reject"),
    "unreadable": Sign(_l("无法识别"), "circle-x", "reject"),
    "not-an-invoice": Sign(_l("不是发票"), "circle-x", "reject"),
    "too-large": Sign(_l("文件太大"), "circle-x", "reject"),
    "refused": Sign(_l("没有提交"), "circle-x", "reject"),
}
FORMATS = Words(
    {
        "ubl": _l("UBL 电子发票 (XML)"),
        "cii": _l("CII 电子发票 (XML)"),
        "facturx": _l("Factur-X / ZUGFeRD (PDF)"),
        "einvoice": _l("数电票 (XML)"),
        "ofd": _l("电子发票 (OFD)"),
        "xbrl": _l("会计数据标准 (XBRL)"),
        "pdf": _l("发票打印件 (PDF)"),
        "image": _l("发票照片"),
        "typed": _l("手工录入"),
    }
)
KINDS = Words(
    {
        "special": _l("增值税专用发票"),
        "ordinary": _l("普通发票"),
        "toll": _l("通行费发票"),
        "rail": _l("铁路电子客票"),
        "air": _l("航空电子客票行程单"),
    }
)
CARRIERS = Words(
    {
        "original": _l("原件"),
        "carrier": _l("其他格式"),
        "copy": _l("副本"),
        "attachment": _l("附件"),
    }
)
FIELDS = Words(
    {
        "number": _l("发票号码"),
        "code": _l("发票代码"),
        "issueDate": _l("开票日期"),
        "currency": _l("币种"),
        "net": _l("不含税金额"),
        "tax": _l("税额"),
        "gross": _l("价税合计"),
        "seller.name": _l("销售方名称"),
        "seller.taxId": _l("销售方税号"),
        "buyer.name": _l("购买方名称"),
        "buyer.taxId": _l("购买方税号"),
    }
)
EVIDENCE = Words(
    {
        "net": _l("不含税金额"),
        "tax": _l("税额"),
        "levies": _l("代收"),
        "gross": _l("价税合计"),
        "payable": _l("应付"),
        "prepaid": _l("预付"),
        "rounding": _l("尾差"),
        "computed": _l("计算值"),
        "stated": _l("票面"),
        "tolerance": _l("允许误差"),
        "words": _l("大写"),
        "buyerName": _l("购买方名称"),
        "buyerTaxId": _l("购买方税号"),
        "expectedName": _l("应为"),
        "taxId": _l("税号"),
        "name": _l("名称"),
        "identity": _l("识别号"),
        "existing": _l("已有"),
        "seals": _l("印章数"),
        "digests": _l("摘要"),
        "dataHash": _l("签名数据摘要"),
        "signature": _l("签名"),
        "period": _l("证书有效期"),
        "trust": _l("信任链"),
        "signer": _l("签章人"),
        "wrong": _l("被改动"),
        "uncovered": _l("未覆盖"),
        "syntax": _l("格式"),
    }
)
