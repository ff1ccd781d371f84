"""Lists by amount and by rare words stand on indexes: the amount beside each candidate, and the pairs of characters of a case's title, number and summary.

Incidents also say what separation of duties forbade, in Chinese too.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

AMOUNTS = """
ALTER TABLE candidate ADD COLUMN amount NUMERIC(24, 6);
UPDATE candidate c SET amount = t.amount FROM user_task t WHERE t.id = c.task_id AND t.amount IS NOT NULL;
DROP INDEX ix_candidate_name;
CREATE INDEX ix_candidate_name ON candidate (kind, name, due_key, created_at, task_id) INCLUDE (amount);
"""

# Pairs of neighbouring characters, each as one number: two different pairs may be the same number, so what is found is always looked at again. A text that is
# too long has the number 0, and is always looked at. No extension does this: the embedded server has no pg_trgm.
PAIRS = r"""
CREATE FUNCTION search_pairs(title text, business_key text, summary jsonb) RETURNS int[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5000 AS $$
DECLARE
  said text;
  c text;
  code bigint;
  last bigint := 0;
  found int[] := '{}';
BEGIN
  said := coalesce(title, '') || E'\n' || business_key || E'\n'
    || coalesce((SELECT string_agg(s ->> 'value', E'\n') FROM jsonb_array_elements(summary) AS s), '');
  IF length(said) > 2000 THEN
    found := '{0}';
  END IF;
  FOREACH c IN ARRAY string_to_array(lower(left(said, 2000)), NULL) LOOP
    code := ascii(c);
    IF last > 32 AND code > 32 THEN
      found := found || ((last * 1114112 + code) % 2147483646 + 1)::int;
    END IF;
    last := code;
  END LOOP;
  RETURN found;
END $$;
CREATE INDEX ix_process_instance_pairs ON process_instance USING gin (search_pairs(title, business_key, summary)) WITH (gin_pending_list_limit = 1024);
"""

# what steps are called, of the drawings that are there; a name that is not read rightly from here would only be looked for without the index
STEPS = r"""
ALTER TABLE process_definition ADD COLUMN steps TEXT;
UPDATE process_definition d SET steps = coalesce((
  SELECT replace(replace(replace(replace(string_agg(x.found[1], E'\n'), '&lt;', '<'), '&gt;', '>'), '&quot;', '"'), '&amp;', '&')
  FROM resource r, regexp_matches(convert_from(r.content, 'UTF8'), '<(?:[[:alnum:]_.-]+:)?userTask[[:space:]]([^>]*)>', 'g') AS x(found)
  WHERE r.sha256 = d.normalised_sha256), '');
ALTER TABLE process_definition ALTER COLUMN steps SET NOT NULL;
"""


def upgrade() -> None:
    op.execute("ALTER TABLE incident ADD COLUMN message_zh TEXT, ADD COLUMN conflicts JSONB")
    for statements in (AMOUNTS, PAIRS, STEPS):
        op.execute(statements)
