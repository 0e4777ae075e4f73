"""The geometry of the desk's plots."""

from __future__ import annotations

from decimal import Decimal

from bot.http.desk.plots import columns, round_above, share


def test_plots_end_at_a_round_number_and_stack_from_the_bottom() -> None:
    assert [round_above(Decimal(value)) for value in ("0", "1", "1.5", "3", "11", "50", "51")] == [
        1,
        1,
        2,
        5,
        20,
        50,
        100,
    ]
    plot = columns([[("bot", 3), ("person", 1)], [("bot", 0), ("person", 0)]])
    assert plot.lines == (5, 0) and plot.width == 20
    assert [(bar.css, bar.y, bar.height) for bar in plot.bars] == [("bot", 40.0, 60.0), ("person", 20.0, 20.0)]
    assert (share(1, 4), share(0, 0)) == (25.0, 0.0)
    assert columns([]).lines == (1, 0)
