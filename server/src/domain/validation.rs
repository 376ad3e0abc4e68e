//! Validation of request fields.
//!
//! Text is stored as it is; only NUL is refused. Clients make it safe to show. Names and summaries must be one line.

use tierup_common::handoff::{Assign, ChangeHandoff, PutStep, Release, SendBack};
use tierup_common::limit;
use tierup_common::problem::FieldError;
use tierup_common::session::{CreateMessage, CreateSession, HandOff, PutBranch, Resolve};
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, LogIn};

use crate::domain::refusal::Refusal;

/// A request with rules for its fields beyond their types.
pub trait Validate {
    /// Adds an error forevery field that breaks a rule.
    fn validate(&self, validator: &mut Validator);
}

/// Collects the fields that break a rule, so that one answer lists them all.
#[derive(Debug, Default)]
pub struct Validator {
    errors: Vec<FieldError>,
}

impl Validator {
    /// Adds an error for a field; the message states the rule.
    pub fn add_error(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
    }

    /// Returns a refusal with all errors, or `Ok` if there are none.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }

    /// Text of any number of lines, at most `max_bytes` long; it may be empty.
    pub fn text(&mut self, field: &str, text: &str, max_bytes: usize) {
        if text.contains('\0') {
            self.add_error(field, "must not contain NUL");
        }
        if text.len() > max_bytes {
            self.add_error(field, format!("must be at most {max_bytes} bytes, is {}", text.len()));
        }
    }

    /// Text that is not blank, at most `max_bytes` long.
    pub fn non_empty_text(&mut self, field: &str, text: &str, max_bytes: usize) {
        if text.trim().is_empty() {
            self.add_error(field, "must not be empty");
        }
        self.text(field, text, max_bytes);
    }

    /// One line without control characters.
    pub fn single_line(&mut self, field: &str, line: &str) {
        if line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.add_error(field, "must be one line without control characters");
        }
    }

    /// One line that is not blank, at most `max_chars` characters long.
    pub fn non_empty_line(&mut self, field: &str, line: &str, max_chars: usize) {
        if line.trim().is_empty() {
            self.add_error(field, "must not be empty");
        }
        self.single_line(field, line);
        let length = line.chars().count();
        if length > max_chars {
            self.add_error(field, format!("must be at most {max_chars} characters, is {length}"));
        }
    }

    /// A well-formed email address.
    pub fn email(&mut self, field: &str, email: &str) {
        self.non_empty_line(field, email, limit::MAX_EMAIL_BYTES);
        let is_address =
            email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
                && email.parse::<lettre::Address>().is_ok();
        if !is_address {
            self.add_error(field, "must be an email address, like ana@acme.test");
        }
    }

    /// A new password.
    pub fn password(&mut self, field: &str, password: &str) {
        const MIN_CHARS: usize = 8;
        if password.chars().count() < MIN_CHARS {
            self.add_error(field, format!("must be at least {MIN_CHARS} characters"));
        }
        self.text(field, password, limit::MAX_PASSWORD_BYTES);
    }
}

impl Validate for CreateSession {
    fn validate(&self, validator: &mut Validator) {
        validator.non_empty_text("intake_content.text", &self.intake_content.text, limit::MAX_MESSAGE_BYTES);
        if let Some(summary) = &self.problem_summary {
            validator.non_empty_line("problem_summary", summary, limit::MAX_SUMMARY_CHARS);
        }
    }
}

impl Validate for CreateMessage {
    fn validate(&self, validator: &mut Validator) {
        validator.non_empty_text("content", &self.content, limit::MAX_MESSAGE_BYTES);
    }
}

impl Validate for PutBranch {
    fn validate(&self, validator: &mut Validator) {
        validator.non_empty_text("hypothesis", &self.hypothesis, limit::MAX_NOTES_BYTES);
        if let Some(evidence) = &self.evidence {
            validator.text("evidence", evidence, limit::MAX_NOTES_BYTES);
        }
    }
}

impl Validate for HandOff {
    fn validate(&self, validator: &mut Validator) {
        validator.text("engineer_notes", &self.engineer_notes, limit::MAX_NOTES_BYTES);
    }
}

