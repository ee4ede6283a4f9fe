"""The hand of a person at a page: does one thing at a time, counts the steps and takes the time.

A step is one click, tap, key chord or field filled in, whatever its length. Time is taken from the input until the page
rests again. What a person would need is estimated on top: 0.28 s a key, 1.3 s a click, 1.0 s a tap and 1.35 s to think
before each step (the keystroke-level model).
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.stories.slow import PATIENCE

THINK, KEY, CLICK, TAP = 1.35, 0.28, 1.3, 1.0

# Of every flow that was walked in this run; printed at its end.
walked: list["Hand"] = []


def rest(page: Any) -> None:
    """Wait until the page rests. A form on its way is marked until its answer is there or the next page has taken this
    one's place; what htmx brought in hears nothing until it has settled, some 20 ms that no person is quick enough for.
    """
    page.wait_for_function(
        "() => !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling, .htmx-added, form[data-sent]')"
    )
    page.wait_for_load_state("load")


def wait_until(page: Any, is_so: Callable[[], Any]) -> None:
    """Wait for what is not to be seen on the page: a request held back, a row in the database."""
    patience = threading.Event()
    end = time.monotonic() + 10 * PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it never became so"
        page.evaluate("1")  # lets what the page asks be heard
        patience.wait(0.03)


@contextmanager
def answered(page: Any, address: str) -> Iterator[Any]:
    """What is done inside asks `address`; go on when the answer is there as a whole and the page rests again. The plain
    `expect_response` ends with the head of the answer, before anything of it is to be seen."""
    with page.expect_response(address) as answer:
        yield answer
    answer.value.finished()
    rest(page)


@dataclass
class Hand:
    """Walks through one flow on one page. `most` is the greatest number of steps the flow may take."""

    page: Any
    flow: str
    most: int
    steps: int = 0
    system: float = 0.0
    human: float = 0.0
    done: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        walked.append(self)

    def click(self, target: Any) -> None:
        self._step(lambda: self._locator(target).click(), THINK + CLICK, f"click {target}")

    def tap(self, target: Any) -> None:
        self._step(lambda: self._locator(target).tap(), THINK + TAP, f"tap {target}")

    def fill(self, target: Any, text: str) -> None:
        """Type into a field key by key, so that what listens to typing hears it."""

        def type_it() -> None:
            box = self._locator(target)
            if box.get_attribute("type") in {"date", "time"}:
                box.fill(text)  # the browser's own pickers take no keys of ours
            else:
                box.fill("")
                box.press_sequentially(text)

        self._step(type_it, THINK + KEY * len(text), f"fill {target}")

    def press(self, keys: str, target: Any = None) -> None:
        work = (lambda: self.page.keyboard.press(keys)) if target is None else lambda: self._locator(target).press(keys)
        self._step(work, THINK + KEY, f"press {keys}")

    def choose(self, target: Any, value: str) -> None:
        self._step(lambda: self._locator(target).select_option(value), THINK + CLICK, f"choose {target}")

    def finish(self) -> None:
        """The flow is through; it may not have taken more steps than it should."""
        assert self.steps <= self.most, f"{self.flow}: {self.steps} steps, at most {self.most}: {self.done}"

    def _locator(self, target: Any) -> Any:
        return self.page.locator(target) if isinstance(target, str) else target

    def _step(self, work: Any, human: float, told: str) -> None:
        began = time.perf_counter()
        work()
        rest(self.page)
        self.system += time.perf_counter() - began
        self.human += human
        self.steps += 1
        self.done.append(told)


def report() -> list[str]:
    """One line per flow: steps beside their limit, seconds of the machine, seconds of a practised person on top."""
    return [
        f"{hand.flow:<46}{hand.steps:>4} of {hand.most:<4}{hand.system:>8.2f} s{hand.human + hand.system:>8.1f} s"
        for hand in walked
    ]
