//! What a field may hold: the one way in for text that people and programs send.
//!
//! Text is kept as it came, NUL alone refused, and made safe where it is shown. What must be one line is one line.

use tierup_common::handoff::{Assign, PutStep, Release, SendBack};
use tierup_common::limit;
use tierup_common::problem::FieldError;
use tierup_common::session::{CreateMessage, CreateSession, HandOff, PutBranch, Resolve};
use tierup_common::user::{ChangeUser, CreateToken, CreateUser, LogIn};

use crate::domain::Refusal;

/// A request whose fields obey rules beyond their types.
pub trait Validate {
    /// Notes every field that breaks a rule.
    fn validate(&self, validator: &mut Validator);
}

/// Collects the fields that break a rule, so that one answer names them all.
#[derive(Debug, Default)]
pub struct Validator {
    errors: Vec<FieldError>,
}

impl Validator {
    /// Notes that a field breaks a rule, with what to do about it.
    pub fn add_error(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
    }

    /// The refusal that names every field noted; fine if there is none.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }

    /// Text of several lines, at most so many bytes; it may be empty.
    pub fn text(&mut self, field: &str, text: &str, max_bytes: usize) {
        if text.contains('\0') {
            self.add_error(field, "must not contain NUL");
        }
        if text.len() > max_bytes {
            self.add_error(field, format!("must be at most {max_bytes} bytes, is {}", text.len()));
        }
    }

    /// The same, with something in it.
    pub fn non_empty_text(&mut self, field: &str, text: &str, max_bytes: usize) {
        if text.trim().is_empty() {
            self.add_error(field, "must not be empty");
        }
        self.text(field, text, max_bytes);
    }

    /// Nothing that ends a line or acts.
    pub fn single_line(&mut self, field: &str, line: &str) {
        if line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.add_error(field, "must be one line without control characters");
        }
    }

    /// One line with something in it, at most so many characters.
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

    /// An email address: the form is checked here, whether it exists is for mail to find out.
    pub fn email(&mut self, field: &str, email: &str) {
        self.non_empty_line(field, email, limit::EMAIL);
        let whole =
            email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
                && email.parse::<lettre::Address>().is_ok();
        if !whole {
            self.add_error(field, "must be an email address, like ana@acme.test");
        }
    }

    /// A password that somebody chooses.
    pub fn password(&mut self, field: &str, password: &str) {
        const LEAST: usize = 8;
        if password.chars().count() < LEAST {
            self.add_error(field, format!("must be at least {LEAST} characters"));
        }
        self.text(field, password, limit::PASSWORD);
    }
}

impl Validate for CreateSession {
    fn validate(&self, check: &mut Validator) {
        check.non_empty_text("intake_content.text", &self.intake_content.text, limit::MESSAGE);
        if let Some(summary) = &self.problem_summary {
            check.non_empty_line("problem_summary", summary, limit::SUMMARY);
        }
    }
}

impl Validate for CreateMessage {
    fn validate(&self, check: &mut Validator) {
        check.non_empty_text("content", &self.content, limit::MESSAGE);
    }
}

impl Validate for PutBranch {
    fn validate(&self, check: &mut Validator) {
        check.non_empty_text("hypothesis", &self.hypothesis, limit::NOTES);
        if let Some(evidence) = &self.evidence {
            check.text("evidence", evidence, limit::NOTES);
        }
    }
}

impl Validate for HandOff {
    fn validate(&self, check: &mut Validator) {
        check.text("engineer_notes", &self.engineer_notes, limit::NOTES);
    }
}

impl Validate for Resolve {
    fn validate(&self, check: &mut Validator) {
        check.non_empty_text("resolution", &self.resolution, limit::NOTES);
    }
}

impl Validate for Release {
    fn validate(&self, check: &mut Validator) {
        check.text("reason", &self.reason, limit::NOTES);
    }
}

impl Validate for SendBack {
    fn validate(&self, check: &mut Validator) {
        check.non_empty_text("question", &self.question, limit::NOTES);
    }
}

impl Validate for Assign {
    fn validate(&self, _: &mut Validator) {}
}

impl Validate for PutStep {
    fn validate(&self, _: &mut Validator) {}
}

impl Validate for CreateUser {
    fn validate(&self, check: &mut Validator) {
        check.email("email", &self.email);
        check.non_empty_line("name", &self.name, limit::NAME);
        if let Some(password) = &self.password {
            check.password("password", password);
        }
    }
}

impl Validate for ChangeUser {
    fn validate(&self, check: &mut Validator) {
        if let Some(name) = &self.name {
            check.non_empty_line("name", name, limit::NAME);
        }
        if let Some(password) = &self.password {
            check.password("password", password);
        }
    }
}

impl Validate for LogIn {
    fn validate(&self, check: &mut Validator) {
        // What cannot be an address or a password is simply wrong; only size and form matter to us.
        check.single_line("email", &self.email);
        check.text("email", &self.email, limit::EMAIL);
        check.text("password", &self.password, limit::PASSWORD);
    }
}

impl Validate for CreateToken {
    fn validate(&self, check: &mut Validator) {
        const DECADE: u32 = 3653;
        check.non_empty_line("name", &self.name, limit::NAME);
        if self.expires_in_days.is_some_and(|days| days == 0 || days > DECADE) {
            check.add_error("expires_in_days", format!("must be from 1 to {DECADE}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validation_errors(check: impl FnOnce(&mut Validator)) -> Vec<String> {
        let mut all = Validator::default();
        check(&mut all);
        all.errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn what_must_be_one_line_is_one_line() {
        for line in ["two\nlines", "esc\x1b[2J", "c1\u{9b}", "sep\u{2028}"] {
            assert_eq!(
                validation_errors(|check| check.non_empty_line("name", line, 100)),
                ["must be one line without control characters"],
                "{line:?}"
            );
        }
        assert!(validation_errors(|check| check.non_empty_line("name", "Ænima Ñandú 李", 100)).is_empty());
    }

    #[test]
    fn text_is_kept_as_it_came_but_for_nul() {
        assert!(validation_errors(|check| check.text("notes", "esc\x1b[2J \u{202e} tab\t", 100)).is_empty());
        assert_eq!(validation_errors(|check| check.text("notes", "a\0b", 100)), ["must not contain NUL"]);
    }

    #[test]
    fn one_answer_names_every_field() {
        let all = validation_errors(|check| {
            check.non_empty_line("name", "", 5);
            check.email("email", "nobody");
        });
        assert_eq!(all, ["must not be empty", "must be an email address, like ana@acme.test"]);
    }

    #[test]
    fn an_email_address_is_one() {
        for email in ["ana@acme.test", "a.b+c@x.y.z", "ñ@acme.test"] {
            assert!(validation_errors(|check| check.email("email", email)).is_empty(), "{email}");
        }
        for email in ["ana", "@acme.test", "ana@", "a b@acme.test", "a@b@c", "a@acme.test\n"] {
            assert!(!validation_errors(|check| check.email("email", email)).is_empty(), "{email}");
        }
    }
}