impl Validate for Resolve {
    fn validate(&self, validator: &mut Validator) {
        validator.non_empty_text("resolution", &self.resolution, limit::MAX_NOTES_BYTES);
    }
}

impl Validate for Release {
    fn validate(&self, validator: &mut Validator) {
        validator.text("reason", &self.reason, limit::MAX_NOTES_BYTES);
    }
}

impl Validate for SendBack {
    fn validate(&self, validator: &mut Validator) {
        validator.non_empty_text("question", &self.question, limit::MAX_NOTES_BYTES);
    }
}

impl Validate for ChangeHandoff {
    fn validate(&self, validator: &mut Validator) {
        if let Some(summary) = &self.problem_summary {
            validator.non_empty_line("problem_summary", summary, limit::MAX_SUMMARY_CHARS);
        }
    }
}

impl Validate for Assign {
    fn validate(&self, validator: &mut Validator) {
        if let Some(note) = &self.note {
            validator.text("note", note, limit::MAX_NOTES_BYTES);
        }
    }
}

impl Validate for PutStep {
    fn validate(&self, _: &mut Validator) {}
}

impl Validate for CreateUser {
    fn validate(&self, validator: &mut Validator) {
        validator.email("email", &self.email);
        validator.non_empty_line("name", &self.name, limit::MAX_NAME_CHARS);
        if let Some(password) = &self.password {
            validator.password("password", password);
        }
    }
}

impl Validate for ChangeUser {
    fn validate(&self, validator: &mut Validator) {
        if let Some(name) = &self.name {
            validator.non_empty_line("name", name, limit::MAX_NAME_CHARS);
        }
        if let Some(password) = &self.password {
            validator.password("password", password);
        }
    }
}

impl Validate for LogIn {
    fn validate(&self, validator: &mut Validator) {
        // A malformed address or password is answered like a wrong one. Only the size is checked.
        validator.single_line("email", &self.email);
        validator.text("email", &self.email, limit::MAX_EMAIL_BYTES);
        validator.text("password", &self.password, limit::MAX_PASSWORD_BYTES);
    }
}

impl Validate for CreateToken {
    fn validate(&self, validator: &mut Validator) {
        const DECADE: u32 = 3653;
        validator.non_empty_line("name", &self.name, limit::MAX_NAME_CHARS);
        if self.expires_in_days.is_some_and(|days| days == 0 || days > DECADE) {
            validator.add_error("expires_in_days", format!("must be from 1 to {DECADE}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validation_errors(validate: impl FnOnce(&mut Validator)) -> Vec<String> {
        let mut validator = Validator::default();
        validate(&mut validator);
        validator.errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn a_line_has_no_line_breaks_and_no_control_characters() {
        for line in ["two\nlines", "esc\x1b[2J", "c1\u{9b}", "sep\u{2028}"] {
            assert_eq!(
                validation_errors(|validator| validator.non_empty_line("name", line, 100)),
                ["must be one line without control characters"],
                "{line:?}"
            );
        }
        assert!(
            validation_errors(|validator| validator.non_empty_line("name", "Ænima Ñandú 李", 100)).is_empty()
        );
    }

    #[test]
    fn text_may_contain_anything_but_nul() {
        assert!(
            validation_errors(|validator| validator.text("notes", "esc\x1b[2J \u{202e} tab\t", 100))
                .is_empty()
        );
        assert_eq!(
            validation_errors(|validator| validator.text("notes", "a\0b", 100)),
            ["must not contain NUL"]
        );
    }

    #[test]
    fn one_refusal_lists_every_field() {
        let all = validation_errors(|validator| {
            validator.non_empty_line("name", "", 5);
            validator.email("email", "nobody");
        });
        assert_eq!(all, ["must not be empty", "must be an email address, like ana@acme.test"]);
    }

    #[test]
    fn an_email_address_is_well_formed() {
        for email in ["ana@acme.test", "a.b+c@x.y.z", "ñ@acme.test"] {
            assert!(validation_errors(|validator| validator.email("email", email)).is_empty(), "{email}");
        }
        for email in ["ana", "@acme.test", "ana@", "a b@acme.test", "a@b@c", "a@acme.test\n"] {
            assert!(!validation_errors(|validator| validator.email("email", email)).is_empty(), "{email}");
        }
    }
}
