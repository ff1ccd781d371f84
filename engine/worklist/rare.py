"""Which cases have words that few cases have: looked up by pairs of characters, so that nobody's whole list is read for what hardly ever stands in it."""

from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine.worklist.paging import patterns

MOST = 300  #: cases; with more, a list is walked until its page is full, which for words that are common is soon
MOST_PEOPLE = 50  #: with a word in their name
_STEPS = text(
    "SELECT w.word FROM unnest(CAST(:words AS text[])) AS w(word) WHERE EXISTS (SELECT 1 FROM process_definition d WHERE d.steps ILIKE w.word)"
)
_PEOPLE = text("SELECT key FROM person WHERE name ILIKE :word LIMIT :n")
#: a text that was too long for its pairs has the number 0
_HAS = "search_pairs(i.title, i.business_key, i.summary) @> {pairs} OR search_pairs(i.title, i.business_key, i.summary) @> ARRAY[0]"
_PAIRS = "search_pairs(CAST(:word{n} AS text), '', '[]'::jsonb)"


def open_cases(session: Session, words: str) -> list[UUID] | None:
    """Return all open cases that may have every word in title, number, summary or the name of who began them; None when there may be many.

    Words of one character, words of a step's name and of many people's names say nothing about cases; None where there are no others. What is returned is to be
    looked at again: pairs of characters are all there, but need not stand together.
    """
    found = patterns(words)
    steps = set(session.scalars(_STEPS, {"words": found})) if found else set()
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for number, (word, pattern) in enumerate(zip(words.split(), found, strict=False)):
        people = list(session.scalars(_PEOPLE, {"word": pattern, "n": MOST_PEOPLE + 1}))
        if len(word) < 2 or pattern in steps or len(people) > MOST_PEOPLE:
            continue
        values |= {f"word{number}": word, f"people{number}": people}
        has = _HAS.format(pairs=_PAIRS.format(n=number))
        conditions.append(f"({has} OR i.initiator = ANY(CAST(:people{number} AS text[])))" if people else f"({has})")
    if not conditions:
        return None
    statement = f"""SELECT i.id FROM process_instance i
        WHERE {" AND ".join(conditions)} AND i.status IN ('running', 'suspended') LIMIT {MOST + 1}"""
    cases = list(session.scalars(text(statement), values))
    return cases if len(cases) <= MOST else None
