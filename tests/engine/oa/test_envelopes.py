"""Seals and signatures of the vendors, with the vectors that vendors' own or third parties' classes gave, and with random data against those classes."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.crypto.base import BasePrpCrypto

from engine.errors import InvalidContent, NotPermitted
from engine.oa.envelope import Envelope
from engine.oa.feishu import crypto

FEISHU_KEY = "oa-sim-encrypt-key"
FEISHU_SEALED = (
    "AAECAwQFBgcICQoLDA0OD4phaJAH2Mp/HqiSA/SI8RRiuJBLO+irt1CaCkiiBmPiE2gdArW047Y7vnNVmDgXEbxgrs0x/wFuKBeXQ3h2nBmqW4niNK3LP1aZP5U2aoxI"
)
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
SEALED = "4j/AuRx71kQlxVlzbpsMWN8XtjwRdOcH+n7e3hsaZgEMcwZUcfF7dIDeZ037cZxfLkQY5SFzU8WGopotS2b7qg=="


def test_feishu_s_vector_opens_and_is_made_again() -> None:
    plain = b'{"action_type":"APPROVE","instance_id":"i-1","task_id":"t-1","token":"tok-1"}'
    assert crypto.decrypt(FEISHU_KEY, FEISHU_SEALED) == plain
    assert crypto.encrypt(FEISHU_KEY, plain, bytes(range(16))) == FEISHU_SEALED


def test_feishu_s_signature_is_that_of_the_vector() -> None:
    body = f'{{"encrypt":"{FEISHU_SEALED}"}}'.encode()
    assert crypto.signature(FEISHU_KEY, "1700000000", "n0nce", body) == "63a6e8a9d14d2ddc1a3cf3d9f61bb5ae201565fe883f57fd662222426b9d4fb1"


def test_dingtalk_s_vector_opens_and_is_made_again() -> None:
    envelope = Envelope("simtoken", KEY, "dingsimappkey")
    assert envelope.seal(b'{"EventType":"check_url"}', b"0123456789abcdef") == SEALED
    assert envelope.signature("1700000000", "n0nce", SEALED) == "2de4250724dbaa7f7e3787eb5390a0607cfbd9d2"
    assert envelope.open("2de4250724dbaa7f7e3787eb5390a0607cfbd9d2", "1700000000", "n0nce", SEALED) == b'{"EventType":"check_url"}'


@settings(max_examples=60)
@given(text=st.text(min_size=1, max_size=300))
def test_what_wechatpy_seals_we_open_and_the_other_way_round(text: str) -> None:
    theirs = WeChatCrypto("simtoken", KEY, "ww1")
    envelope = Envelope("simtoken", KEY, "ww1")
    assert isinstance(theirs.key, bytes)
    box = BasePrpCrypto(theirs.key)
    sealed = box._encrypt(text, "ww1")
    assert envelope.unseal(sealed.decode()) == text.encode()
    assert box._decrypt(envelope.seal(text.encode()), "ww1", ValueError) in (text, text.encode())


@pytest.mark.parametrize("key", ["", "short", KEY[:-1], KEY + "=", "*" * 43])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(InvalidContent):
        Envelope("t", key, "o")


@settings(max_examples=200)
@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_whatever_is_changed_in_a_sealed_text_is_refused_in_one_way(place: int, bit: int) -> None:
    """An answer that told wrong padding from wrong content would let somebody read what is sealed, byte by byte."""
    envelope = Envelope("simtoken", KEY, "dingsimappkey")
    raw = bytearray(base64.b64decode(SEALED))
    raw[place] ^= 1 << bit
    try:
        message = envelope.unseal(base64.b64encode(bytes(raw)).decode())
    except NotPermitted as error:
        assert error.facts == {"reason": "encryption"}
    else:  # in the random part, or the first bytes of the message: without a signature nothing holds those
        assert len(message) == len(b'{"EventType":"check_url"}')
