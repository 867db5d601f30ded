"""The probe table of reference tests for v3: what must be refused is refused, and what must be accepted is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.snmp.packets import (
    BOUND,
    COMMUNITY,
    CREDENTIALS,
    LINK_DOWN,
    NOBODY,
    NOW,
    OEM,
    OTHER_ENGINE,
    OUR_ENGINE,
    SENDER_ENGINE,
    SIGNER,
    record,
    security,
    v3,
)
from trapline.protocol.errors import DatagramError
from trapline.protocol.traps import PduType, Varbind
from trapline.snmp import ArrivalClocks, Credentials, EngineClocks, LocalEngine, Security, UnknownSender, User, decode
from trapline.snmp.encode import Engine, v2c_notification, v3_message
from trapline.snmp.keys import AuthProtocol, PrivacyProtocol
from trapline.snmp.usm import Keys

pytestmark = pytest.mark.usefixtures("reader")


def refusal(datagram: bytes, receiver: Security, now: float = NOW) -> str:
    """The reason for which it is refused."""
    with pytest.raises(DatagramError) as caught:
        decode(datagram, receiver, now)
    return caught.value.reason


def as_user(user: User, level_of: User) -> bytes:
    """A message in the name of `user` at another user's level, signed with `user`'s own keys as far as it can be."""
    impostor = User(
        user.name,
        user.auth_protocol if level_of.auth_protocol else None,
        user.auth_password,
        user.privacy_protocol if level_of.privacy_protocol else None,
        user.privacy_password,
    )
    return v3(impostor)


PROBES = [
    pytest.param([as_user(OEM, NOBODY)], "unsupported_security_level", id="noAuthNoPriv for an authPriv user"),
    pytest.param([as_user(OEM, SIGNER)], "unsupported_security_level", id="authNoPriv for an authPriv user"),
    pytest.param([v3(time=107_000), v3(time=7_000)], "not_in_time_window", id="engine time 100,000 s old"),
    pytest.param([v3(boots=5), v3(boots=4, time=9_000)], "not_in_time_window", id="boots going back"),
    pytest.param([v3(), v3()], "replayed", id="exact replay within 150 s"),
    pytest.param([v3(BOUND, engine_id=OTHER_ENGINE)], "unknown_engine_id", id="unknown engine ID, right key"),
    pytest.param(
        [v2c_notification(b"wrong", trap_oid=LINK_DOWN, uptime_ticks=1, request_id=1)],
        "wrong_community",
        id="v2c with a wrong community",
    ),
    pytest.param([v3(User("stranger"))], "unknown_user", id="unknown user"),
    pytest.param(
        [v3(User("oem", AuthProtocol.SHA, b"not-the-password", PrivacyProtocol.AES, OEM.privacy_password))],
        "wrong_digest",
        id="wrong authentication password",
    ),
    pytest.param(
        [v3(User("oem", AuthProtocol.MD5, OEM.auth_password, PrivacyProtocol.AES, OEM.privacy_password))],
        "wrong_digest",
        id="wrong authentication protocol",
    ),
    pytest.param(
        [v3(User("oem", AuthProtocol.SHA, OEM.auth_password, PrivacyProtocol.AES, b"not-the-password"))],
        "decryption_error",
        id="wrong privacy password",
    ),
    pytest.param([v3(boots=2147483647)], "not_in_time_window", id="boots latched at their maximum"),
    pytest.param([v3(engine_id=b"abcd")], "unknown_engine_id", id="engine ID too short"),
    pytest.param([v3(engine_id=OUR_ENGINE, boots=2, time=1000)], "not_in_time_window", id="ours, boots wrong"),
    pytest.param([v3(engine_id=OUR_ENGINE, boots=3, time=700)], "not_in_time_window", id="ours, time wrong"),
]


@pytest.mark.parametrize(("datagrams", "reason"), PROBES)
def test_a_probe_is_refused_for_its_own_reason(datagrams: list[bytes], reason: str) -> None:
    receiver = security()
    *accepted, probe = datagrams
    for datagram in accepted:
        decode(datagram, receiver, NOW)
    assert refusal(probe, receiver) == reason


@pytest.mark.parametrize("user", [NOBODY, SIGNER, OEM, BOUND], ids=lambda user: user.name)
def test_a_user_at_exactly_its_level_is_accepted(user: User) -> None:
    trap = record(v3(user))
    assert (trap.security_name, trap.security_level) == (user.name, user.security_level)
    assert (trap.engine_id, trap.context_name) == (SENDER_ENGINE.hex(), None)


def test_a_replay_is_accepted_when_the_setting_says_so() -> None:
    receiver = security(replay_check=False)
    assert decode(v3(), receiver, NOW) == decode(v3(), receiver, NOW)


def test_a_replay_is_refused_over_the_whole_window_and_by_the_window_afterwards() -> None:
    receiver = security()
    decode(v3(), receiver, NOW)
    reasons = [refusal(v3(), receiver, NOW + seconds) for seconds in range(0, 1000, 7)]
    assert set(reasons) == {"replayed", "not_in_time_window"}


def test_a_replay_is_refused_also_when_a_new_generation_of_repeats_began_in_between() -> None:
    receiver = security()
    decode(v3(time=7000, message_id=1), receiver, NOW)
    decode(v3(time=7140, message_id=2), receiver, NOW + 140)
    decode(v3(time=7165, message_id=3), receiver, NOW + 165)
    assert refusal(v3(time=7140, message_id=2), receiver, NOW + 170) == "replayed"


def test_a_late_message_within_the_window_is_accepted_once() -> None:
    receiver = security()
    decode(v3(time=7000, message_id=1), receiver, NOW)
    late = v3(time=6900, message_id=2)
    assert decode(late, receiver, NOW + 20).security_name == "oem"
    assert refusal(late, receiver, NOW + 21) == "replayed"
    assert refusal(v3(time=6900, message_id=3), receiver, NOW + 51) == "not_in_time_window"


def test_a_new_start_of_the_sender_is_accepted_and_closes_the_old_one() -> None:
    receiver = security()
    decode(v3(boots=5, time=90_000), receiver, NOW)
    assert decode(v3(boots=6, time=1), receiver, NOW)
    assert refusal(v3(boots=5, time=90_001), receiver) == "not_in_time_window"


def test_a_forged_message_teaches_the_receiver_nothing() -> None:
    receiver = security()
    decode(v3(time=7000), receiver, NOW)
    before = receiver.clocks.export()
    forged = v3(User("oem", AuthProtocol.SHA, b"not-the-password", PrivacyProtocol.AES, b"whatever-it-is"), boots=99)
    assert refusal(forged, receiver) == "wrong_digest"
    assert refusal(v3(User("oem"), boots=99), receiver) == "unsupported_security_level"
    assert receiver.clocks.export() == before
    assert decode(v3(time=7001, message_id=78), receiver, NOW + 1)


def test_clocks_survive_a_restart() -> None:
    first = security()
    decode(v3(boots=5, time=7000), first, NOW)
    second = security(clocks=EngineClocks(first.clocks.export()))
    assert refusal(v3(boots=4, time=9000), second, NOW + 60) == "not_in_time_window"
    assert refusal(v3(boots=5, time=7000 - 151 + 60), security(clocks=second.clocks), NOW + 61) == "not_in_time_window"
    assert decode(v3(boots=5, time=7060, message_id=79), second, NOW + 60)


@given(jump=st.floats(-1e9, 1e9), ahead=st.integers(1, 10_000))
def test_a_jump_of_our_wall_clock_never_locks_out_a_sender_that_goes_on(jump: float, ahead: int) -> None:
    clocks = EngineClocks()
    assert clocks.accept(SENDER_ENGINE, 5, 7000, NOW)
    assert clocks.accept(SENDER_ENGINE, 5, 7000 + ahead, NOW + jump)


def test_clocks_are_bounded_and_forget_who_was_unheard_of_for_longest() -> None:
    clocks = EngineClocks(limit=3)
    for number in (1, 2, 3, 1, 4):
        clocks.accept(bytes([number]) * 5, 1, 1, NOW)
    assert [clock.engine_id[:2] for clock in clocks.export()] == ["03", "01", "04"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(SENDER_ENGINE, OTHER_ENGINE), (OTHER_ENGINE, SENDER_ENGINE)],
    ids=["first", "second"],
)
def test_users_of_one_name_have_their_own_password_on_their_own_engine(one: bytes, other: bytes) -> None:
    users = [
        User("oem", AuthProtocol.SHA, b"password of " + engine, engine_ids=frozenset({engine}))
        for engine in (SENDER_ENGINE, OTHER_ENGINE)
    ]
    by_engine = dict(zip((SENDER_ENGINE, OTHER_ENGINE), users, strict=True))
    receiver = security(Credentials((), tuple(users)))
    assert decode(v3(by_engine[one], engine_id=one), receiver, NOW).security_name == "oem"
    assert refusal(v3(by_engine[one], engine_id=other), receiver) == "wrong_digest"


def test_privacy_without_authentication_is_no_message() -> None:
    sealed = v3_message(
        Keys(OEM, SENDER_ENGINE),
        2,
        Engine(SENDER_ENGINE, 1, 1),
        message_id=1,
        scoped=b"\x30\x00",
        salt=bytes(8),
        reportable=False,
    )
    assert refusal(sealed, security()) == "bad_value"


@pytest.mark.parametrize("size", [0, 7, 9], ids=lambda size: f"{size} octets")
@pytest.mark.parametrize("protocol", [PrivacyProtocol.DES, PrivacyProtocol.AES])
def test_a_salt_of_a_wrong_size_is_refused(protocol: PrivacyProtocol, size: int) -> None:
    user = User("oem", AuthProtocol.SHA, b"oem-authentic", protocol, b"oem-privacy-pass")
    privacy = user.privacy(SENDER_ENGINE)
    with pytest.raises(DatagramError, match="decryption_error"):
        privacy.decrypt(bytes(64), 1, 1, bytes(size))


@given(octet=st.integers(0, 300), bit=st.integers(0, 7))
def test_no_bit_of_a_signed_message_can_be_changed(octet: int, bit: int) -> None:
    datagram = bytearray(v3(SIGNER, varbinds=[Varbind(oid="1.3.6.1.2.1.1.5.0", syntax="OCTET STRING", value="router")]))
    datagram[octet % len(datagram)] ^= 1 << bit
    with pytest.raises(DatagramError):
        decode(bytes(datagram), security(), NOW)


def test_no_secret_shows_in_reprs_and_errors() -> None:
    receiver = security()
    texts = [repr(CREDENTIALS), repr(receiver.credentials)]
    inform = v2c_notification(COMMUNITY, trap_oid=LINK_DOWN, uptime_ticks=1, request_id=1, pdu_type=PduType.INFORM)
    texts.append(repr(decode(inform, receiver, NOW)))
    texts.append(repr(decode(v3(OEM, engine_id=OUR_ENGINE, boots=3, time=1000), receiver, NOW)))
    for datagram in (v3(as_other) for as_other in (User("oem"), User("signer", AuthProtocol.SHA, b"guess-guess"))):
        with pytest.raises(DatagramError) as caught:
            decode(datagram, receiver, NOW)
        texts += [str(caught.value), repr(caught.value)]
    secrets = [COMMUNITY, *(user.auth_password for user in (SIGNER, OEM, BOUND)), OEM.privacy_password]
    for text in texts:
        for secret in secrets:
            assert secret.decode() not in text


def test_our_engine_id_has_5_to_32_octets() -> None:
    for engine_id in (b"", b"1234", bytes(33)):
        with pytest.raises(ValueError, match="5 to 32"):
            LocalEngine(engine_id, 1, NOW)


STRANGER = User("stranger", AuthProtocol.SHA, b"strangers-own-password")
FOREIGN_BOUND = User("bound", AuthProtocol.SHA, b"not-the-password", PrivacyProtocol.AES, BOUND.privacy_password)


@pytest.mark.parametrize(
    ("datagram", "reason", "is_held"),
    [
        pytest.param(v3(STRANGER), "unknown_user", True, id="a signed trap of a user that nobody knows"),
        pytest.param(v3(BOUND, engine_id=OTHER_ENGINE), "unknown_engine_id", True, id="right key, another engine"),
        pytest.param(v3(FOREIGN_BOUND, engine_id=OTHER_ENGINE), "wrong_digest", False, id="wrong key, another engine"),
        pytest.param(v3(User("stranger")), "unknown_user", False, id="not signed: proves nothing ever"),
        pytest.param(v3(STRANGER, pdu_type=PduType.INFORM), "unknown_user", False, id="an inform: asked again"),
        pytest.param(v3(STRANGER, engine_id=OUR_ENGINE), "unknown_user", False, id="to our own engine"),
        pytest.param(v3(STRANGER, engine_id=b"abcd"), "unknown_engine_id", False, id="no engine ID at all"),
    ],
)
def test_only_what_can_be_authenticated_later_is_of_an_unknown_sender(
    datagram: bytes, reason: str, is_held: bool
) -> None:
    with pytest.raises(DatagramError) as caught:
        decode(datagram, security(), NOW)
    assert (caught.value.reason, isinstance(caught.value, UnknownSender)) == (reason, is_held)


def test_an_approved_engine_is_one_of_the_users_own_and_a_refused_one_is_refused() -> None:
    receiver = security()
    sender = (OTHER_ENGINE, b"bound")
    receiver.decided = {sender: True}
    assert decode(v3(BOUND, engine_id=OTHER_ENGINE), receiver, NOW).engine_id == OTHER_ENGINE.hex()
    assert refusal(v3(FOREIGN_BOUND, engine_id=OTHER_ENGINE), receiver) == "wrong_digest"
    receiver.decided = {sender: False, (SENDER_ENGINE, b"oem"): False}
    assert refusal(v3(BOUND, engine_id=OTHER_ENGINE, message_id=2), receiver) == "refused_sender"
    assert refusal(v3(), receiver) == "refused_sender", "also where any engine would do"


@pytest.mark.parametrize(
    ("boots", "time", "is_timely"),
    [
        pytest.param(5, 6400, True, id="on time, 10 minutes before"),
        pytest.param(5, 6260, True, id="140 s late then"),
        pytest.param(5, 6240, False, id="160 s late then"),
        pytest.param(4, 90_000, False, id="the start before, which was over"),
        pytest.param(6, 1, True, id="a start that nobody knew of then"),
    ],
)
def test_what_came_earlier_is_judged_by_the_clock_of_then_and_teaches_nothing(
    boots: int, time: int, is_timely: bool
) -> None:
    clocks = EngineClocks()
    assert clocks.accept(SENDER_ENGINE, 5, 7000, NOW)
    before = clocks.export()
    assert ArrivalClocks(clocks).accept(SENDER_ENGINE, boots, time, NOW - 600) is is_timely
    assert clocks.export() == before


def test_what_came_before_the_engines_start_was_of_the_start_before() -> None:
    clocks = EngineClocks()
    assert clocks.accept(SENDER_ENGINE, 5, 100, NOW)
    assert ArrivalClocks(clocks).accept(SENDER_ENGINE, 4, 90_000, NOW - 600)


def test_what_is_newer_than_all_that_is_known_is_judged_and_learnt_as_ever() -> None:
    clocks = EngineClocks()
    arrival = ArrivalClocks(clocks)
    assert arrival.accept(SENDER_ENGINE, 5, 7000, NOW)
    assert not arrival.accept(SENDER_ENGINE, 5, 6000, NOW + 10)
    assert arrival.accept(SENDER_ENGINE, 5, 7010, NOW + 10)
    assert clocks.knows(SENDER_ENGINE) == (5, 7010, NOW + 10)
