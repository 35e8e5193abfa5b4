"""The mock venue's log and its sessions."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from atlas.gateways.mock import Behaviour
from atlas.gateways.mock.codec import Frame, FrameType, encode
from atlas.gateways.mock.venue import Connection, Venue, VenueLog, serve
from atlas.records.errors import CodecError
from atlas.records.kinds import Kind
from tests.unit.gateways.mock.samples import new_order, question, report, script


def opened(path: Path, epoch: int = 1) -> Venue:
    venue = Venue(script(), VenueLog(path))
    assert venue.handle(Frame(FrameType.HELLO, epoch), 0) == Frame(FrameType.WELCOME, venue.orders.step)
    return venue


def test_a_venue_that_is_started_again_knows_all_it_accepted(tmp_path: Path) -> None:
    venue = opened(tmp_path / "log")
    venue.handle(Frame(FrameType.STEP, 2), 1)
    venue.handle(Frame(FrameType.COMMAND, 0, (new_order(),)), 1)
    before = venue.handle(Frame(FrameType.STEP, 4), 1), venue.handle(Frame(FrameType.ASK, 0, (question(1),)), 1)
    again = Venue(script(), VenueLog(tmp_path / "log"))
    assert again.epoch == 1
    assert (
        again.handle(Frame(FrameType.STEP, 4), 1),
        again.handle(Frame(FrameType.ASK, 0, (question(1),)), 1),
    ) == before


def executions(frame: Frame | None) -> list[int]:
    """Ids that the reports of a batch or an answer bear; 0, of a state, left out."""
    assert frame is not None
    found = [report(record) for record in frame.records if record[20] == Kind.EXECUTION_REPORT]
    return [int(each["execution_id"]) for each in found if each["execution_id"]]


def test_a_venue_that_is_started_again_stands_at_the_last_step_it_told_of(tmp_path: Path) -> None:
    venue = opened(tmp_path / "log")
    venue.handle(Frame(FrameType.COMMAND, 0, (new_order(),)), 1)
    for step in (1, 2, 5, 3):
        venue.handle(Frame(FrameType.STEP, step), 1)
    assert Venue(script(), VenueLog(tmp_path / "log")).handle(Frame(FrameType.HELLO, 2), 0) == Frame(
        FrameType.WELCOME, 5
    )


def test_no_execution_id_that_was_told_comes_again_after_a_restart(tmp_path: Path) -> None:
    treatment = script(Behaviour(parts=2, fill_after=2), Behaviour(fill_after=2))
    venue = Venue(treatment, VenueLog(tmp_path / "log"))
    venue.handle(Frame(FrameType.HELLO, 1), 0)
    venue.handle(Frame(FrameType.COMMAND, 0, (new_order(1),)), 1)
    told = [each for step in (1, 2, 3) for each in executions(venue.handle(Frame(FrameType.STEP, step), 1))]
    assert told == [1, 2, 3]
    again = Venue(treatment, VenueLog(tmp_path / "log"))  # killed before it read the second order, which is sent again
    again.handle(Frame(FrameType.COMMAND, 0, (new_order(2),)), 1)
    again.handle(Frame(FrameType.STEP, 5), 1)
    assert executions(again.handle(Frame(FrameType.ASK, 0, (question(1),)), 1)) == told
    assert executions(again.handle(Frame(FrameType.ASK, 0, (question(2),)), 1)) == [4, 5]


def test_a_question_that_got_no_answer_counts_after_a_restart(tmp_path: Path) -> None:
    treatment, ask = script(Behaviour(silent_asks=2)), Frame(FrameType.ASK, 0, (question(1),))
    venue = Venue(treatment, VenueLog(tmp_path / "log"))
    venue.handle(Frame(FrameType.HELLO, 1), 0)
    venue.handle(Frame(FrameType.COMMAND, 0, (new_order(),)), 1)
    assert venue.handle(ask, 1) == Frame(FrameType.SILENCE)
    again = Venue(treatment, VenueLog(tmp_path / "log"))
    assert again.handle(ask, 1) == Frame(FrameType.SILENCE)
    answer = again.handle(ask, 1)
    assert answer is not None
    assert answer.type == FrameType.ANSWER


def test_a_frame_torn_at_the_end_of_the_log_is_cut_off(tmp_path: Path) -> None:
    venue = opened(tmp_path / "log")
    venue.handle(Frame(FrameType.COMMAND, 0, (new_order(),)), 1)
    whole = (tmp_path / "log").read_bytes()
    for cut in (1, 60, 130):
        (tmp_path / "log").write_bytes(whole[:-cut])
        assert Venue(script(), VenueLog(tmp_path / "log")).orders.orders == []
        assert len((tmp_path / "log").read_bytes()) < len(whole) - 100


def test_every_frame_of_an_earlier_epoch_is_refused(tmp_path: Path) -> None:
    venue = opened(tmp_path / "log", epoch=3)
    for frame in (Frame(FrameType.COMMAND, 0, (new_order(),)), Frame(FrameType.STEP, 1), Frame(FrameType.OPEN_ORDERS)):
        assert venue.handle(frame, 2) == Frame(FrameType.FENCED, 3)
    assert venue.handle(Frame(FrameType.HELLO, 2), 0) == Frame(FrameType.FENCED, 3)
    assert venue.orders.orders == []


def test_the_session_ends_after_the_last_step(tmp_path: Path) -> None:
    venue = opened(tmp_path / "log")
    assert venue.handle(Frame(FrameType.STEP, 9), 1) == Frame(FrameType.OVER)


def test_what_no_client_says_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodecError, match="a client sent WELCOME"):
        opened(tmp_path / "log").handle(Frame(FrameType.WELCOME, 1), 1)


@pytest.mark.parametrize("record", [question(1), new_order()[:64]])
def test_what_is_no_command_is_refused_and_leaves_no_trace_in_the_log(tmp_path: Path, record: bytes) -> None:
    venue = opened(tmp_path / "log")
    before = (tmp_path / "log").read_bytes()
    with pytest.raises(CodecError, match="command"):
        venue.handle(Frame(FrameType.COMMAND, 0, (record,)), 1)
    assert (tmp_path / "log").read_bytes() == before
    assert Venue(script(), VenueLog(tmp_path / "log")).epoch == 1


def test_a_log_that_cannot_be_written_ends_the_venue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venue = Venue(script(), VenueLog(tmp_path / "log"))
    client, link = socket.socketpair()
    connection = Connection(link)

    def full(frame: Frame) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(venue.log, "append", full)
    with client, link:
        client.sendall(encode(Frame(FrameType.HELLO, 1)))
        with pytest.raises(OSError, match="No space left"):
            serve(venue, {link.fileno(): connection}, connection)


def test_a_client_that_is_gone_ends_its_session_only(tmp_path: Path) -> None:
    venue = Venue(script(), VenueLog(tmp_path / "log"))
    client, link = socket.socketpair()
    connection = Connection(link)
    connections = {link.fileno(): connection}
    client.sendall(encode(Frame(FrameType.HELLO, 1)))
    client.close()
    serve(venue, connections, connection)
    assert connections == {}
    assert venue.epoch == 1
