"""What is said with a runner, over a socket pair whose other end is the test's."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from codeexec_magics.engine.conversation import Conversation, Listener
from codeexec_magics.errors import EncodingFailed, ProtocolError
from codeexec_magics.protocol import frames
from codeexec_magics.protocol.numbers import VERSION

TRACE = {"type": "KeyboardInterrupt", "message": "", "frames": []}


class Talk:
    """Both ends, and what was told to who listens."""

    def __init__(self, *, maps: bool = False) -> None:
        ours, self.theirs = socket.socketpair()
        self.told: list[Any] = []
        listener = Listener(
            lambda: self.told.append("begun"),
            lambda message: self.told.append((message["type"], message.get("bundle"))),
            lambda *progress: self.told.append(progress),
            lambda rooms: self.told.append(("room", rooms)),
            (lambda message: self.told.append(("done", message["first"]))) if maps else None,
        )
        ours.setblocking(False)
        self._ours = ours
        self.conversation = Conversation(ours, listener)

    def begin(self, **fields: Any) -> dict[str, Any]:
        """Up to the request, which is returned."""
        self.conversation.prepare({"type": "run", "token": "t", **fields})
        self.says(type="ready", protocol=VERSION)
        return frames.receive(self.theirs) or {}

    def says(self, **message: Any) -> bool:
        """The runner says this, and it is read."""
        frames.send(self.theirs, message)
        return self.conversation.read()

    def close(self) -> None:
        self.theirs.close()
        self._ours.close()


@pytest.fixture
def talk() -> Iterator[Talk]:
    both = Talk()
    yield both
    both.close()


def test_from_the_greeting_to_the_last_word(talk: Talk) -> None:
    assert talk.conversation.began is None
    assert talk.begin(source="1")["source"] == "1"
    assert (talk.told, talk.conversation.began is not None) == (["begun"], True)

    assert talk.says(type="progress", token="t", done=1, total=None, text="x" * 1000)
    assert talk.says(type="display", token="t", bundle={"text/plain": "a"})
    assert talk.says(type="stopped", token="t", trace=TRACE)
    assert talk.says(type="result", token="t", value={"codec": "tree", "inline": 1})

    assert talk.told[1] == (1, None, "x" * 200)
    assert talk.told[2] == ("display", {"text/plain": "a"})
    assert talk.conversation.stopped is not None
    assert (talk.conversation.last or {})["type"] == "result"
    assert talk.conversation.ended is not None
    talk.theirs.close()
    assert not talk.conversation.read()


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "result", "token": "t"}, "first message is ready, not 'result'"),
        ({"type": "ready", "protocol": VERSION + 1}, f"protocol {VERSION + 1}, this process"),
        ({"type": "ready"}, "protocol None"),
    ],
)
def test_who_does_not_greet_is_no_runner(talk: Talk, message: dict[str, Any], said: str) -> None:
    talk.conversation.prepare({"type": "run", "token": "t"})

    with pytest.raises(ProtocolError, match=said):
        talk.says(**message)


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "result"}, "without the run's token"),
        ({"type": "result", "token": "u"}, "without the run's token"),
        ({"type": "hello", "token": "t"}, "no message is called 'hello'"),
        ({"type": "done", "token": "t", "first": 1}, "no message is called 'done'"),
        ({"type": "room", "token": "t", "rooms": []}, "no message is called 'room'"),
        ({"type": "ready", "token": "t"}, "no message is called 'ready'"),
        ({"type": "stopped", "token": "t", "trace": 5}, "without an object 'trace'"),
        ({"type": "display", "token": "t"}, "without an object 'bundle'"),
    ],
)
def test_what_is_not_of_the_protocol(talk: Talk, message: dict[str, Any], said: str) -> None:
    talk.begin()

    with pytest.raises(ProtocolError, match=said):
        talk.says(**message)


def test_nothing_comes_after_the_last_word(talk: Talk) -> None:
    talk.begin()
    talk.says(type="error", token="t", trace=TRACE)

    with pytest.raises(ProtocolError, match="after the last one"):
        talk.says(type="progress", token="t", done=1)


@pytest.mark.parametrize("done", ["1", None, True, float("inf"), 1e301, [1]])
def test_progress_that_is_no_number_is_not_told(talk: Talk, done: object) -> None:
    talk.begin()
    text = json.dumps({"type": "progress", "token": "t", "done": done}).encode()
    talk.theirs.sendall(struct.pack(">I", len(text)) + text)

    assert talk.conversation.read()
    assert talk.told == ["begun"]


def test_a_message_may_come_in_pieces(talk: Talk) -> None:
    talk.begin()
    frame = frames.pack({"type": "result", "token": "t", "value": None})
    for byte in frame[:-1]:
        talk.theirs.send(bytes([byte]))
        assert talk.conversation.read()
    assert talk.conversation.last is None

    talk.theirs.send(frame[-1:])
    talk.conversation.drain()

    assert talk.conversation.last is not None


def test_a_runner_that_does_not_read_stops_nobody(talk: Talk) -> None:
    talk.conversation.prepare({"type": "run", "token": "t", "source": "x" * 4_000_000})
    talk.says(type="ready", protocol=VERSION)
    assert talk.conversation.wants_to_write

    received = b""
    while talk.conversation.wants_to_write:
        received += talk.theirs.recv(1 << 20)
        talk.conversation.write()
    talk.theirs.setblocking(False)
    while len(received) < 4_000_000:
        received += talk.theirs.recv(1 << 20)

    (message,) = frames.FrameReader().feed(received)
    assert len(message["source"]) == 4_000_000


def test_a_program_that_is_too_long(talk: Talk) -> None:
    talk.conversation.prepare({"type": "run", "token": "t", "source": "x" * (17 << 20)})

    with pytest.raises(EncodingFailed, match="too long to be sent"):
        talk.says(type="ready", protocol=VERSION)


def test_what_a_gone_runner_is_told_is_lost_without_an_error(talk: Talk) -> None:
    talk.begin()
    talk.theirs.close()

    talk.conversation.say({"type": "end"})

    assert not talk.conversation.wants_to_write


def test_a_runner_that_was_told_nothing_says_nothing_of_worth(talk: Talk) -> None:
    """Its inputs could not be encoded: what it says at its end is not read."""
    frames.send(talk.theirs, {"type": "result"})
    talk.theirs.close()

    talk.conversation.drain()

    assert talk.conversation.last is None


def test_inputs_are_waited_for_before_items_are_taken() -> None:
    talk = Talk(maps=True)
    talk.begin(room=True)
    assert not talk.conversation.takes_items

    talk.says(type="room", token="t", rooms=[[0, 4096]])

    assert talk.told == ["begun", ("room", [[0, 4096]])]
    assert frames.receive(talk.theirs) == {"type": "filled"}
    assert talk.conversation.takes_items
    talk.says(type="done", token="t", first=1)
    assert talk.told[-1] == ("done", 1)
    with pytest.raises(ProtocolError, match="room"):  # once
        talk.says(type="room", token="t", rooms=[])
    talk.close()
