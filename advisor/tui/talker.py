"""The one thread that talks: it opens the session, answers, asks before it writes, and can be stopped. Knows no screen.

The store, the models and their arrays belong to the thread that opened them, so everything that touches them is done
here, one thing after the other, and told in the order in which it happened.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from queue import SimpleQueue
from threading import Event as Flag
from threading import Thread
from typing import TYPE_CHECKING, Any

from advisor.tui.events import Broke, Did, Ended, Event, Refused, Stepped, Then, Trained, Wanted
from advisor.tui.recalling import told_with_runs
from metapeft_core.errors import AdvisorError
from metapeft_core.lanes import leave_thread

if TYPE_CHECKING:
    from advisor.controller import Confirm
    from advisor.plans import Call
    from advisor.session import Session
    from metapeft_core.training.progress import Progress, Watch

    Opening = Callable[[Confirm, Watch], Session]
    """Makes the session; called on the thread, which is also where what it needs is imported."""
    Work = Callable[[Session], Any]
STOPPED = "Stopped: nothing of the training was kept."


class StoppedError(AdvisorError):
    """The user stopped a training."""


class Talker:
    """Work is handed in from the screen's thread and done on this one."""

    def __init__(self, opening: Opening, tell: Callable[[Event], object]) -> None:
        """`tell` is called on the thread, and must not wait for the screen."""
        self._opening, self._tell = opening, tell
        self._work: SimpleQueue[Callable[[Session], None] | None] = SimpleQueue()
        self._stopping, self._closing = Flag(), Flag()
        self._reply: Future[bool] | None = None
        self._session: Session | None = None
        self._thread = Thread(target=self._live, name="talker", daemon=True)

    def start(self) -> None:
        """Open the session."""
        self._thread.start()

    def ask(self, question: str) -> None:
        """Answer a question; the turn ends with `Ended`."""
        self._stopping.clear()
        self._work.put(lambda session: self._turn(session, question))

    def do(self, work: Work, then: Then) -> None:
        """Do something else with the session; `then` is handed what was found, by whoever is told of it."""
        self._work.put(lambda session: self._done(session, work, then))

    def stop(self) -> None:
        """End the turn: a training at its next step, anything else when the present tool has answered."""
        self._stopping.set()
        self._refuse()

    def close(self, patience: float = 10.0) -> None:
        """Stop, let go of the store and the model, and wait for that."""
        self._closing.set()
        self.stop()
        self._work.put(None)
        if self._session is not None:
            # The thread may be waiting for what the model writes.
            _end_model(self._session)
        if self._thread.is_alive():
            self._thread.join(patience)

    @property
    def is_alive(self) -> bool:
        """Whether it still takes work."""
        return self._thread.is_alive()

    def _live(self) -> None:
        try:
            session = self._session = self._opening(self._confirmed, self._watch)
        except Exception as fault:
            self._tell(Broke(fault))
            return
        try:
            if self._closing.is_set():
                # Whoever closed may not have seen that there is a model.
                _end_model(session)
            while (work := self._work.get()) is not None:
                work(session)
        except Exception as fault:
            # A bug is raised where it is seen: on the screen's thread. What closing has ended is none.
            if not (self._closing.is_set() and isinstance(fault, CancelledError)):
                self._tell(Broke(fault))
        finally:
            session.bench.close()
            _end_model(session)
            leave_thread()

    def _turn(self, session: Session, question: str) -> None:
        stopped = False
        for step in session.ask(question):
            self._tell(told_with_runs(session, Stepped(step, session.state)))
            if self._stopping.is_set() and not step.is_last:
                stopped = True
                break
        self._tell(Ended(stopped))

    def _done(self, session: Session, work: Work, then: Then) -> None:
        try:
            self._tell(Did(then, work(session)))
        except AdvisorError as fault:
            self._tell(Refused(str(fault)))

    def _watch(self, progress: Progress) -> None:
        if self._stopping.is_set():
            raise StoppedError(STOPPED)
        self._tell(Trained(progress))

    def _confirmed(self, call: Call) -> bool:
        self._reply = Future()
        if self._closing.is_set() or self._stopping.is_set():
            return False
        self._tell(Wanted(call, self._reply))
        return self._reply.result()

    def _refuse(self) -> None:
        """Whoever waits for a yes waits no longer."""
        reply = self._reply
        if reply is not None and not reply.done():
            answer(reply, False)


def _end_model(session: Session) -> None:
    """Close the model, where it is one that has a thread of its own; once is enough, and more does no harm."""
    close = getattr(session.controller.model, "close", None)
    if close is not None:
        close()


def answer(reply: Future[bool], value: bool) -> None:
    """The first answer counts."""
    if not reply.done():
        reply.set_result(value)
