"""TMF645 tasks: what was asked and answered, for as long as it may be read again.

They lie in one SQLite file that the workers share, so that any of them can answer a GET, and finish a task
whose worker died. They hold addresses, so each is deleted when its time is over, and the file with the service.
"""

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

_SCHEMA = """
create table if not exists task (
    id text primary key, kind text not null, client text not null, made real not null, external text, digest text not null,
    asked text not null, answer text
);
create index if not exists task_made on task (made);
create unique index if not exists task_external on task (kind, client, external) where external is not null;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One task. `answer` is None until somebody has made it."""

    id: str
    made: float
    digest: str
    asked: Mapping[str, Any]
    answer: Mapping[str, Any] | None


class Tasks:
    """The tasks of a service.

    Parameters
    ----------
    place
        The SQLite file; empty for memory, which one worker alone has.
    keep_s
        Seconds after which a task is deleted.
    """

    def __init__(self, place: str, *, keep_s: float) -> None:
        self._keep_s = keep_s
        self._lock = threading.Lock()
        self._database = sqlite3.connect(place or ":memory:", check_same_thread=False, isolation_level=None, timeout=10)
        self._database.execute("pragma secure_delete = on")
        if place:
            self._database.execute("pragma journal_mode = wal")
        self._database.executescript(_SCHEMA)

    def add(self, kind: str, client: str, asked: Mapping[str, Any]) -> tuple[Task, bool]:
        """Keep what was asked; tell whether it is new. The same `externalId` of the same client is the same task."""
        text = json.dumps(asked, sort_keys=True, ensure_ascii=False)
        digest = hashlib.sha256(text.encode()).hexdigest()
        given = asked.get("externalId")
        external = given if isinstance(given, str) and given else None
        with self._lock:
            now = time.time()
            self._database.execute("delete from task where made < ?", (now - self._keep_s,))
            task_id = str(uuid4())
            values = (task_id, kind, client, now, external, digest, text)
            made = self._database.execute("insert or ignore into task values (?, ?, ?, ?, ?, ?, ?, null)", values)
            if made.rowcount:
                return Task(id=task_id, made=now, digest=digest, asked=asked, answer=None), True
            where = "kind = ? and client = ? and external = ?"
            return self._found(where, kind, client, external)[0], False

    def answer(self, task: str, answer: Mapping[str, Any]) -> None:
        """Keep an answer, unless the task has one."""
        text = json.dumps(answer, ensure_ascii=False)
        with self._lock:
            self._database.execute("update task set answer = ? where id = ? and answer is null", (text, task))

    def get(self, kind: str, client: str, task: str) -> Task | None:
        """Give one of a client's tasks."""
        with self._lock:
            found = self._found("kind = ? and client = ? and id = ? and made >= ?", kind, client, task, self._oldest)
        return found[0] if found else None

    def of_client(self, kind: str, client: str) -> list[Task]:
        """Give a client's tasks, the newest first."""
        with self._lock:
            return self._found("kind = ? and client = ? and made >= ? order by made desc", kind, client, self._oldest)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @property
    def _oldest(self) -> float:
        return time.time() - self._keep_s

    def _found(self, where: str, *values: object) -> list[Task]:
        rows = self._database.execute(f"select id, made, digest, asked, answer from task where {where}", values).fetchall()  # noqa: S608 - ours
        return [
            Task(id=id_, made=made, digest=digest, asked=json.loads(asked), answer=answer and json.loads(answer))
            for id_, made, digest, asked, answer in rows
        ]
