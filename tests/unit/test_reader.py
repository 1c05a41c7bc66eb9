"""What of a batch is folded when."""

import time
from types import SimpleNamespace

from faust.types import TP

from processors.consent import ConsentRules
from processors.kinds import KindRules
from processors.notes import write_note
from schemas.facts import Facts
from schemas.settings import Settings
from schemas.touch import Absorb
from streams.clock import Clock
from streams.store.partitions import Standing
from streams.transport.batch import Batch
from streams.worker.reader import Reader


def test_a_note_by_a_clock_that_is_ahead_is_taken_and_moves_no_time() -> None:
    note = write_note(Absorb("ada", "anon:v", 0, 1, Facts(touchpoints=7)))
    ahead = (time.time() + 3600) * 1000
    records = [
        SimpleNamespace(offset=offset, timestamp=ahead, key=b"ada", value=value.encode(), headers=())
        for offset, value in enumerate((note, '{"type":"track","event":"x","userId":"ada"}'))
    ]
    reader = Reader(KindRules({}), ConsentRules(), 60.0, Clock(Settings()))
    (part,) = reader.slices(Batch(TP("touchpoints", 0), records, None, 2), Standing(None, 0.0))
    assert [touch.note for touch in part.touches["ada"]] == [Absorb("ada", "anon:v", 0, 1, Facts(touchpoints=7))]
    assert part.now == 0.0
    assert [refused.offset for refused in part.refused] == [1]
