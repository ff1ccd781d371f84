"""The clock, the numbers, the guards of what must not change, and procrastinate's queue"""

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

CLOCK = """
INSERT INTO clock (id, ahead_seconds) VALUES (1, 0);
CREATE FUNCTION shenpi_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS
  $$SELECT clock_timestamp() + make_interval(secs => ahead_seconds) FROM clock WHERE id = 1$$;
"""

# A sequence for each prefix and year, made at its first use: numbers people say aloud, unique, and no lock that holds up other starts.
NUMBERS = """
CREATE FUNCTION next_business_key(prefix text) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  year text := to_char(shenpi_now() AT TIME ZONE 'Asia/Shanghai', 'YYYY');
  sequence_name text := 'business_key_' || lower(prefix) || '_' || year;
  number bigint;
BEGIN
  IF prefix !~ '^[A-Za-z]{1,8}$' THEN RAISE EXCEPTION 'bad prefix'; END IF;
  IF to_regclass(sequence_name) IS NULL THEN
    PERFORM pg_advisory_xact_lock(hashtext(sequence_name));
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I', sequence_name);
  END IF;
  number := nextval(sequence_name);
  RETURN upper(prefix) || '-' || year || '-' || lpad(number::text, greatest(6, length(number::text)), '0');
END$$;
"""

GUARDS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END$$;

CREATE FUNCTION allow_erasure_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.personal IS NULL AND NEW.salt IS NULL AND OLD.personal IS NOT NULL
     AND ROW(NEW.instance_id, NEW.number, NEW.step, NEW.type, NEW.at, NEW.actor, NEW.element, NEW.body, NEW.hash)
         IS NOT DISTINCT FROM ROW(OLD.instance_id, OLD.number, OLD.step, OLD.type, OLD.at, OLD.actor, OLD.element, OLD.body, OLD.hash)
     AND EXISTS (SELECT 1 FROM history_event e WHERE e.instance_id = OLD.instance_id AND e.type = 'personal:erased' AND e.number > OLD.number
                 AND convert_from(e.body, 'UTF8')::jsonb -> 'data' -> 'numbers' @> to_jsonb(OLD.number))
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'history_event is append-only' USING ERRCODE = 'integrity_constraint_violation';
END$$;

CREATE TRIGGER keep_row BEFORE UPDATE ON history_event FOR EACH ROW EXECUTE FUNCTION allow_erasure_only();
CREATE TRIGGER keep_from_delete BEFORE DELETE ON history_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON history_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_row BEFORE UPDATE OR DELETE ON stored_file FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON stored_file FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_row BEFORE UPDATE OR DELETE ON resource FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON resource FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

# An ordinary trigger is walked past with session_replication_role = replica; ENABLE ALWAYS stops that.
ALWAYS = """
ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_row;
ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_from_delete;
ALTER TABLE history_event ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE stored_file ENABLE ALWAYS TRIGGER keep_row;
ALTER TABLE stored_file ENABLE ALWAYS TRIGGER keep_all;
ALTER TABLE resource ENABLE ALWAYS TRIGGER keep_row;
ALTER TABLE resource ENABLE ALWAYS TRIGGER keep_all;
"""

# Each step asks whether a push job of a connection waits already.
WAITING_PUSHES = """
CREATE INDEX waiting_pushes ON procrastinate_jobs ((args ->> 'connection')) WHERE status = 'todo' AND task_name = 'push';
"""


def upgrade() -> None:
    connection = op.get_bind().connection.driver_connection
    assert connection is not None
    for script in (CLOCK, NUMBERS, GUARDS, ALWAYS, SchemaManager.get_schema(), WAITING_PUSHES):
        connection.execute(script)


def downgrade() -> None:
    raise RuntimeError("The first form of the tables is not taken back: it would delete the history.")
