"""Goals: what was reached, what was wanted, and whether that is met; each a line of a list."""


def at_least(what: str, reached: float, goal: float, digits: int = 2) -> str:
    return _line(what, reached, goal, digits, reached >= goal, "at least")


def at_most(what: str, reached: float, goal: float, digits: int = 2) -> str:
    return _line(what, reached, goal, digits, reached <= goal, "at most")


def _line(what: str, reached: float, goal: float, digits: int, met: bool, bound: str) -> str:
    verdict = "met" if met else "**not met**"
    return f"- {what}: {reached:,.{digits}f}, {bound} {goal:,.{digits}f} wanted: {verdict}"
