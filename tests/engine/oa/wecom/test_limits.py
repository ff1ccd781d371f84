"""How often WeCom may be called."""

from offices_support import connection

from engine.oa.kinds import KINDS
from engine.oa.wecom.push import SEND


def test_an_agreed_factor_raises_the_limits_of_an_api_and_never_those_of_a_person() -> None:
    """More than 30 messages a minute to one person are thrown away without a word, whatever was agreed."""
    kind = KINDS["wecom"]
    usual, agreed = (kind.limits(connection("https://qyapi.weixin.qq.com", settings={"rate_factor": factor})) for factor in (1, 60))

    assert agreed[""] == usual[""]
    (before,), (after,) = usual[SEND], agreed[SEND]
    assert after.calls / after.seconds == 60 * before.calls / before.seconds
    for one in usual[""]:
        most = 30 if one.seconds == 60 else 1000
        assert one.burst + one.calls <= most, "all that may come at once, and what follows in the same span"
