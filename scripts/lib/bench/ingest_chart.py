"""The chart of loading dumps: rows per second, medians with the slowest and the fastest round."""

import chart
from chart import Bar, Group
from ingest_page import EMBEDDED, LOGGED, Measured
from measure import Contender


def svg(measured: Measured) -> str:
    groups = {title: [_bar(each) for each in measured.tables[title]] for title in (LOGGED, EMBEDDED)}
    most = max(bar.most for bars in groups.values() for bar in bars)
    return chart.svg(
        "Loading dumps: million rows per second",
        f"Medians of {measured.rounds} rounds, and the slowest and fastest one. More is better.",
        "Rows per second of pghaul and of other loaders",
        [Group(title, bars, most) for title, bars in groups.items()],
    )


def _bar(contender: Contender) -> Bar:
    fastest, slowest = contender.spread
    return Bar(
        label=contender.name.removesuffix(", 2 at once").removesuffix(", 2 processes at once"),
        value=contender.rows_per_second,
        shown=f"{contender.rows_per_second / 1e6:.2f}",
        hint=f"{contender.name}: {contender.seconds:.2f} s for {contender.rows:,} rows",
        is_ours=contender.name.startswith("pghaul"),
        spread=(contender.rows / slowest, contender.rows / fastest),
    )
