"""How free the cores are: the same work by one process, and by two at once that know nothing of each other."""

from pathlib import Path

from measure import Command, Contender, run, run_together


class Control:
    """Its contenders take turns with those that matter."""

    def __init__(self, pghaul: Path, rows: int, work: Path) -> None:
        users: Command = [pghaul, "generate", "users", "--count", str(rows), "--workers", "1", "--out", "/dev/null"]
        self._one = Contender("control: one process", rows, lambda: run(users, work))
        self._two = Contender("control: two processes", 2 * rows, lambda: run_together([users, users], work))
        self.contenders = [self._one, self._two]

    @property
    def free_cores(self) -> float:
        """Of two, how many two processes had."""
        return self._two.rows_per_second / self._one.rows_per_second
