"""Made-up firms. Their tax ids have right check characters (GB 32100-2015, GB 11714), region codes of real cities, and numbers that nobody was given."""

from processes.invoice.invoice import Party

BUYER_NAME = "上海申批科技有限公司"
BUYER_TAX_ID = "91310115MA0000015C"
SELLER_NAME = "华东办公用品有限公司"
SELLER_TAX_ID = "91330100MA0000023P"

BUYER = Party(
    name=BUYER_NAME,
    tax_id=BUYER_TAX_ID,
    address="上海市浦东新区样例路1号",
    phone="021-00000000",
    bank="样例银行上海分行",
    account="0000000000000000001",
)
SELLER = Party(
    name=SELLER_NAME,
    tax_id=SELLER_TAX_ID,
    address="杭州市西湖区样例路2号",
    phone="0571-00000000",
    bank="样例银行杭州分行",
    account="0000000000000000002",
)
FOREIGN_SELLER = Party(
    name="Muster Bürobedarf GmbH (sample)",
    tax_id="DE000000000",
    address="Musterweg 3, 20095, Hamburg, DE",
    phone="+49 40 0000000",
    bank="MUSTDEHHXXX",
    account="DE00000000000000000000",
    endpoint="sample@example.org",
)
