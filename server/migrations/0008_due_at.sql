-- By when an escalation should be claimed, by the response targets in force when it was made.
ALTER TABLE handoff ADD COLUMN due_at INTEGER;

-- What waits beyond its target, of all accounts: for metrics.
CREATE INDEX handoff_due ON handoff (due_at) WHERE status = 'open' AND due_at IS NOT NULL;
