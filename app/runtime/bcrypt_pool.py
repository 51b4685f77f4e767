"""bcrypt in a bounded pool, with a queue for each lane and a limit on waiting."""

from __future__ import annotations

import math
import random
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import bcrypt
from prometheus_client import Counter, Gauge

from app.clock import Clock, SystemClock, seconds_left
from app.errors import HashingBusy
from app.runtime.monkeypatch import hashing_threads, offload

# Implements app.ports.Hasher. Threat: a hash costs tens to hundreds of milliseconds of a core. A few run at once;
# lanes "login", "guess", "registration" and "import" take weighted turns. A caller whose expected wait is too long is
# refused with a retry time, staggered so that the crowd does not return at once.

# Turns of each lane in a round. Anyone can register endlessly, and an import has time, so teams come first.
WEIGHTS = {"login": 4, "guess": 4, "registration": 1, "import": 1}
LANES = tuple(WEIGHTS)
ROUND = ("login", "guess") * 4 + ("registration", "import")
LONGEST_QUEUE = 100
PATIENCE_SECONDS = 10.0
# Weight of the latest hash in the average.
NEWEST_SHARE = 0.2
SOONEST_RETRY, LATEST_RETRY = 2, 60
SHORTEST_HASH = 0.001
# bcrypt reads no more; its library refuses a longer secret, which callers have shortened on purpose.
MOST_BYTES = 72


SERVED = Counter("infinity_hashing_served", "Hashes worked on, by lane", ("lane",))
REFUSED = Counter("infinity_hashing_refused", "Hashes refused because too many waited, by lane", ("lane",))
WAITED = Counter("infinity_hashing_waited_seconds", "Time spent waiting for a turn, summed, by lane", ("lane",))
LONGEST = Gauge(
    "infinity_hashing_longest_queue", "How many may wait for a turn, by lane", ("lane",), multiprocess_mode="livesum"
)
WAITING = Gauge("infinity_hashing_waiting", "Waiting for a turn now, by lane", ("lane",), multiprocess_mode="livesum")


