"""Work whose job is nowhere in the queue, and what is done now and then: rows are the truth."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from engine import alerts, attachments, checks, directory, drafts, messages, reconciliation, sign_ins, signals
from engine.deliveries import resending
from engine.settings import read_settings


def sweep(session: Session) -> None:
    """Wake work that was lost, begin what is due by the clock, and remove what is kept no longer."""
    session.execute(text(_LOST_CALLS))
    session.execute(text(_LOST_ANSWERS))
    session.execute(text(_LOST_MESSAGES))
    signals.wake_lost(session)
    resending.wake_lost(session)
    alerts.watch(session)
    alerts.forget_exchanges(session, read_settings().keep_exchanges)
    sign_ins.forget(session, read_settings().keep_sign_ins)
    checks.ask_for_due(session)
    directory.want_nightly(session, read_settings().time_zone)
    reconciliation.enqueue_due(session)
    messages.expire(session)
    drafts.clean_up(session)
    attachments.clean_up(session)


#: jobs of service tasks in some state for which there is no work in the queue
_LOST = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW('work', '{task}', 0, NULL, NULL, jsonb_build_object('job', b.id), NULL)::procrastinate_job_to_defer_v1))
FROM job b JOIN process_instance i ON i.id = b.instance_id AND i.status = 'running'
WHERE ({which}) AND b.created_at < shenpi_now() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = '{task}' AND j.status IN ('todo', 'doing') AND j.args ->> 'job' = b.id::text)
HAVING count(*) > 0
"""
_UNTIMED = "b.state = 'retrying' AND NOT EXISTS (SELECT 1 FROM timer t WHERE t.kind = 'retry' AND t.target = b.id::text)"
_LOST_CALLS = _LOST.format(task="call", which=f"b.state = 'waiting' OR {_UNTIMED}")
_LOST_ANSWERS = _LOST.format(task="answer", which="b.state = 'answered'")
_LOST_MESSAGES = """
SELECT procrastinate_defer_jobs_v1(array_agg(ROW('oa', 'inbox', 0, NULL, NULL, jsonb_build_object('message', m.id), NULL)::procrastinate_job_to_defer_v1))
FROM oa_message m WHERE m.state = 'received' AND m.received_at < now() - interval '30 seconds'
  AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs j WHERE j.task_name = 'inbox' AND j.status IN ('todo', 'doing') AND j.args ->> 'message' = m.id::text)
HAVING count(*) > 0
"""
