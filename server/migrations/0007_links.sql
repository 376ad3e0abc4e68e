-- The handoff of the same problem, for a session that was resolved as a duplicate, and the session of that handoff.
ALTER TABLE session ADD COLUMN duplicate_of BLOB;
ALTER TABLE session ADD COLUMN duplicate_of_session BLOB;

-- The sessions that were resolved as duplicates of another.
CREATE INDEX session_duplicate ON session (account_id, duplicate_of_session, id)
  WHERE duplicate_of_session IS NOT NULL;

-- The user whose question an escalation answers: they sent the escalation before back.
ALTER TABLE handoff ADD COLUMN asked_by BLOB;
