"""Charts of bars in groups, as SVG: whiskers from the slowest to the fastest round, where there are rounds."""

from dataclasses import dataclass
from html import escape

WIDTH = 860
LABELS = 330  # where the bars begin
BARS = 400  # width of the longest whisker, or bar
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


@dataclass
class Bar:
    """A bar with its label, and what a pointer on it shows."""

    label: str
    value: float
    shown: str  # the value as text
    hint: str
    is_ours: bool
    spread: tuple[float, float] | None = None  # the least and the greatest value

    @property
    def most(self) -> float:
        return max(self.value, self.spread[1] if self.spread else 0)


@dataclass
class Group:
    """Bars of one scale."""

    title: str
    bars: list[Bar]
    most: float  # what the longest one stands for


def svg(title: str, note: str, described: str, groups: list[Group]) -> str:
    """A chart with a title and a note; `described` is for who cannot see it."""
    lines, y = [], TOP
    for group in groups:
        y += TITLE
        lines.append(f'<text class="group" x="16" y="{y - 12}">{escape(group.title)}</text>')
        for bar in group.bars:
            lines += _bar(bar, y, BARS / group.most)
            y += STEP
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 16}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(described)}</title>',
        f"<style>{STYLE}</style>",
        f'<text class="title" x="16" y="30">{escape(title)}</text>',
        f'<text class="note" x="16" y="52">{escape(note)}</text>',
        *lines,
        "</svg>\n",
    ])


def _bar(bar: Bar, y: int, scale: float) -> list[str]:
    """A line of the chart, with its top at `y`; `scale` is the width of 1."""
    width = bar.value * scale
    kind = "ours" if bar.is_ours else "peer"
    lines = [
        f'<text x="{LABELS - 8}" y="{y + BAR - 4}" text-anchor="end">{escape(bar.label)}</text>',
        f'<rect class="{kind}" x="{LABELS}" y="{y}" width="{max(width, 1):.1f}" height="{BAR}" rx="2">'
        f"<title>{escape(bar.hint)}</title></rect>",
    ]
    if bar.spread:
        left, right = (LABELS + value * scale for value in bar.spread)
        lines.append(f'<path class="spread" d="M{left:.1f} {y + BAR / 2}H{right:.1f}"/>')
    lines.append(f'<text x="{LABELS + bar.most * scale + 8:.1f}" y="{y + BAR - 4}">{escape(bar.shown)}</text>')
    return lines
