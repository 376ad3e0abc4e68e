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
pub trait Valid {
    /// Notes every field that breaks a rule.
    fn check(&self, check: &mut Check);
}

/// Collects the fields that break a rule, so that one answer names them all.
#[derive(Debug, Default)]
pub struct Check {
    errors: Vec<FieldError>,
}

impl Check {
    /// Notes that a field breaks a rule, with what to do about it.
    pub fn fail(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(FieldError { field: field.into(), message: message.into() });
    }

    /// The refusal that names every field noted; fine if there is none.
    pub fn done(self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(Refusal::Invalid(self.errors)) }
    }

    /// Text of several lines, at most so many bytes; it may be empty.
    pub fn text(&mut self, field: &str, text: &str, most: usize) {
        if text.contains('\0') {
            self.fail(field, "must not contain NUL");
        }
        if text.len() > most {
            self.fail(field, format!("must be at most {most} bytes, is {}", text.len()));
        }
    }

    /// The same, with something in it.
    pub fn some_text(&mut self, field: &str, text: &str, most: usize) {
        if text.trim().is_empty() {
            self.fail(field, "must not be empty");
        }
        self.text(field, text, most);
    }

    /// Nothing that ends a line or acts.
    pub fn one_line(&mut self, field: &str, line: &str) {
        if line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
            self.fail(field, "must be one line without control characters");
        }
    }

    /// One line with something in it, at most so many characters.
    pub fn line(&mut self, field: &str, line: &str, most: usize) {
        if line.trim().is_empty() {
            self.fail(field, "must not be empty");
        }
        self.one_line(field, line);
        let length = line.chars().count();
        if length > most {
            self.fail(field, format!("must be at most {most} characters, is {length}"));
        }
    }

    /// An email address: the form is checked here, whether it exists is for mail to find out.
    pub fn email(&mut self, field: &str, email: &str) {
        self.line(field, email, limit::EMAIL);
        let whole =
            email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
                && email.parse::<lettre::Address>().is_ok();
        if !whole {
            self.fail(field, "must be an email address, like ana@acme.test");
        }
    }

    /// A password that somebody chooses.
    pub fn password(&mut self, field: &str, password: &str) {
        const LEAST: usize = 8;
        if password.chars().count() < LEAST {
            self.fail(field, format!("must be at least {LEAST} characters"));
        }
        self.text(field, password, limit::PASSWORD);
    }
}

impl Valid for CreateSession {
    fn check(&self, check: &mut Check) {
        check.some_text("intake_content.text", &self.intake_content.text, limit::MESSAGE);
        if let Some(summary) = &self.problem_summary {
            check.line("problem_summary", summary, limit::SUMMARY);
        }
    }
}

impl Valid for CreateMessage {
    fn check(&self, check: &mut Check) {
        check.some_text("content", &self.content, limit::MESSAGE);
    }
}

impl Valid for PutBranch {
    fn check(&self, check: &mut Check) {
        check.some_text("hypothesis", &self.hypothesis, limit::NOTES);
        if let Some(evidence) = &self.evidence {
            check.text("evidence", evidence, limit::NOTES);
        }
    }
}

impl Valid for HandOff {
    fn check(&self, check: &mut Check) {
        check.text("engineer_notes", &self.engineer_notes, limit::NOTES);
    }
}

impl Valid for Resolve {
    fn check(&self, check: &mut Check) {
        check.some_text("resolution", &self.resolution, limit::NOTES);
    }
}

impl Valid for Release {
    fn check(&self, check: &mut Check) {
        check.text("reason", &self.reason, limit::NOTES);
    }
}

impl Valid for SendBack {
    fn check(&self, check: &mut Check) {
        check.some_text("question", &self.question, limit::NOTES);
    }
}

impl Valid for Assign {
    fn check(&self, _: &mut Check) {}
}

impl Valid for PutStep {
    fn check(&self, _: &mut Check) {}
}

impl Valid for CreateUser {
    fn check(&self, check: &mut Check) {
        check.email("email", &self.email);
        check.line("name", &self.name, limit::NAME);
        if let Some(password) = &self.password {
            check.password("password", password);
        }
    }
}

impl Valid for ChangeUser {
    fn check(&self, check: &mut Check) {
        if let Some(name) = &self.name {
            check.line("name", name, limit::NAME);
        }
        if let Some(password) = &self.password {
            check.password("password", password);
        }
    }
}

impl Valid for LogIn {
    fn check(&self, check: &mut Check) {
        // What cannot be an address or a password is simply wrong; only size and form matter to us.
        check.one_line("email", &self.email);
        check.text("email", &self.email, limit::EMAIL);
        check.text("password", &self.password, limit::PASSWORD);
    }
}

impl Valid for CreateToken {
    fn check(&self, check: &mut Check) {
        const DECADE: u32 = 3653;
        check.line("name", &self.name, limit::NAME);
        if self.expires_in_days.is_some_and(|days| days == 0 || days > DECADE) {
            check.fail("expires_in_days", format!("must be from 1 to {DECADE}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(check: impl FnOnce(&mut Check)) -> Vec<String> {
        let mut all = Check::default();
        check(&mut all);
        all.errors.into_iter().map(|error| error.message).collect()
    }

    #[test]
    fn what_must_be_one_line_is_one_line() {
        for line in ["two\nlines", "esc\x1b[2J", "c1\u{9b}", "sep\u{2028}"] {
            assert_eq!(
                errors(|check| check.line("name", line, 100)),
                ["must be one line without control characters"],
                "{line:?}"
            );
        }
        assert!(errors(|check| check.line("name", "Ænima Ñandú 李", 100)).is_empty());
    }

    #[test]
    fn text_is_kept_as_it_came_but_for_nul() {
        assert!(errors(|check| check.text("notes", "esc\x1b[2J \u{202e} tab\t", 100)).is_empty());
        assert_eq!(errors(|check| check.text("notes", "a\0b", 100)), ["must not contain NUL"]);
    }

    #[test]
    fn one_answer_names_every_field() {
        let all = errors(|check| {
            check.line("name", "", 5);
            check.email("email", "nobody");
        });
        assert_eq!(all, ["must not be empty", "must be an email address, like ana@acme.test"]);
    }

    #[test]
    fn an_email_address_is_one() {
        for email in ["ana@acme.test", "a.b+c@x.y.z", "ñ@acme.test"] {
            assert!(errors(|check| check.email("email", email)).is_empty(), "{email}");
        }
        for email in ["ana", "@acme.test", "ana@", "a b@acme.test", "a@b@c", "a@acme.test\n"] {
            assert!(!errors(|check| check.email("email", email)).is_empty(), "{email}");
        }
    }
}
