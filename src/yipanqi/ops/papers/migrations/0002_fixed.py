"""A paper is never changed or deleted; the columns of its rendering are written once.

TRUNCATE stays open to the table's owner, as with the journal.
"""

from django.db import migrations

CLOSE = """
CREATE FUNCTION papers_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE rendering CONSTANT text[] := ARRAY['word_sha256', 'pdf_sha256', 'rendered_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.rendered_at IS NULL AND to_jsonb(NEW) - rendering = to_jsonb(OLD) - rendering THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a paper stays as it is: % is refused', TG_OP
        USING ERRCODE = 'integrity_constraint_violation', HINT = 'Make a new paper.';
END
$$;
CREATE TRIGGER papers_paper_fixed BEFORE UPDATE OR DELETE ON papers_paper
    FOR EACH ROW EXECUTE FUNCTION papers_refuse_change();
"""
OPEN = """
DROP TRIGGER papers_paper_fixed ON papers_paper;
DROP FUNCTION papers_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("papers", "0001_initial")]

    operations = [migrations.RunSQL(CLOSE, OPEN)]
