-- Everything belongs to an account, and every key begins with it. Ids are UUIDv7 (16 bytes), so rows are appended
-- in the order of their making. Moments are milliseconds since 1970. Text that may be long stands in tables of its
-- own, so that a claim rewrites a short row.

CREATE TABLE account (
  id                  BLOB PRIMARY KEY CHECK (length(id) = 16),
  name                TEXT NOT NULL UNIQUE,
  created_at          INTEGER NOT NULL,
  -- The newest event. Counted here and not by MAX(seq), so that a seq is never used again after old events went.
  last_seq            INTEGER NOT NULL DEFAULT 0,
  -- The oldest event that can still be replayed. Of what is older only the milestones of each session are kept.
  oldest_seq          INTEGER NOT NULL DEFAULT 1,
  last_session_number INTEGER NOT NULL DEFAULT 0,
  last_handoff_number INTEGER NOT NULL DEFAULT 0,
  -- How many handoffs wait and are worked on. Kept with each change, so that no page counts them row by row.
  open_handoffs       INTEGER NOT NULL DEFAULT 0,
  claimed_handoffs    INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE user (
  account_id    BLOB NOT NULL REFERENCES account (id),
  id            BLOB NOT NULL CHECK (length(id) = 16),
  email         TEXT NOT NULL COLLATE NOCASE UNIQUE,
  name          TEXT NOT NULL,
  role          TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'admin', 'owner')),
  active        INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
  password_hash TEXT,
  created_at    INTEGER NOT NULL,
  PRIMARY KEY (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE token (
  account_id BLOB NOT NULL,
  id         BLOB NOT NULL CHECK (length(id) = 16),
  user_id    BLOB NOT NULL,
  hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
  name       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  PRIMARY KEY (account_id, id),
  FOREIGN KEY (account_id, user_id) REFERENCES user (account_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  account_id    BLOB NOT NULL REFERENCES account (id),
  id            BLOB NOT NULL CHECK (length(id) = 16),
  number        INTEGER NOT NULL,
  title         TEXT NOT NULL,
  summarised    INTEGER NOT NULL CHECK (summarised IN (0, 1)),
  status        TEXT NOT NULL CHECK (status IN ('active', 'paused', 'escalated', 'resolved')),
  tier          TEXT NOT NULL CHECK (tier IN ('discovery', 'narrowing', 'confirmed')),
  opener_id     BLOB NOT NULL,
  assignee_id   BLOB NOT NULL,
  handoff_count INTEGER NOT NULL,
  standing_id   BLOB,
  escalation_id BLOB,
  message_count INTEGER NOT NULL,
  resolution    TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL,
  resolved_at   INTEGER,
  version       INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CHECK ((status = 'resolved') = (resolution IS NOT NULL)),
  CHECK (status NOT IN ('paused', 'escalated') OR standing_id IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- The intake of a session is its message 1.
CREATE TABLE message (
  account_id BLOB NOT NULL,
  session_id BLOB NOT NULL,
  seq        INTEGER NOT NULL CHECK (seq > 0),
  id         BLOB NOT NULL CHECK (length(id) = 16),
  role       TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'system')),
  author_id  BLOB,
  content    TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, session_id, seq),
  CHECK ((role = 'user') = (author_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE branch (
  account_id BLOB NOT NULL,
  session_id BLOB NOT NULL,
  id         BLOB NOT NULL CHECK (length(id) = 16),
  -- The order in which they were thought of.
  position   INTEGER NOT NULL,
  hypothesis TEXT NOT NULL,
  status     TEXT NOT NULL CHECK (status IN ('open', 'ruled_out', 'confirmed')),
  evidence   TEXT,
  updated_at INTEGER NOT NULL,
  PRIMARY KEY (account_id, session_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE handoff (
  account_id        BLOB NOT NULL REFERENCES account (id),
  id                BLOB NOT NULL CHECK (length(id) = 16),
  number            INTEGER NOT NULL,
  session_id        BLOB NOT NULL,
  intent            TEXT NOT NULL CHECK (intent IN ('park', 'escalate')),
  status            TEXT NOT NULL CHECK (status IN
    ('open', 'claimed', 'resolved', 'withdrawn', 'superseded', 'parked', 'resumed')),
  -- Since when it has had that status.
  since             INTEGER NOT NULL,
  priority          INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
  title             TEXT NOT NULL,
  notes             TEXT NOT NULL,
  assessment_status TEXT NOT NULL CHECK (assessment_status IN
    ('pending', 'running', 'ready', 'failed', 'not_requested')),
  handed_off_by     BLOB NOT NULL,
  claimed_by        BLOB,
  claimed_at        INTEGER,
  wake_at           INTEGER,
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL,
  version           INTEGER NOT NULL,
  PRIMARY KEY (account_id, id),
  UNIQUE (account_id, number),
  CHECK ((claimed_by IS NULL) = (claimed_at IS NULL)),
  CHECK (status <> 'claimed' OR claimed_by IS NOT NULL),
  CHECK (status NOT IN ('open', 'parked', 'resumed') OR claimed_by IS NULL),
  CHECK ((intent = 'park') = (status IN ('parked', 'resumed')) OR status = 'resolved')
) STRICT, WITHOUT ROWID;

-- What waits and what is worked on, in the order of the queue.
CREATE INDEX handoff_queue ON handoff (account_id, status, priority DESC, id, claimed_by)
  WHERE status IN ('open', 'claimed');

-- All escalations, in the same order: for looking back.
CREATE INDEX handoff_all ON handoff (account_id, priority DESC, id) WHERE intent = 'escalate';

CREATE TABLE snapshot (
  account_id BLOB NOT NULL,
  handoff_id BLOB NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (account_id, handoff_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE assessment (
  account_id BLOB NOT NULL,
  handoff_id BLOB NOT NULL,
  text       TEXT,
  data       TEXT,
  error      TEXT,
  PRIMARY KEY (account_id, handoff_id)
) STRICT, WITHOUT ROWID;

-- The log: what happened, written in the transaction in which it happened.
CREATE TABLE event (
  account_id   BLOB NOT NULL,
  seq          INTEGER NOT NULL CHECK (seq > 0),
  at           INTEGER NOT NULL,
  type         TEXT NOT NULL,
  session_id   BLOB NOT NULL,
  handoff_id   BLOB,
  -- The one user who may know of it; NULL is everybody in the account.
  only_user_id BLOB,
  body         TEXT NOT NULL,
  PRIMARY KEY (account_id, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX event_session ON event (account_id, session_id, seq);

-- How far somebody who follows the log has come.
CREATE TABLE cursor (
  account_id BLOB NOT NULL REFERENCES account (id),
  follower   TEXT NOT NULL,
  seq        INTEGER NOT NULL,
  PRIMARY KEY (account_id, follower)
) STRICT, WITHOUT ROWID;

-- Slow work. A row goes when its work is done; one that failed for good stays, with the reason.
CREATE TABLE job (
  id          INTEGER PRIMARY KEY,
  account_id  BLOB NOT NULL,
  kind        TEXT NOT NULL,
  body        TEXT NOT NULL,
  due_at      INTEGER NOT NULL,
  -- Until when a worker has it; NULL when nobody has.
  lease_until INTEGER,
  attempt     INTEGER NOT NULL DEFAULT 0,
  -- Counts leases: a worker whose lease ran out cannot finish what another has taken up.
  fence       INTEGER NOT NULL DEFAULT 0,
  failed      INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1)),
  error       TEXT,
  created_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX job_waiting ON job (kind, due_at) WHERE failed = 0;
CREATE INDEX job_leased ON job (kind, lease_until) WHERE failed = 0 AND lease_until IS NOT NULL;

-- The first answers to requests that carried an Idempotency-Key.
CREATE TABLE idempotency (
  account_id  BLOB NOT NULL,
  user_id     BLOB NOT NULL,
  key         TEXT NOT NULL,
  fingerprint BLOB NOT NULL,
  status      INTEGER NOT NULL,
  body        TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  PRIMARY KEY (account_id, user_id, key)
) STRICT, WITHOUT ROWID;
