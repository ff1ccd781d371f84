"""The SQL of a step: one read that locks, one statement that writes everything.

The writing statement takes one JSON document; all its parts see the same snapshot, so none reads what another writes. Each INSERT in a CTE runs even if
nothing selects from it. Written with the ORM, the same step costs three times as much. A part with nothing to write is left out, for the server sets up each
of them: most steps use one of a few combinations, which psycopg keeps prepared.
"""

from functools import cache

from engine.database.prepared import Prepared

COLUMNS = """
i.id, i.definition_id, i.business_key, i.legal_entity_id, i.status, i.outcome, i.initiator, i.title, i.subject_kind, i.subject_id, i.revision,
i.step_count, i.event_count, i.event_hash, i.oa_version, i.state, i.started_at, shenpi_now() AS now
"""

LOCK = Prepared(f"SELECT {COLUMNS} FROM process_instance i WHERE i.id = %(id)s FOR UPDATE")
PEEK = Prepared(f"SELECT {COLUMNS} FROM process_instance i WHERE i.id = %(id)s")

# Everything that may have changed while waiting for the lock is read from the instance's own row; the task's instance never changes.
LOCK_TASK = Prepared(f"""
SELECT {COLUMNS} FROM process_instance i WHERE i.id = (SELECT t.instance_id FROM user_task t WHERE t.id = %(task)s) FOR UPDATE
""")

# The newest version of a key, or one definition by id; the time and the number are read together with it.
BEGIN = Prepared("""
SELECT shenpi_now() AS now, d.id, d.key, d.suspended, coalesce(%(business_key)s::text, next_business_key(d.business_key_prefix)) AS business_key
FROM (SELECT id, key, suspended_at IS NOT NULL AS suspended, business_key_prefix FROM process_definition
      WHERE id = %(id)s::uuid OR (%(id)s::uuid IS NULL AND key = %(key)s::text)
      ORDER BY version DESC LIMIT 1) AS d
""")

# A bare row for operations that write rows of their own about the new instance; the step fills it.
PLACE = Prepared("""
INSERT INTO process_instance (id, definition_id, business_key, legal_entity_id, status, initiator, subject_kind, subject_id, parent_id, revision, step_count,
  event_count, event_hash, oa_version, state, started_at)
VALUES (%(id)s, %(definition)s, %(business_key)s, %(legal_entity)s, 'running', %(initiator)s, %(subject_kind)s, %(subject_id)s, %(parent)s, 0, 0, 0,
  %(hash)s, 0, '', %(now)s)
""")

_UPDATE = """
i AS (UPDATE process_instance SET state = %(state)s, revision = revision + 1, step_count = %(step)s, event_count = %(count)s, event_hash = %(hash)s,
        oa_version = %(version)s, status = %(status)s, outcome = %(outcome)s, title = %(title)s, summary = d.j -> 'summary',
        amount = (d.j ->> 'amount')::numeric, currency = d.j ->> 'currency', ended_at = %(ended_at)s
      FROM d WHERE id = %(id)s)"""

_INSERT = """
i AS (INSERT INTO process_instance (id, definition_id, business_key, legal_entity_id, status, outcome, initiator, title, summary, amount, currency,
        subject_kind, subject_id, parent_id, revision, step_count, event_count, event_hash, oa_version, state, started_at, ended_at)
      SELECT %(id)s, %(definition)s, %(business_key)s, %(legal_entity)s::uuid, %(status)s, %(outcome)s::text, %(initiator)s::text, %(title)s::text,
        d.j -> 'summary', (d.j ->> 'amount')::numeric, d.j ->> 'currency', %(subject_kind)s::text, %(subject_id)s::uuid, %(parent)s::uuid, 1,
        %(step)s, %(count)s, %(hash)s, %(version)s, %(state)s, %(now)s, %(ended_at)s::timestamptz FROM d)"""

