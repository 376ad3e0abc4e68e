//! Tells whether a text says something, in whatever words.

use serde::Deserialize;

/// Groups of alternatives: a text matches if it contains at least one alternative of each group, ignoring case.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
pub struct Pattern(Vec<Vec<String>>);

impl Pattern {
    /// Whether a text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let contains = |alternative: &String| text.contains(&alternative.to_lowercase());
        self.0.iter().all(|group| group.iter().any(contains))
    }

    /// Whether it can match at all, and not everything.
    pub fn is_valid(&self) -> bool {
        let is_group =
            |group: &Vec<String>| !group.is_empty() && group.iter().all(|it| !it.trim().is_empty());
        !self.0.is_empty() && self.0.iter().all(is_group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_with_one_alternative_of_each_group() {
        let pattern: Pattern = serde_json::from_str(r#"[["certificat"], ["expir", "ran out"]]"#).unwrap();
        assert!(pattern.matches("The machine Certificate on gw2 ran out."));
        assert!(!pattern.matches("The certificate is fine."));
        assert!(pattern.is_valid());
        assert!(!serde_json::from_str::<Pattern>("[[]]").unwrap().is_valid());
    }
}
