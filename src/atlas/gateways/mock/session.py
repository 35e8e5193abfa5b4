"""The mock venue's client: a `Gateway` that asks for one step at a time, so that a session can be repeated exactly."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from atlas.gateways.gateway import Position, record_key
from atlas.gateways.mock.codec import Frame, FrameDecoder, FrameType, encode
from atlas.gateways.mock.script import Script
from atlas.records.enums import NULL
from atlas.records.errors import GatewayError, LeaseError
from atlas.records.layout import ROW_BYTES

RECEIVE_BYTES = 65_536
LOCAL_TIME_BYTES = slice(8, 16)


class MockSession:
    """A session with the mock venue.

    Parameters
    ----------
    script : Script
        Its clock: step n ends at ``script.time_ns(n)``.
    address : pathlib.Path or tuple of str and int
        Where the venue listens.
    wait_seconds : float
        How long `connect` waits for the venue to listen, and any call for an answer.
    """

    def __init__(self, script: Script, address: Path | tuple[str, int], wait_seconds: float = 5.0) -> None:
        self.script, self.address, self.wait_seconds = script, address, wait_seconds
        self.step = 0
        self._resumed = False
        self._seen: set[tuple[int, int, int]] = set()
        self._decoder = FrameDecoder()
        self._frames: list[Frame] = []
        self._socket: socket.socket | None = None

    def connect(self, epoch: int, position: Position) -> None:
        """Open the session; the step that was begun is asked for again, without what is journaled of it."""
        self.close()
        self._socket = self._open()
        self._decoder, self._frames = FrameDecoder(), []
        self.step = 0 if position.time_ns == NULL else self.script.step_at(position.time_ns)
        self._resumed = self.step > 0
        self._seen = set(position.seen)
        self._write(Frame(FrameType.HELLO, epoch))
        self._read(FrameType.WELCOME)

    def _open(self) -> socket.socket:
        deadline = time.monotonic() + self.wait_seconds
        family = socket.AF_UNIX if isinstance(self.address, Path) else socket.AF_INET
        target = str(self.address) if isinstance(self.address, Path) else self.address
        while True:
            link = socket.socket(family)
            link.settimeout(self.wait_seconds)
            try:
                link.connect(target)
                return link
            except OSError as error:
                link.close()
                if time.monotonic() > deadline:
                    raise GatewayError(f"the mock venue at {target} can't be reached: {error}") from error
                time.sleep(0.001)

    def now_ns(self) -> int:
        """End of the step that runs."""
        return self.script.time_ns(self.step)

    def poll(self) -> Sequence[bytes] | None:
        """Play the next step, or the rest of the one that was begun; None after the last."""
        step = self.step if self._resumed else self.step + 1
        self._write(Frame(FrameType.STEP, step))
        frame = self._read(FrameType.BATCH, FrameType.OVER)
        if frame.type == FrameType.OVER:
            return None
        records = frame.records
        if self._resumed:
            records = tuple(record for record in records if record_key(record) not in self._seen)
        self.step, self._resumed = step, False
        return [self._stamped(record) for record in records]

    def _stamped(self, record: bytes) -> bytes:
        """Write the time of arrival into every row."""
        content = bytearray(record)
        now = np.int64(self.now_ns()).tobytes()
        for row in range(0, len(content), ROW_BYTES):
            content[row + LOCAL_TIME_BYTES.start : row + LOCAL_TIME_BYTES.stop] = now
        return bytes(content)

    def send(self, command: bytes) -> None:
        """Hand a command to the socket."""
        self._write(Frame(FrameType.COMMAND, 0, (command,)))

    def ask(self, request: bytes) -> Sequence[bytes]:
        """Ask about an order or request; empty for no answer."""
        self._write(Frame(FrameType.ASK, 0, (request,)))
        frame = self._read(FrameType.ANSWER, FrameType.SILENCE)
        fresh = [
            record for record in frame.records if not record_key(record)[2] or record_key(record) not in self._seen
        ]
        self._seen.update(record_key(record) for record in fresh)
        return [self._stamped(record) for record in fresh]

    def open_orders(self) -> Sequence[bytes]:
        """Orders that work at the venue."""
        self._write(Frame(FrameType.OPEN_ORDERS))
        return [self._stamped(record) for record in self._read(FrameType.ANSWER).records]

    def close(self) -> None:
        """Close the socket; without effect when it is closed."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _write(self, frame: Frame) -> None:
        if self._socket is None:
            raise GatewayError("the mock venue's session is not open")
        try:
            self._socket.sendall(encode(frame))
        except OSError as error:
            self._require_unfenced()
            raise GatewayError(f"the mock venue is gone: {error}") from error

    def _require_unfenced(self) -> None:
        """Say that a later epoch has taken over, where that is why the connection broke."""
        try:
            self._receive()
        except GatewayError:
            return
        self._refuse_fenced()

    def _refuse_fenced(self) -> None:
        fenced = [frame.number for frame in self._frames if frame.type == FrameType.FENCED]
        if fenced:
            raise LeaseError(f"the venue answers to epoch {fenced[0]} now: this session is fenced")

    def _read(self, *expected: FrameType) -> Frame:
        while not self._frames:
            self._receive()
        self._refuse_fenced()
        frame = self._frames.pop(0)
        if frame.type not in expected:
            raise GatewayError(f"the mock venue answered {frame.type.name}")
        return frame

    def _receive(self) -> None:
        assert self._socket is not None
        try:
            content = self._socket.recv(RECEIVE_BYTES)
        except OSError as error:
            raise GatewayError(f"the mock venue does not answer: {error}") from error
        if not content:
            raise GatewayError("the mock venue has closed the session")
        self._frames += self._decoder.feed(content)
