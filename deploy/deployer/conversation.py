"""What a command or a button leads to. Who may is decided here, and each step is in the audit before it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from deploy.deployer import answers
from deploy.deployer.answers import Answer
from deploy.deployer.releases import Failed, Releases
from deploy.deployer.store import Question, Store, UnderWay
from deploy.notify.message import slack_text
from deploy.notify.slack import without_secrets


@dataclass(frozen=True)
class Person:
    """A Slack user. Only ``id`` and ``team`` count: users can change their names."""

    id: str
    team: str
    name: str
    channel: str


class Conversation:
    """Answers of the service, each passed to ``reply``, which may be called several times within half an hour."""

    def __init__(
        self, store: Store, releases: Releases, team: str, deployers: Collection[str],
        now: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._store, self._releases, self._now = store, releases, now
        self._team, self._deployers = team, frozenset(deployers)

    def may(self, person: Person) -> bool:
        return person.team == self._team and person.id in self._deployers

    def refuse(self, person: Person, asked: str) -> Answer:
        """Somebody who may not; the attempt is written down."""
        self._write("refused", person, asked=asked[:200])
        return answers.to_person("You're not on the list of those who may deploy. Nothing has happened.")

    def command(self, person: Person, text: str, reply: Callable[[Answer], None]) -> None:
        """``/deploy TEXT`` of somebody who may."""
        words = text.split()
        try:
            if words == ["status"]:
                reply(answers.status(self._releases.channels()))
            elif words[:1] == ["production"] and len(words) <= 2:
                reply(self._ask(person, words[1] if len(words) == 2 else ""))
            else:
                reply(answers.to_person(answers.USAGE))
        except Failed as problem:
            reply(answers.to_person(f"That can't be said now: {slack_text(str(problem))}"))

    def cancel(self, person: Person, question: str, reply: Callable[[Answer], None]) -> None:
        """The button *Cancel*."""
        taken = self._store.answer(question, person.id, self._now())
        if taken:
            self._write("cancelled", person, version=taken.version)
        reply(answers.to_person("Nothing has happened.", is_instead=True))

    def confirm(self, person: Person, question: str, reply: Callable[[Answer], None]) -> None:
        """The button *Deploy*. The end is told when the next may deploy, not before."""
        try:
            with self._store.deploying():
                taken = self._store.answer(question, person.id, self._now())
                if taken is None:
                    gone = "That question is answered, too old or somebody else's. Ask again: `/deploy production`"
                    last = answers.to_person(gone)
                else:
                    last = self._deploy(person, taken, reply)
        except UnderWay:
            last = answers.to_person("Another deployment is under way. Try again when it has ended.")
        reply(last)

    def _ask(self, person: Person, wanted: str) -> Answer:
        channels = self._releases.channels()
        version = wanted or channels.staging
        if not version:
            return answers.to_person("Nothing is in staging yet.")
        if version not in channels.releases:
            return answers.to_person(f"There's no release `{slack_text(version[:100])}`.")
        if version == channels.production:
            return answers.to_person(f"Production has it already: `{version}`")
        self._write("asked", person, version=version, before=channels.production)
        asked = self._store.ask(person.id, version, channels.production, self._now())
        return answers.question(asked, self._releases.commit_of(version))

    def _deploy(self, person: Person, taken: Question, reply: Callable[[Answer], None]) -> Answer:
        try:
            channels = self._releases.channels()
            if channels.production != taken.production:
                now = slack_text(channels.production)
                return answers.to_person(f"Production has changed since: it's `{now}` now. Ask again.", is_instead=True)
            # No line, no deployment: a full disk stops here.
            self._write("confirmed", person, version=taken.version, before=taken.production)
            reply(answers.begun(taken.version))
            self._releases.to_production(taken.version)
        except Failed as problem:
            self._write("failed", person, version=taken.version, why=without_secrets(str(problem)))
            return answers.failed(person.id, taken.version, str(problem))
        self._write("deployed", person, version=taken.version, before=taken.production)
        return answers.deployed(person.id, taken.version)

    def _write(self, event: str, person: Person, **facts: str) -> None:
        who = {"person": person.id, "name": person.name, "team": person.team, "channel": person.channel}
        self._store.write(event, **who, **facts)
