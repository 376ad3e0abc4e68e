-- What came of suggested steps. An assessment that is written again loses its steps; what was learned from them stays.
CREATE TABLE step_outcome (
  account_id BLOB NOT NULL,
  session_id BLOB NOT NULL,
  -- UUIDv7: the order in which they were suggested.
  step_id    BLOB NOT NULL CHECK (length(step_id) = 16),
  handoff_id BLOB NOT NULL,
  text       TEXT NOT NULL,
  outcome    TEXT NOT NULL CHECK (outcome IN ('worked', 'failed')),
  PRIMARY KEY (account_id, session_id, step_id)
) STRICT, WITHOUT ROWID;

INSERT OR IGNORE INTO step_outcome (account_id, session_id, step_id, handoff_id, text, outcome)
SELECT h.account_id, h.session_id, unhex(replace(s.value ->> 'id', '-', '')), h.id, s.value ->> 'text',
  s.value ->> 'outcome'
FROM assessment a
JOIN handoff h ON h.account_id = a.account_id AND h.id = a.handoff_id
JOIN json_each(a.data, '$.suggested_steps') s
WHERE a.data IS NOT NULL AND s.value ->> 'outcome' IS NOT NULL;
