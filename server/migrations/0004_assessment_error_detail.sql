-- What the model's endpoint said when an assessment failed: one line, which only admins see.
ALTER TABLE assessment ADD COLUMN error_detail TEXT;
