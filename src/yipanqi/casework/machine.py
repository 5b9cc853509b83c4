"""The one table type by which anything in this system lives: statuses, and the acts that lead from one to another.

A status changes only by a declared transition. An act that is not declared for a status is refused, and the refusal
names the acts that are allowed; buttons, HTTP 409 answers and the state charts of the documentation come from the
same table. Who may act is settled by authority, writing rows and the journal by the ops apps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from yipanqi.kernel.errors import YipanqiError


class LifecycleError(YipanqiError):
    """A lifecycle table contradicts itself, or was asked about a status it does not know (`status_unknown`)."""

    code = "lifecycle_invalid"


class TransitionRefused(YipanqiError):
    """The act is not declared for the status. Facts: lifecycle, status, act, allowed (a tuple of acts)."""

    code = "transition_refused"


@dataclass(frozen=True, slots=True)
class Transition:
    """One act: from any of `sources` to `target`, written to the journal as `event` (a name of the catalog)."""

    act: str
    sources: tuple[str, ...]
    target: str
    event: str


@dataclass(frozen=True)
class Lifecycle:
    """A checked table of transitions.

    `resting` are the statuses where work may stay for good. Construction raises LifecycleError unless every status
    named is declared, no act has two targets from one status, every status can be reached from `initial`, and every
    status has a way to a resting one.
    """

    name: str
    initial: str
    statuses: tuple[str, ...]
    transitions: tuple[Transition, ...]
    resting: tuple[str, ...]
    _table: Mapping[tuple[str, str], Transition] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self._check_names()
        table: dict[tuple[str, str], Transition] = {}
        for transition in self.transitions:
            for source in transition.sources:
                if (source, transition.act) in table:
                    raise self._invalid(f"the act {transition.act} is declared twice for {source}")
                table[source, transition.act] = transition
        object.__setattr__(self, "_table", MappingProxyType(table))
        self._check_ways()

    def next(self, status: str, act: str) -> Transition:
        """Return the transition that `act` makes from `status`; raise TransitionRefused when there is none."""
        allowed = self.allowed(status)
        if act not in allowed:
            ways = f"allowed: {', '.join(allowed)}" if allowed else "nothing is allowed any more"
            message = f"A {self.name} that is {status} cannot be given the act {act}; {ways}."
            raise TransitionRefused(message, lifecycle=self.name, status=status, act=act, allowed=allowed)
        return self._table[status, act]

    def allowed(self, status: str) -> tuple[str, ...]:
        """Return the acts declared for `status` in table order; LifecycleError `status_unknown` for a foreign one."""
        if status not in self.statuses:
            message = f"A {self.name} is never {status!r}; its statuses are {', '.join(self.statuses)}."
            raise LifecycleError(message, code="status_unknown", lifecycle=self.name, status=status)
        return tuple(act for source, act in self._table if source == status)

    def mermaid(self) -> str:
        """Return the table as a Mermaid state chart, for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}"]
        for transition in self.transitions:
            lines += [
                f"    {source} --> {transition.target}: {transition.act}" for source in transition.sources
            ]
        lines += [f"    {status} --> [*]" for status in self.statuses if status in self.resting]
        return "\n".join(lines) + "\n"

    def _check_names(self) -> None:
        if len(set(self.statuses)) != len(self.statuses):
            raise self._invalid("a status is declared twice")
        if not self.resting:
            raise self._invalid("it has no resting status")
        named = [self.initial, *self.resting]
        for transition in self.transitions:
            if not transition.sources:
                raise self._invalid(f"the act {transition.act} has no source")
            named += [*transition.sources, transition.target]
        for status in named:
            if status not in self.statuses:
                raise self._invalid(f"the status {status} is not declared")

    def _check_ways(self) -> None:
        onward = {(source, made.target) for made in self.transitions for source in made.sources}
        reached = _closure([self.initial], onward)
        back = _closure(self.resting, {(target, source) for source, target in onward})
        for status in self.statuses:
            if status not in reached:
                raise self._invalid(f"the status {status} cannot be reached")
            if status not in back:
                raise self._invalid(f"the status {status} is a dead end without being a resting status")

    def _invalid(self, reason: str) -> LifecycleError:
        return LifecycleError(f"The lifecycle {self.name} is invalid: {reason}.", lifecycle=self.name)


def _closure(starts: Iterable[str], edges: set[tuple[str, str]]) -> set[str]:
    found = set(starts)
    waiting = list(found)
    while waiting:
        here = waiting.pop()
        for source, target in edges:
            if source == here and target not in found:
                found.add(target)
                waiting.append(target)
    return found
