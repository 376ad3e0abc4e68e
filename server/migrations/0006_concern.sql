-- Whom a message mentions: a JSON list of user ids; NULL is nobody.
ALTER TABLE message ADD COLUMN mentions TEXT;

-- Whom the messages of a session concern, besides its opener and its assignee: who handed it off, and who was mentioned.
CREATE TABLE concern (
  account_id BLOB NOT NULL,
  session_id BLOB NOT NULL,
  user_id    BLOB NOT NULL,
  PRIMARY KEY (account_id, session_id, user_id)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO concern (account_id, session_id, user_id)
SELECT account_id, session_id, handed_off_by FROM handoff;

-- Whose streams of the whole team carry a message, as it was when it was written: the ids, 16 bytes each.
ALTER TABLE event ADD COLUMN concerned BLOB;
