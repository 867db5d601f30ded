"""What can go wrong, by who has to act.

TraplineError
├── SettingError        a setting, secret or site file is wrong: the operator mends it, the process does not start
├── RecordError         one record is wrong: it goes to a dead-letter topic, everything else goes on
├── DatagramError       one datagram is no valid notification: counted by `reason`, nothing else happens
├── KafkaUnavailable    the broker is away: try again, commit nothing
└── Refused             an operator's or a reader's request cannot be done: `uri` and a sentence for people

A programming error is none of these: it ends the process, and the supervisor starts it again.
"""


class TraplineError(Exception):
    """Base of all our errors; its text is a sentence for people."""


class SettingError(TraplineError):
    """Names the thing, its value and the way out."""


class RecordError(TraplineError):
    """A record that cannot be read or used."""


class DatagramError(TraplineError):
    """A datagram that is refused. `reason` is a short, bounded, countable word such as `wrong_digest`."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class KafkaUnavailable(TraplineError):  # noqa: N818  (a state of the broker, not a fault of ours)
    """The broker cannot be reached or does not take writes now."""


class Refused(TraplineError):  # noqa: N818  (an answer)
    """A WAMP call that is answered with an error: `uri`, a sentence, and fields for programs."""

    def __init__(self, uri: str, sentence: str, **fields: object) -> None:
        super().__init__(sentence)
        self.uri = uri
        self.fields = fields
