-- How much text a session holds, in bytes: its messages, and what was tried. Kept with each change, so that whether there
-- is room for more is known without reading it.
ALTER TABLE session ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0 CHECK (text_bytes >= 0);

UPDATE session SET text_bytes =
  (SELECT coalesce(sum(octet_length(content)), 0) FROM message
   WHERE account_id = session.account_id AND session_id = session.id)
  + (SELECT coalesce(sum(octet_length(hypothesis) + coalesce(octet_length(evidence), 0)), 0) FROM branch
     WHERE account_id = session.account_id AND session_id = session.id);

-- Whether `body` is the answer itself, or what it is made of again: see store/idempotency.rs.
ALTER TABLE idempotency ADD COLUMN outlined INTEGER NOT NULL DEFAULT 0 CHECK (outlined IN (0, 1));
