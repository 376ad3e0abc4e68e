//! Mentions: `@` and the part of a user's email address before its at sign, like `@sam.ortiz`.
//!
//! A mention counts only if exactly one user of the account has that name.

use crate::id::UserId;
use crate::limit::MAX_MENTIONS;

/// The names after an `@` in a text, in order, as they are written. An `@` within a word, as in an email address, begins
/// no mention.
pub fn mentioned_names(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('@').filter_map(|(at, _)| {
        let is_within_word = text[..at].chars().next_back().is_some_and(is_name_char);
        let rest = &text[at + 1..];
        let end = rest.find(|c| !is_name_char(c)).unwrap_or(rest.len());
        // The end of a sentence is not part of a name, and `@sam@acme.test` is an address.
        let name = rest[..end].trim_end_matches(['.', '-', '\'']);
        (!is_within_word && !name.is_empty() && !rest[end..].starts_with('@')).then_some(name)
    })
}

/// The users whom a text mentions, each once, at most [`MAX_MENTIONS`]. `users` are those who can be mentioned, with
/// their email addresses.
pub fn resolve_mentions<'u>(text: &str, users: impl IntoIterator<Item = (UserId, &'u str)>) -> Vec<UserId> {
    let names: Vec<String> = mentioned_names(text).take(MAX_NAMES).map(str::to_lowercase).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let mut matches: Vec<Vec<UserId>> = vec![Vec::new(); names.len()];
    for (id, email) in users {
        let Some((local_part, _)) = email.rsplit_once('@') else { continue };
        let local_part = local_part.to_lowercase();
        for (name, found) in names.iter().zip(&mut matches) {
            if *name == local_part {
                found.push(id);
            }
        }
    }
    let mut mentioned = Vec::new();
    for found in matches {
        if let [one] = found[..]
            && !mentioned.contains(&one)
            && mentioned.len() < MAX_MENTIONS
        {
            mentioned.push(one);
        }
    }
    mentioned
}

/// The first character of Chinese, Japanese and Korean scripts.
const CJK_START: char = '\u{2e80}';

/// Names looked up in one text: pasted code may have many that are nobody's.
const MAX_NAMES: usize = 4 * MAX_MENTIONS;

/// Whether a character can be in the part of an email address before its at sign. Scripts without spaces end a name.
fn is_name_char(c: char) -> bool {
    (c.is_alphanumeric() && c < CJK_START) || "._-+'".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: u8) -> UserId {
        UserId::from_bytes([number; 16])
    }

    #[test]
    fn an_at_sign_and_the_start_of_an_address_mention_its_user() {
        let users = [
            (user(1), "sam.ortiz@acme.test"),
            (user(2), "Dana@acme.test"),
            (user(3), "sam@acme.test"),
            (user(4), "lee@acme.test"),
            (user(5), "lee@sub.acme.test"),
        ];
        for (text, mentioned) in [
            ("@sam.ortiz please look", vec![user(1)]),
            ("ask @SAM, or (@dana).", vec![user(3), user(2)]),
            ("@dana @dana", vec![user(2)]),
            ("Ends with @sam.", vec![user(3)]),
            ("@lee is two people", vec![]),
            ("write to dana@acme.test or @sam@acme.test", vec![]),
            ("@ nobody @@ @nobody", vec![]),
            ("@sa", vec![]),
            ("给@dana看", vec![user(2)]),
            ("给 @dana，看", vec![user(2)]),
        ] {
            assert_eq!(resolve_mentions(text, users), mentioned, "{text}");
        }
    }

    #[test]
    fn the_number_of_mentions_is_limited() {
        let emails: Vec<String> = (0..40).map(|number| format!("user{number}@acme.test")).collect();
        let text =
            emails.iter().map(|email| format!("@{}", email.replace('@', " "))).collect::<Vec<_>>().join(" ");
        let users = (0..40).map(user).zip(emails.iter().map(String::as_str));
        assert_eq!(resolve_mentions(&text, users).len(), MAX_MENTIONS);
    }
}
