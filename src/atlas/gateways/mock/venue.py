"""The mock venue's process: one account, one session at a time, and a synced log that outlives it.

The log holds each epoch, step, command and unanswered question in order, as frames; all else follows from it and the
script. Each is in the log, and on the disk, before anything is told of it: a venue that is started again stands at the
last step it told of. So a command that it had not read, and that is sent again, arrives where the first one would have,
and no id of a report comes twice. A session of a later epoch ends the one before it: what that one had sent and the
venue had not read yet is never read.
"""

from __future__ import annotations

import os
import select
import socket
from contextlib import suppress
from pathlib import Path

from atlas.gateways.mock.codec import Frame, FrameDecoder, FrameType, encode, encode_all
from atlas.gateways.mock.orders import ScriptedOrders, check_command
from atlas.gateways.mock.script import Script
from atlas.records.errors import CodecError

RECEIVE_BYTES = 65_536


class VenueLog:
    """The venue's log: what it read back at the start, and where it writes.

    Parameters
    ----------
    path : pathlib.Path
        Created when absent.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        content = os.pread(self._descriptor, os.fstat(self._descriptor).st_size, 0)
        self.frames = FrameDecoder().feed(content)
        # A frame that was being written when the venue ended was never acted on.
        os.ftruncate(self._descriptor, len(encode_all(self.frames)))
        os.lseek(self._descriptor, 0, os.SEEK_END)

    def append(self, frame: Frame) -> None:
        """Write a frame and wait until it is on the disk."""
        os.write(self._descriptor, encode(frame))
        os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


class Venue:
    """The venue without its sockets: frames in, frames out.

    Attributes
    ----------
    orders : ScriptedOrders
        Its state.
    epoch : int
        The latest epoch that opened a session; commands of smaller ones are refused.
    """

    def __init__(self, script: Script, log: VenueLog) -> None:
        self.script, self.log = script, log
        self.orders = ScriptedOrders(script)
        self.epoch = 0
        for frame in log.frames:
            if frame.type == FrameType.HELLO:
                self.epoch = frame.number
            elif frame.type == FrameType.STEP:
                self.orders.advance(frame.number)
            elif frame.type == FrameType.ASK:
                self.orders.answer(frame.records[0])
            else:
                self.orders.arrive(frame.records[0])

    def handle(self, frame: Frame, epoch: int) -> Frame | None:
        """Act on a frame of the session of `epoch`; what to answer, or None.

        Raises
        ------
        CodecError
            It is no frame that a client sends.
        """
        if frame.type == FrameType.HELLO:
            return self._welcome(frame.number)
        if epoch != self.epoch:
            return Frame(FrameType.FENCED, self.epoch)
        if frame.type == FrameType.STEP:
            return self._play(frame.number)
        if frame.type == FrameType.COMMAND:
            for record in frame.records:
                check_command(record)
                self.log.append(Frame(FrameType.COMMAND, 0, (record,)))
                self.orders.arrive(record)
            return None
        if frame.type == FrameType.ASK:
            return self._answer(frame)
        if frame.type == FrameType.OPEN_ORDERS:
            return Frame(FrameType.ANSWER, 0, tuple(self.orders.open_orders()))
        raise CodecError(f"a client sent {frame.type.name}")

    def _welcome(self, epoch: int) -> Frame:
        if epoch < self.epoch:
            return Frame(FrameType.FENCED, self.epoch)
        self.log.append(Frame(FrameType.HELLO, epoch))
        self.epoch = epoch
        return Frame(FrameType.WELCOME, self.orders.step)

    def _answer(self, question: Frame) -> Frame:
        answers = self.orders.answer(question.records[0])
        if answers is None:
            self.log.append(question)
            return Frame(FrameType.SILENCE)
        return Frame(FrameType.ANSWER, 0, tuple(answers))

    def _play(self, step: int) -> Frame:
        if step > self.script.step_count:
            return Frame(FrameType.OVER)
        if step > self.orders.step:
            self.log.append(Frame(FrameType.STEP, step))
            self.orders.advance(step)
        return Frame(FrameType.BATCH, 0, (*self.script.bars(step), *self.orders.delivered(step)))


class Connection:
    """One client's socket, with the epoch it said."""

    def __init__(self, link: socket.socket) -> None:
        self.socket = link
        self.decoder = FrameDecoder()
        self.epoch = 0

    def receive(self) -> bytes:
        """Take what the client sent; nothing where it is gone."""
        try:
            return self.socket.recv(RECEIVE_BYTES)
        except OSError:
            return b""

    def send(self, frame: Frame) -> bool:
        """Send a frame; false where the client is gone."""
        try:
            self.socket.sendall(encode(frame))
        except OSError:
            return False
        return True


def listen(address: Path | tuple[str, int]) -> socket.socket:
    """Listen on a unix socket's path or on a host and port."""
    if isinstance(address, Path):
        address.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(str(address))
    else:
        listener = socket.socket(socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    listener.listen()
    return listener


def run_venue(script: Script, log_path: Path, address: Path | tuple[str, int]) -> None:
    """Serve clients until the process is ended.

    Parameters
    ----------
    script : Script
        What the venue does.
    log_path : pathlib.Path
        Its log; a venue that is started again goes on where it was.
    address : pathlib.Path or tuple of str and int
        Where it listens.
    """
    venue = Venue(script, VenueLog(log_path))
    listener = listen(address)
    connections: dict[int, Connection] = {}
    while True:
        # Newcomers first: a later epoch ends older sessions before another of their bytes is read.
        readable, _, _ = select.select([listener, *(each.socket for each in connections.values())], [], [])
        if listener in readable:
            link, _ = listener.accept()
            connections[link.fileno()] = Connection(link)
            continue
        waiting = [connections[each.fileno()] for each in readable]
        serve(venue, connections, min(waiting, key=lambda each: each.epoch > 0))


def serve(venue: Venue, connections: dict[int, Connection], connection: Connection) -> None:
    """Read what one client sent, and answer it."""
    number, is_there = connection.socket.fileno(), True
    try:
        content = connection.receive()
        is_there = content != b""
        for frame in connection.decoder.feed(content):
            answer = venue.handle(frame, connection.epoch)
            if answer is not None and answer.type == FrameType.WELCOME:
                connection.epoch = venue.epoch
                end_older(connections, venue.epoch, connection)
            if answer is not None and not connection.send(answer):
                is_there = False
                break
    except CodecError:
        is_there = False  # it speaks another language: its session ends, the venue goes on
    if not is_there:
        connection.socket.close()
        connections.pop(number, None)


def end_older(connections: dict[int, Connection], epoch: int, newest: Connection) -> None:
    """Tell every other session that it is fenced, and read no more of it."""
    for number, connection in list(connections.items()):
        if connection is newest or not connection.epoch:
            continue
        with suppress(OSError):  # it may have left by itself
            connection.socket.sendall(encode(Frame(FrameType.FENCED, epoch)))
        connection.socket.close()
        del connections[number]
