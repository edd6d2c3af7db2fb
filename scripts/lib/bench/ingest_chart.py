"""A chart of rows per second, as SVG: bars for the medians, whiskers from the slowest to the fastest round."""

from html import escape

from ingest_page import EMBEDDED, LOGGED, Measured
from measure import Contender

WIDTH = 860
LABELS = 330  # where the bars begin
BARS = 400  # width of the longest whisker
BAR, STEP = 16, 26  # height of a bar, and from one to the next
TOP, TITLE = 62, 40  # above the first group, and for each group's title

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 17px; font-weight: 600 }
.group { font-weight: 600 }
.note { fill: #59636e }
.ours { fill: #1a7f5a }
.peer { fill: #8c959f }
.spread { stroke: #1f2328; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .ours { fill: #3fb68b }
  .peer { fill: #6e7681 }
  .spread { stroke: #e6edf3 }
}
"""


def svg(measured: Measured) -> str:
    groups = {title: measured.tables[title] for title in (LOGGED, EMBEDDED)}
    fastest = max(each.rows / each.spread[0] for group in groups.values() for each in group)
    lines, y = [], TOP
    for title, contenders in groups.items():
        y += TITLE
        lines.append(f'<text class="group" x="16" y="{y - 12}">{escape(title)}</text>')
        for contender in contenders:
            lines += _bar(contender, y, BARS / fastest)
            y += STEP
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 16}" role="img" aria-labelledby="title">',
        '<title id="title">Rows per second of pghaul and of other loaders</title>',
        f"<style>{STYLE}</style>",
        '<text class="title" x="16" y="30">Loading dumps: million rows per second</text>',
        f'<text class="note" x="16" y="52">Medians of {measured.rounds} rounds, and the slowest and fastest one.'
        " More is better.</text>",
        *lines,
        "</svg>\n",
    ])


def _bar(contender: Contender, y: int, scale: float) -> list[str]:
    """A line of the chart, with its top at `y`; `scale` is the width of one row per second."""
    fastest, slowest = contender.spread
    left, right = (LABELS + contender.rows / seconds * scale for seconds in (slowest, fastest))
    width = contender.rows_per_second * scale
    middle = y + BAR / 2
    kind = "ours" if contender.name.startswith("pghaul") else "peer"
    label = contender.name.removesuffix(", 2 at once").removesuffix(", 2 processes at once")
    return [
        f'<text x="{LABELS - 8}" y="{y + BAR - 4}" text-anchor="end">{escape(label)}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" rx="2">'
        f"<title>{escape(contender.name)}: {contender.seconds:.2f} s for {contender.rows:,} rows</title></rect>",
        f'<path class="spread" d="M{left:.1f} {middle}H{right:.1f}"/>',
        f'<text x="{max(right, LABELS + width) + 8:.1f}" y="{y + BAR - 4}">{contender.rows_per_second / 1e6:.2f}</text>',
    ]
