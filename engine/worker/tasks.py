"""Which function does which kind of job."""

from collections.abc import Callable

from engine import jobs
from engine.worker import calls, cases, offices, pushing

TASKS: dict[tuple[str, str], Callable[..., None]] = {
    jobs.CALL: calls.call,
    jobs.PUSH: pushing.keep_pushing,
    jobs.INBOX: offices.apply_message,
    jobs.TIMERS: cases.fire,
    jobs.MESSAGE: cases.deliver,
    jobs.LOOK: cases.look,
    jobs.SIGNAL: cases.hear,
    jobs.STARTS: cases.begin,
    jobs.ANSWER: calls.bring_answer,
    jobs.SUSPEND: cases.suspend_cases,
    jobs.NOTICE: cases.tell,
    jobs.RESEND: pushing.resend,
    jobs.CATCH_UP: pushing.catch_up,
    jobs.CHECK: offices.check,
    jobs.DIRECTORY: offices.look_at_directory,
    jobs.ALERT: offices.alert,
    jobs.COMPARE: offices.compare,
    jobs.RENEW: pushing.renew,
}