class HashingPool:
    """Checks and makes hashes, ``at_once`` concurrently. Thread-safe."""

    def __init__(
        self,
        at_once: int | None = None,
        *,
        password_cost: int = 12,
        answer_cost: int = 10,
        longest_queue: int = LONGEST_QUEUE,
        patience_seconds: float = PATIENCE_SECONDS,
        clock: Clock | None = None,
    ) -> None:
        self.password_cost, self.answer_cost = password_cost, answer_cost
        self._free = self._at_once = at_once or hashing_threads()
        self._longest_queue = longest_queue
        self._patience = patience_seconds
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._lanes: dict[str, deque[threading.Event]] = {name: deque() for name in LANES}
        self._turns = deque(ROUND)
        self._usual = dict.fromkeys(LANES, 0.0)
        self._next_appointment = dict.fromkeys(LANES, 0.0)
        self._dice = random.Random()
        # Entered while a request waits for its hash; the server lets others work meanwhile.
        self.aside: Callable[[], AbstractContextManager[None]] = nullcontext
        self._begin_counting()

    def _begin_counting(self) -> None:
        # Starting at 0 makes the first increase visible.
        for lane in LANES:
            LONGEST.labels(lane).set(self._longest_queue)
            for figure in (SERVED, REFUSED, WAITED, WAITING):
                figure.labels(lane)

    def expect_room(self, lane: str) -> None:
        """Raises :class:`HashingBusy` if a hash would be refused now."""
        with self._lock:
            if not self._free:
                self._refuse_if_full(lane)

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        """A malformed hash fits nothing. Raises :class:`HashingBusy`."""
        if len(secret) > MOST_BYTES:
            return False
        with self._turn(lane):
            try:
                return offload(bcrypt.checkpw, secret, hashed)
            except ValueError:
                return False

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        """Raises :class:`HashingBusy`; ValueError if ``secret`` exceeds 72 bytes."""
        if len(secret) > MOST_BYTES:
            raise ValueError(f"a secret of {len(secret)} bytes must be shortened before it is hashed")
        with self._turn(lane):
            return offload(bcrypt.hashpw, secret, bcrypt.gensalt(cost)).decode("ascii")

    def sign(self, lane: str, secret: bytes, salt: bytes) -> str:
        """The hash under this salt. Raises :class:`HashingBusy`; ValueError for a long secret or invalid salt."""
        if len(secret) > MOST_BYTES:
            raise ValueError(f"a secret of {len(secret)} bytes must be shortened before it is hashed")
        with self._turn(lane):
            return offload(bcrypt.hashpw, secret, salt).decode("ascii")

    def waiting(self, lane: str) -> int:
        return len(self._lanes[lane])

    @contextmanager
    def _turn(self, lane: str) -> Iterator[None]:
        with self.aside():
            started = self._clock.monotonic()
            self._enter(lane)
            SERVED.labels(lane).inc()
            WAITED.labels(lane).inc(self._clock.monotonic() - started)
            began = self._clock.monotonic()
            try:
                yield
            finally:
                self._note(lane, self._clock.monotonic() - began)
                self._pass_on()

    def _enter(self, lane: str) -> None:
        """Take a turn at once, or wait for one in the queue."""
        with self._lock:
            if self._free:
                self._free -= 1
                return
            self._refuse_if_full(lane)
            ticket = threading.Event()
            self._lanes[lane].append(ticket)
            WAITING.labels(lane).set(len(self._lanes[lane]))
        try:
            ticket.wait(seconds_left(self._patience))
        except BaseException:
            # The waiting request was killed: pass on a turn that it already had.
            if not self._give_up(lane, ticket):
                self._pass_on()
            raise
        if self._give_up(lane, ticket):
            with self._lock:
                raise self._refusal(lane)

    def _refuse_if_full(self, lane: str) -> None:
        if len(self._lanes[lane]) >= self._longest_queue or self._expected_wait(lane) > self._patience:
            raise self._refusal(lane)

    def _refusal(self, lane: str) -> HashingBusy:
        """Retry times are staggered at the speed of hashing."""
        REFUSED.labels(lane).inc()
        now = self._clock.monotonic()
        usual = max(self._usual[lane], SHORTEST_HASH) / self._at_once
        seconds = max(self._next_appointment[lane] - now, self._dice.uniform(SOONEST_RETRY, 2 * SOONEST_RETRY)) + usual
        if seconds > LATEST_RETRY:
            return HashingBusy(self._dice.randint(LATEST_RETRY // 2, LATEST_RETRY))
        self._next_appointment[lane] = now + seconds
        return HashingBusy(math.ceil(seconds))

    def _expected_wait(self, lane: str) -> float:
        ahead = len(self._lanes[lane])
        rounds = (ahead + 1) / WEIGHTS[lane]
        others = sum(
            min(len(self._lanes[other]), math.ceil(rounds * WEIGHTS[other])) * self._usual[other]
            for other in LANES
            if other != lane
        )
        return ((ahead + 1) * self._usual[lane] + others) / self._at_once

    def _note(self, lane: str, seconds: float) -> None:
        usual = self._usual[lane]
        self._usual[lane] = max(SHORTEST_HASH, usual + NEWEST_SHARE * (seconds - usual) if usual else seconds)
        seats = int(self._patience * self._at_once / self._usual[lane])
        LONGEST.labels(lane).set(min(self._longest_queue, seats))

    def _give_up(self, lane: str, ticket: threading.Event) -> bool:
        """Leave the queue; False if the turn came meanwhile."""
        with self._lock:
            if ticket.is_set():
                return False
            self._lanes[lane].remove(ticket)
            WAITING.labels(lane).set(len(self._lanes[lane]))
            return True

    def _pass_on(self) -> None:
        with self._lock:
            for _ in ROUND:
                self._turns.rotate(-1)
                lane = self._turns[-1]
                if self._lanes[lane]:
                    self._lanes[lane].popleft().set()
                    WAITING.labels(lane).set(len(self._lanes[lane]))
                    return
            self._free += 1
