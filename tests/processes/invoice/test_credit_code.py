"""Tax ids: published ids of large firms and the example of the standard itself."""

import pytest

from processes.invoice import credit_code
from processes.invoice.samples import parties


@pytest.mark.parametrize("code", ["91350100M000100Y43", "9144030071526726XG", "914403001922038216", "91330100799655058B"])
def test_a_real_code_is_right(code: str) -> None:
    assert credit_code.is_right(code)


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y44",
        "9150010807MGZHI002",
        "91500102563638729E",
        "",
        "91350100M000100Y4",
        "9135O100M000100Y43",
        "９１３５０１００Ｍ０００１００Ｙ４３",
    ],
)
def test_a_wrong_code_is_not(code: str) -> None:
    assert not credit_code.is_right(code)


def test_the_demonstration_firms_have_right_codes() -> None:
    assert credit_code.is_right(parties.BUYER_TAX_ID)
    assert credit_code.is_right(parties.SELLER_TAX_ID)
