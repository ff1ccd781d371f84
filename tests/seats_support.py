"""A database that the tests of one process use one after another, or its files: put back as it was is quicker than made anew.

The template holds a copy of every row in a schema of its own. Afterwards only the tables that a test changed are filled again, and the sequences set back.
A test that changed the schema, or left much behind, costs its database: the next one gets a new one. Connections are handed on as well, with what PostgreSQL
and SQLAlchemy have learnt on them; whoever else is connected, or is in the middle of something, is cut off.
"""

from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import Engine, event

from engine.database.embedded import EmbeddedServer

LARGEST = 60_000_000  #: bytes; a full scan of every table must stay quick
SELDOM = 10  #: times a database is put back between two looks at its size

KEEP = """
CREATE SCHEMA pristine;
CREATE TABLE pristine.mark (name text PRIMARY KEY, mark text);
-- One statement over all tables, which PostgreSQL plans once a connection.
CREATE FUNCTION pristine.see() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE FUNCTION pristine.marks() RETURNS TABLE (name text, mark text) LANGUAGE plpgsql AS $f$ BEGIN RETURN QUERY %s; END $f$',
    (SELECT string_agg(format('SELECT %L, count(*) || '':'' || coalesce(max(xmin::text::bigint), 0) FROM public.%I', tablename, tablename), ' UNION ALL ')
     FROM pg_tables WHERE schemaname = 'public'));
END $$;
CREATE FUNCTION pristine.schema_mark() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(':', (SELECT count(*) || '-' || max(oid::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind <> 'S'),
    (SELECT count(*) || '-' || max(oid::bigint) FROM pg_trigger), (SELECT count(*) || '-' || max(oid::bigint) || '-' || max(xmin::text::bigint) FROM pg_proc),
    (SELECT count(*) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE relnamespace = 'public'::regnamespace AND relkind <> 'S'),
    (SELECT count(*) || '-' || max(oid::bigint) FROM pg_constraint))
$$;
CREATE FUNCTION pristine.keep() RETURNS void LANGUAGE plpgsql AS $$
DECLARE t text;
BEGIN
  FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('CREATE TABLE pristine.%I AS TABLE public.%I', 'rows_of_' || t, t);
  END LOOP;
  CREATE TABLE pristine.sequences AS SELECT sequencename AS name, last_value, start_value FROM pg_sequences WHERE schemaname = 'public';
END $$;
CREATE FUNCTION pristine.remember() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM pristine.mark;
  INSERT INTO pristine.mark SELECT * FROM pristine.marks();
  INSERT INTO pristine.mark VALUES ('', pristine.schema_mark());
END $$;
CREATE FUNCTION pristine.restore() RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE t text; columns text; g record; s record; changed boolean = false;
BEGIN
  IF pristine.schema_mark() <> (SELECT mark FROM pristine.mark WHERE name = '') THEN RETURN false; END IF;
  FOR t IN SELECT m.name FROM pristine.mark m JOIN pristine.marks() n USING (name) WHERE m.mark <> n.mark LOOP
    changed = true;
    FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid = ('public.' || quote_ident(t))::regclass AND tgenabled = 'A' LOOP
      EXECUTE format('ALTER TABLE public.%I DISABLE TRIGGER %I', t, g.tgname);
    END LOOP;
    EXECUTE format('DELETE FROM public.%I', t);
    SELECT string_agg(quote_ident(attname), ', ') INTO columns FROM pg_attribute
      WHERE attrelid = ('public.' || quote_ident(t))::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '';
    EXECUTE format('INSERT INTO public.%I (%s) OVERRIDING SYSTEM VALUE SELECT %s FROM pristine.%I', t, columns, columns, 'rows_of_' || t);
    FOR g IN SELECT tgname FROM pg_trigger WHERE tgrelid = ('public.' || quote_ident(t))::regclass AND tgenabled = 'D' LOOP
      EXECUTE format('ALTER TABLE public.%I ENABLE ALWAYS TRIGGER %I', t, g.tgname);
    END LOOP;
  END LOOP;
  IF changed THEN
    UPDATE pristine.mark m SET mark = n.mark FROM pristine.marks() n WHERE n.name = m.name AND n.mark <> m.mark;
  END IF;
  FOR s IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT IN (SELECT name FROM pristine.sequences) LOOP
    EXECUTE format('DROP SEQUENCE public.%I', s.name);  -- business keys with a new prefix have a sequence of their own
  END LOOP;
  FOR s IN SELECT name, last_value, start_value FROM pristine.sequences LOOP
    PERFORM setval(('public.' || quote_ident(s.name))::regclass, coalesce(s.last_value, s.start_value), s.last_value IS NOT NULL);
  END LOOP;
  RETURN true;
END $$;
SELECT pristine.keep();
SELECT pristine.see();
"""


class Seat:
    """The database of one test process."""

    def __init__(self, server: EmbeddedServer, template: str) -> None:
        self.server = server
        self.template = template
        self.name = ""
        self.watch: psycopg.Connection | None = None
        self.taken = 0
        self.shared: Engine | None = None
        self.pooled: set[int] = set()  #: numbers of the connections of the shared engine

    def take(self) -> str:
        """Return the name of a database that is as the template, and nobody else's."""
        if self.watch is None or not self._restored():
            self.leave()
            self._make()
        return self.name

    def leave(self) -> None:
        """Drop it."""
        if self.watch is not None:
            self.watch.close()
            self.watch = None
            self._forget_engine()
            with psycopg.connect(self.server.dsn("postgres"), autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)')

    def engine(self, new: Engine) -> Engine:
        """Return the engine that the applications of all tests share: the first one's."""
        if self.shared is None:
            self.shared = new
            event.listen(new, "connect", lambda connection, _: self.pooled.add(connection.info.backend_pid))
        elif new is not self.shared:
            new.dispose()
        return self.shared

    def _forget_engine(self) -> None:
        if self.shared is not None:
            self.shared.dispose()
        self.shared = None
        self.pooled.clear()

    def _cut_off(self, connection: psycopg.Connection[Any]) -> None:
        """End every connection to the database but the idle ones of the shared engine; when one of these is in the middle of something, all of them."""
        cut = connection.execute(
            """SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND NOT (pid = ANY(%s) AND state = 'idle'
                 AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))""",
            (list(self.pooled),),
        ).fetchall()
        if self.pooled & {pid for pid, _ in cut}:
            self._forget_engine()

    def _make(self) -> None:
        self.name = f"case_{uuid4().hex[:12]}"
        with psycopg.connect(self.server.dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{self.name}" TEMPLATE "{self.template}" STRATEGY wal_log')
        self.watch = psycopg.connect(self.server.dsn(self.name), autocommit=True)
        # No checks and no jobs woken; what never lets a row go is switched off by `restore`. Once a connection, since each change costs all that was planned.
        self.watch.execute("SET session_replication_role = replica")
        self.watch.execute("SELECT pristine.remember()")

    def _restored(self) -> bool:
        assert self.watch is not None
        try:
            self._cut_off(self.watch)
            self.taken += 1
            small = "" if self.taken % SELDOM else f"pg_database_size(current_database()) < {LARGEST} AND "
            found = self.watch.execute(f"SELECT {small}pristine.restore()").fetchone()
        except psycopg.Error:  # the test ended the server or dropped the database
            return False
        return bool(found and found[0])
