"""Lists of tasks and cases, a page at a time, and how long they are."""

from engine.worklist.cases import Filter, cases
from engine.worklist.copied import copied
from engine.worklist.counts import MOST, Counts, count, count_my_tasks
from engine.worklist.done import my_decisions
from engine.worklist.mine import my_tasks, on_behalf, task_before
from engine.worklist.paging import MAX_PAGE, Page, like, mark, place
from engine.worklist.rows import one_task
from engine.worklist.wanted import PERIODS, SORTS, Sort, Wanted, due_within

__all__ = [
    "MAX_PAGE", "MOST", "PERIODS", "SORTS", "Counts", "Filter", "Page", "Sort", "Wanted", "cases", "copied", "count", "count_my_tasks", "due_within",
    "like", "mark", "my_decisions", "my_tasks", "on_behalf", "one_task", "place", "task_before",
]  # fmt: skip