#: `{rows}` is a set of rows, or a single row: the server then knows that there is one, and finds it by its key however small the table was once
_PARTS = {
    "closed": """
closed AS (UPDATE user_task u SET state = x.state, reason = x.reason, outcome = x.outcome, comment = x.comment, decided_by = x.decided_by,
             on_behalf_of = x.on_behalf_of, ended_at = %(now)s, revision = u.revision + 1
           FROM d, {rows} AS x(id uuid, state text, reason text, outcome text, comment text, decided_by text, on_behalf_of text)
           WHERE u.id = x.id)""",
    "changed": """
changed AS (UPDATE user_task u SET assignee = x.assignee, claimed = x.claimed, nonce = x.nonce, state = x.state, owner = x.owner, origin = x.origin,
              reminded_at = coalesce(x.reminded_at, CASE WHEN x.assignee = u.assignee THEN u.reminded_at END), urged_at = coalesce(x.urged_at, u.urged_at),
              revision = u.revision + 1
            FROM d, {rows} AS x(id uuid, assignee text, claimed boolean, nonce text, state text, owner text, origin text, reminded_at timestamptz,
              urged_at timestamptz)
            WHERE u.id = x.id)""",
    "dropped": """
dropped AS (DELETE FROM candidate c USING d, {rows} AS x(id uuid) WHERE c.task_id = x.id)""",
    "opened": """
opened AS (INSERT INTO user_task (id, instance_id, token, element, name, round, state, assignee, claimed, outcomes, nonce, title, amount,
             currency, due_at, due_key, priority, follow_up_at, origin, parent_id, created_at)
           SELECT x.id, %(id)s, x.token, x.element, x.name, x.round, CASE WHEN x.held THEN 'held' ELSE 'open' END, x.assignee, false, x.outcomes, x.nonce,
             %(title)s::text, (d.j ->> 'amount')::numeric, d.j ->> 'currency', x.due, coalesce(x.due, '9999-12-31 00:00+00'),
             coalesce(x.priority, 50), x."followUp", coalesce(x.origin, 'normal'), x.parent, %(now)s
           FROM d, {rows} AS x(id uuid, token uuid, element text, name text, round int, held boolean, assignee text, outcomes jsonb, nonce text,
             due timestamptz, priority int, "followUp" timestamptz, origin text, parent uuid))""",
    "passed": """
passed AS (INSERT INTO user_task (id, instance_id, token, element, name, round, state, reason, assignee, claimed, outcome, comment, decided_by, on_behalf_of,
             outcomes, nonce, title, amount, currency, due_at, due_key, origin, created_at, ended_at)
           SELECT x.id, %(id)s, x.token, x.element, x.name, x.round, x.state, x.reason, x.assignee, false, x.outcome, x.comment, x.decided_by, x.on_behalf_of,
             x.outcomes, x.nonce, %(title)s::text, (d.j ->> 'amount')::numeric, d.j ->> 'currency', x.due, coalesce(x.due, '9999-12-31 00:00+00'),
             coalesce(x.origin, 'normal'), %(now)s, %(now)s
           FROM d, {rows} AS x(id uuid, token uuid, element text, name text, round int, state text, reason text, assignee text, outcome text, comment text,
             decided_by text, on_behalf_of text, outcomes jsonb, nonce text, due timestamptz, origin text))""",
    "candidates": """
candidates AS (INSERT INTO candidate (task_id, kind, name, due_key, created_at, amount)
               SELECT x.task, x.kind, x.name, coalesce(x.due, '9999-12-31 00:00+00'), x.at,
                 CASE WHEN x.again THEN (SELECT u.amount FROM user_task u WHERE u.id = x.task) ELSE (d.j ->> 'amount')::numeric END
               FROM d, {rows} AS x(task uuid, kind text, name text, due timestamptz, at timestamptz, again boolean))""",
    "events": """
events AS (INSERT INTO history_event (instance_id, number, step, type, at, actor, element, body, hash, personal, salt)
           SELECT %(id)s, x.number, coalesce(x.step, %(step)s), x.type, %(now)s, x.actor, x.element, convert_to(x.body, 'UTF8'), decode(x.hash, 'hex'),
             convert_to(x.personal, 'UTF8'), decode(x.salt, 'hex')
           FROM d, {rows} AS x(number int, step int, type text, actor text, element text, body text, hash text, personal text, salt text))""",
    "jobs": """
jobs AS (INSERT INTO job (id, instance_id, token, element, operation, inputs, state, created_at)
         SELECT x.id, %(id)s, x.token, x.element, x.operation, x.inputs, 'waiting', %(now)s
         FROM d, {rows} AS x(id uuid, token uuid, element text, operation text, inputs text))""",
    "jobs_done": """
jobs_done AS (UPDATE job b SET state = x.state, last_error = coalesce(x.error, b.last_error), ended_at = %(now)s
              FROM d, {rows} AS x(token uuid, state text, error text)
              WHERE b.instance_id = %(id)s AND b.token = x.token AND b.state IN ('waiting', 'retrying', 'answered', 'failed'))""",
    "timers": """
timers AS (INSERT INTO timer (id, kind, instance_id, token, element, due_at)
           SELECT x.id, 'event', %(id)s, x.token, x.element, x.due FROM d, {rows} AS x(id uuid, token uuid, element text, due timestamptz))""",
    "timers_gone": """
timers_gone AS (DELETE FROM timer t USING d, {rows} AS x(token uuid) WHERE t.instance_id = %(id)s AND t.token = x.token)""",
    "subscribed": """
subscribed AS (INSERT INTO event_subscription (instance_id, token, kind, name, element, business_key, keys, correlation, created_at)
               SELECT %(id)s, x.token, x.kind, x.name, x.element, x.business_key, x.keys, x.correlation, %(now)s
               FROM d, {rows} AS x(token uuid, kind text, name text, element text, business_key text, keys jsonb, correlation text))""",
    "unsubscribed": """
unsubscribed AS (DELETE FROM event_subscription s USING d, {rows} AS x(token uuid, kind text, name text)
                 WHERE s.instance_id = %(id)s AND s.token = x.token AND s.kind = x.kind AND s.name = x.name)""",
    "messages": """
messages AS (INSERT INTO message (id, name, keys, payload, sent_by, state, received_at, expires_at)
             SELECT x.id, x.name, x.keys, x.payload, x.sent_by, 'waiting', %(now)s, x.expires
             FROM d, {rows} AS x(id uuid, name text, keys jsonb, payload text, sent_by text, expires timestamptz))""",
    "signals": """
signals AS (INSERT INTO signal (id, name, payload, sent_by, sent_at, instance_id)
            SELECT x.id, x.name, x.payload, x.sent_by, %(now)s, %(id)s FROM d, {rows} AS x(id uuid, name text, payload text, sent_by text))""",
    "copies": """
copies AS (INSERT INTO instance_copy (instance_id, person, sent_by, sent_at)
           SELECT %(id)s, x.person, x.by, %(now)s FROM d, {rows} AS x(person text, by text) ON CONFLICT DO NOTHING)""",
    "incidents": """
incidents AS (INSERT INTO incident (id, kind, instance_id, token, job_id, element, message, message_zh, conflicts, raised_at, resolved_at, resolved_by,
                resolution, reason)
              SELECT x.id, x.kind, %(id)s, x.token, x.job, x.element, x.message, x."messageZh", x.conflicts, %(now)s,
                CASE WHEN x.gone THEN %(now)s::timestamptz END, CASE WHEN x.gone THEN 'system' END, CASE WHEN x.gone THEN 'ended' END,
                CASE WHEN x.gone THEN 'gone' END
              FROM d, {rows} AS x(id uuid, kind text, token uuid, job uuid, element text, message text, "messageZh" text, conflicts jsonb,
                gone boolean))""",
    "settled": """
settled AS (UPDATE incident n SET resolved_at = %(now)s, resolved_by = 'system', resolution = 'ended', reason = 'gone'
            FROM d, {rows} AS x(token uuid) WHERE n.instance_id = %(id)s AND n.token = x.token AND n.kind <> 'delivery' AND n.resolved_at IS NULL)""",
    "ended": """
ended AS (UPDATE incident n SET resolved_at = %(now)s, resolved_by = 'system', resolution = 'ended', reason = %(status)s
          WHERE n.instance_id = %(id)s AND n.kind <> 'delivery' AND n.resolved_at IS NULL)""",
    "snapshot": """
outbox AS (INSERT INTO oa_delivery (connection, instance_id, version, snapshot, created_at)
           SELECT c.key, %(id)s, %(version)s, d.j -> 'snapshot', %(now)s FROM d, oa_connection c
           WHERE c.active AND coalesce(c.scope ->> 'tasks', 'true') = 'true' RETURNING connection)""",
}
_WAKES = {
    "wake": "SELECT x.queue, x.task, x.args FROM d, {rows} AS x(queue text, task text, args jsonb)",
    # one waiting job a connection is enough: it takes everything that is due; and none is needed where a worker will look after this step's commit
    "snapshot": """
      SELECT 'oa' AS queue, 'push' AS task, jsonb_build_object('connection', o.connection) AS args
      FROM outbox o JOIN oa_connection c ON c.key = o.connection
      WHERE (c.next_look IS NULL OR c.next_look < clock_timestamp() + interval '250 milliseconds') AND NOT EXISTS (
        SELECT 1 FROM procrastinate_jobs q WHERE q.task_name = 'push' AND q.status = 'todo' AND q.args ->> 'connection' = o.connection)""",
}


@cache
def writing(new: bool, parts: frozenset[tuple[str, bool]]) -> Prepared:
    """Return the statement that writes these parts of a document; each comes with whether it holds a single row."""
    single = dict(parts)

    def filled(name: str, text: str) -> str:
        rows = f"jsonb_to_record(d.j -> '{name}' -> 0)" if single[name] else f"jsonb_to_recordset(d.j -> '{name}')"
        return text.replace("{rows}", rows)

    written = [_INSERT if new else _UPDATE, *(filled(name, text) for name, text in _PARTS.items() if name in single)]
    wakes = [filled(name, text) for name, text in _WAKES.items() if name in single]
    last = (
        f"""
SELECT procrastinate_defer_jobs_v1(array_agg(ROW(w.queue, w.task, 0, NULL, NULL, w.args, NULL)::procrastinate_job_to_defer_v1))
FROM ({" UNION ALL ".join(wakes)}) AS w HAVING count(*) > 0"""
        if wakes
        else "SELECT"
    )
    return Prepared("WITH d AS MATERIALIZED (SELECT %(doc)s::jsonb AS j)," + ",".join(written) + last)
