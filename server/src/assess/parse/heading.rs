//! Headings of an answer in text, in the styles that models write them.

/// What a heading begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Section {
    Cause,
    Steps,
    Quotes,
    FindOut,
    Confidence,
    /// A known heading of nothing that is read.
    Other,
}

/// The names of headings, in lower case.
const NAMES: [(Section, &[&str]); 6] = [
    (
        Section::Cause,
        &[
            "likely cause",
            "most likely cause",
            "cause",
            "root cause",
            "likely root cause",
            "probable cause",
            "diagnosis",
        ],
    ),
    (
        Section::Steps,
        &[
            "steps",
            "suggested steps",
            "next steps",
            "suggested next steps",
            "recommended steps",
            "try next",
            "what to try",
            "what to try next",
            "what to do",
            "what to do next",
            "troubleshooting steps",
            "resolution steps",
            "recommended actions",
            "suggested actions",
            "actions",
            "action plan",
            "recommendations",
            "fix",
            "how to fix",
            "solution",
            "resolution",
        ],
    ),
    (
        Section::Quotes,
        &["evidence", "supporting evidence", "from the session", "quotes", "evidence from the case"],
    ),
    (
        Section::FindOut,
        &[
            "find out",
            "to find out",
            "what to find out",
            "questions",
            "open questions",
            "what to ask",
            "what would help",
            "unknowns",
        ],
    ),
    (Section::Confidence, &["confidence", "confidence level"]),
    (
        Section::Other,
        &[
            "assessment",
            "summary",
            "analysis",
            "reasoning",
            "explanation",
            "similar cases",
            "note",
            "notes",
            "not the cause",
            "ruled out",
            "conclusion",
        ],
    ),
];

/// The section that a line begins, and the rest of the line: `Likely cause: …`, `## Steps`, `**Confidence:** high`,
/// `1. **Root cause** – …`.
pub(super) fn read(line: &str) -> Option<(Section, &str)> {
    let line = line.trim();
    let bare = line.trim_start_matches(|c: char| !c.is_alphabetic());
    let ends = [bare.find([':', '*', '_', '—', '–', '：']), bare.find(" - ")];
    let end = ends.into_iter().flatten().min().unwrap_or(bare.len());
    let name = bare[..end].trim();
    // `Steps (best first)`
    let name = name.strip_suffix(')').and_then(|name| name.split_once(" (")).map_or(name, |(name, _)| name);
    let name = name.to_lowercase();
    let (section, _) = NAMES.iter().find(|(_, names)| names.contains(&name.as_str()))?;
    let marks = &line[..line.len() - bare.len()];
    if marks.contains(['"', '\'', '`', '{', '[', '|', '/', '\\', '$']) {
        return None;
    }
    // `1. Fix: restart it` is a step.
    let is_item = marks.starts_with(['-', '•', '+'])
        || marks.starts_with("* ")
        || marks.contains(|c: char| c.is_ascii_digit());
    let is_emphasised = marks.contains("**") || marks.contains("__");
    if is_item && *section != Section::Confidence && (!is_emphasised || *section == Section::Other) {
        return None;
    }
    let rest = bare[end..].trim_start_matches([':', '*', '_', '—', '–', '：', '-', ' ']);
    Some((*section, rest.trim_end_matches(['*', '_'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_every_style_are_found() {
        for line in [
            "**Likely cause:** DNS",
            "Likely cause: DNS",
            "### Likely Cause - DNS",
            "__Root cause__: DNS",
            "🔍 **Cause:** DNS",
            "1. **Likely cause** – DNS",
            "LIKELY CAUSE: DNS",
        ] {
            assert_eq!(read(line), Some((Section::Cause, "DNS")), "{line}");
        }
        for line in ["## Steps", "**Next steps:**", "Try next", "What to do:", "**Recommended Actions**"] {
            assert_eq!(read(line), Some((Section::Steps, "")), "{line}");
        }
        for line in
            ["The cause: DNS", "Steps like these help", "1. Fix the certificate", "", "- Confidence is low"]
        {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
