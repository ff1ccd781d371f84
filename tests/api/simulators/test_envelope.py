"""The envelope of DingTalk and WeCom, against a library that did not come from us."""

import base64
import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import PrpCrypto, WeChatCrypto
from wechatpy.exceptions import InvalidSignatureException

from api.simulators.envelope import Envelope, Unsealable

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
BOX = Envelope("simtoken", KEY, "dingsimappkey")
SEALED = "4j/AuRx71kQlxVlzbpsMWN8XtjwRdOcH+n7e3hsaZgEMcwZUcfF7dIDeZ037cZxfLkQY5SFzU8WGopotS2b7qg=="
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def test_the_published_vector_is_sealed_and_signed() -> None:
    assert BOX.seal('{"EventType":"check_url"}', b"0123456789abcdef") == SEALED
    assert BOX.signature("1700000000", "n0nce", SEALED) == "2de4250724dbaa7f7e3787eb5390a0607cfbd9d2"
    assert json.loads(BOX.open(SEALED)) == {"EventType": "check_url"}


@given(TEXTS, st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=40))
def test_what_we_seal_a_stranger_opens_and_the_other_way_round(text: str, owner: str) -> None:
    stranger, ours = PrpCrypto(base64.b64decode(f"{KEY}=")), Envelope("simtoken", KEY, owner)

    opened = stranger.decrypt(ours.seal(text), owner)

    assert (opened if isinstance(opened, str) else opened.decode()) == text
    sealed = stranger.encrypt(text, owner)
    assert ours.open(sealed if isinstance(sealed, str) else sealed.decode()) == text


def test_a_stranger_accepts_our_signature_and_refuses_another() -> None:
    stranger = WeChatCrypto("simtoken", KEY, "dingsimappkey")
    sealed = BOX.seal("<xml><A>1</A></xml>")
    message = {"Encrypt": sealed}

    assert "<A>1</A>" in str(stranger.decrypt_message(message, BOX.signature("1700000000", "n", sealed), "1700000000", "n"))
    with pytest.raises(InvalidSignatureException):
        stranger.decrypt_message(message, BOX.signature("1700000001", "n", sealed), "1700000000", "n")


@pytest.mark.parametrize(
    "sealed",
    ["", "x", "AAAA", base64.b64encode(os.urandom(64)).decode(), Envelope("simtoken", KEY, "other").seal("hello")],
    ids=["nothing", "no base64", "too short", "noise", "another owner's"],
)
def test_what_is_not_for_this_owner_is_not_opened(sealed: str) -> None:
    with pytest.raises(Unsealable):
        BOX.open(sealed)
