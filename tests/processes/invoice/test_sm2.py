"""SM2 and SM3 against the published examples: GB/T 32905-2016 annex A and GB/T 32918.5-2017 annex A.2."""

from processes.invoice import sm2

PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA


def test_sm3_gives_the_digest_of_the_standard() -> None:
    assert sm2.sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


def test_the_public_key_of_the_standard_is_found() -> None:
    assert sm2.public_key(PRIVATE) == PUBLIC


def test_the_signature_of_the_standard_holds_and_another_does_not() -> None:
    assert sm2.is_signed_by(PUBLIC, b"message digest", R, S)
    assert not sm2.is_signed_by(PUBLIC, b"message digests", R, S)
    assert not sm2.is_signed_by(PUBLIC, b"message digest", R + 1, S)


def test_what_cannot_be_a_signature_or_a_key_is_none() -> None:
    for r, s in ((0, 0), (0, S), (R, 0), (1 << 256, S), (-1, S)):
        assert not sm2.is_signed_by(PUBLIC, b"message digest", r, s)
    assert not sm2.is_signed_by(bytes(64), b"message digest", R, S)
    assert not sm2.is_signed_by(PUBLIC[:63], b"message digest", R, S)


def test_a_key_that_begins_with_the_digits_that_gmssl_strips_still_works() -> None:
    found = 0
    for number in range(1, 200):
        private = sm2.sm3(number.to_bytes(2))
        if sm2.public_key(private).hex()[0] in "04":
            found += 1
            assert sm2.is_signed_by(sm2.public_key(private), b"x", *sm2.sign(private, b"x"))
            if found == 2:
                return
    raise AssertionError("no such key among the first 200")
