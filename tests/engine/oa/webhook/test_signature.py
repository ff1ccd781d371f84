"""The signature of the generic webhook."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import NotPermitted
from engine.oa.webhook.signature import headers, identify, sign, verify

# published with the description of the webhook: secret `whsec`, message `1700000000.evt-1.{"a":1}`
VECTOR = "v1=eb5b88d4ca752d29f5d6f70975a34d2285e6c26f1342e8c2da82f5c4b3641015"
AT = datetime.fromtimestamp(1_700_000_000, UTC)
BODY = b'{"a":1}'
GIVEN = {"X-OA-Timestamp": "1700000000", "X-OA-Event-Id": "evt-1", "X-OA-Signature": VECTOR}


def reason(given: dict[str, str], body: bytes = BODY, now: datetime = AT, secrets: tuple[str, ...] = ("whsec",)) -> str:
    with pytest.raises(NotPermitted) as caught:
        verify(secrets, given, body, now)
    return str(caught.value.facts["reason"])


def test_the_published_vector_is_signed_and_verified() -> None:
    assert sign("whsec", "1700000000", "evt-1", BODY) == VECTOR
    assert headers("whsec", "evt-1", BODY, AT) == GIVEN
    assert verify(["whsec"], GIVEN, BODY, AT) == "evt-1"


def test_names_of_headers_are_read_in_any_case() -> None:
    assert verify(["whsec"], {name.upper(): value for name, value in GIVEN.items()}, BODY, AT) == "evt-1"


def test_two_secrets_are_accepted_while_they_are_changed() -> None:
    assert verify(["new", "whsec"], GIVEN, BODY, AT) == "evt-1"
    assert verify(["whsec", "new"], GIVEN, BODY, AT) == "evt-1"
    assert reason(GIVEN, secrets=("new",)) == "signature"
    assert reason(GIVEN, secrets=("",)) == "signature"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_five_minutes_either_way_are_accepted(seconds: int) -> None:
    assert verify(["whsec"], GIVEN, BODY, AT + timedelta(seconds=seconds)) == "evt-1"


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_more_than_five_minutes_either_way_are_refused(seconds: int) -> None:
    assert reason(GIVEN, now=AT + timedelta(seconds=seconds)) == "window"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"X-OA-Signature": ""}, "signature"),
        ({"X-OA-Signature": VECTOR[3:]}, "signature"),
        ({"X-OA-Signature": VECTOR.replace("v1", "v0")}, "signature"),
        ({"X-OA-Signature": "v1=é"}, "signature"),
        ({"X-OA-Timestamp": "1700000001"}, "signature"),
        ({"X-OA-Event-Id": "evt-2"}, "signature"),
        ({"X-OA-Event-Id": ""}, "headers"),
        ({"X-OA-Event-Id": "evt.1"}, "headers"),
        ({"X-OA-Event-Id": "x" * 201}, "headers"),
        ({"X-OA-Timestamp": ""}, "headers"),
        ({"X-OA-Timestamp": "-1"}, "headers"),
        ({"X-OA-Timestamp": "１７"}, "headers"),
        ({"X-OA-Timestamp": "1e9"}, "headers"),
    ],
)
def test_headers_that_are_not_those_of_the_sender_are_refused(changes: dict[str, str], expected: str) -> None:
    assert reason(GIVEN | changes) == expected


def test_a_changed_body_is_refused() -> None:
    assert reason(GIVEN, body=b'{"a":2}') == "signature"


def test_missing_headers_are_refused() -> None:
    assert reason({}) == "headers"


@settings(deadline=None)
@given(st.binary(max_size=200), st.text(min_size=1, max_size=30), st.text(max_size=60))
def test_what_is_signed_is_verified_under_any_secret_and_key(body: bytes, secret: str, key: str) -> None:
    secret = secret.encode("utf-8", "ignore").decode() or "s"
    key = key.encode("utf-8", "ignore").decode()

    assert verify([secret], headers(secret, identify(key), body, AT), body, AT) == identify(key)
