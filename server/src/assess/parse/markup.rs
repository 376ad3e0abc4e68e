//! The Markdown that models write around what matters: emphasis, list markers, headings.

/// One line without emphasis. What stands in backticks stays as it is: it may be a command.
pub(super) fn plain_line(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            plain.push('`');
        }
        if index % 2 == 0 {
            plain.push_str(&part.replace("**", "").replace("__", ""));
        } else {
            plain.push_str(part);
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A step and its command, in backticks. A command that the step names already is not repeated.
pub(super) fn join_command(step: &str, command: &str) -> String {
    let command = command.trim().trim_matches('`').trim();
    let command = command.strip_prefix("$ ").unwrap_or(command);
    let command = command.split_whitespace().collect::<Vec<_>>().join(" ");
    if command.is_empty() || step.contains(&command) {
        return mark_command(step, &command);
    }
    let mark = if command.contains('`') { "``" } else { "`" };
    let lead = step.trim_end().trim_end_matches(['.', ':', ',']);
    if lead.is_empty() { format!("{mark}{command}{mark}") } else { format!("{lead}: {mark}{command}{mark}") }
}

/// Puts a command that a step names into backticks.
fn mark_command(step: &str, command: &str) -> String {
    if command.is_empty() || step.contains('`') {
        return step.to_owned();
    }
    step.replacen(command, &format!("`{command}`"), 1)
}

/// The text of a list item and how far it is indented: `1. x`, `2) x`, `(3) x`, `- x`, `- [ ] x`, `Step 1: x`,
/// `**1.** x`, `### 1. x`.
pub(super) fn list_item(line: &str) -> Option<(usize, &str)> {
    let indent = line.chars().take_while(|c| c.is_whitespace()).map(|c| if c == '\t' { 4 } else { 1 }).sum();
    let line = line.trim();
    let bullet =
        line.strip_prefix(['-', '*', '•', '–', '+']).filter(|rest| rest.starts_with(char::is_whitespace));
    if let Some(rest) = bullet.map(str::trim) {
        let task = ["[ ]", "[x]", "[X]"].iter().find_map(|mark| rest.strip_prefix(mark));
        let rest = task.map_or(rest, str::trim_start);
        // `- **Step 1:** x` and `- 1. x`
        return Some((indent, numbered_item(rest).unwrap_or(rest)));
    }
    numbered_item(line.trim_start_matches('#').trim_start()).map(|text| (indent, text))
}

fn numbered_item(line: &str) -> Option<&str> {
    let bare = line.trim_start_matches(['*', '_', '(']);
    let is_marked = bare.len() < line.len();
    let named = ["step ", "schritt ", "étape ", "paso "].iter().find_map(|name| {
        bare.get(..name.len())
            .filter(|word| word.to_lowercase() == *name)
            .map(|_| bare[name.len()..].trim_start())
    });
    let number = named.unwrap_or(bare);
    let rest = number.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = number.len() - rest.len();
    if !(1..=2).contains(&digits) {
        return None;
    }
    let end = if named.is_some() {
        rest.trim_start().strip_prefix(['.', ')', ':', '-', '–', '*'])
    } else {
        rest.strip_prefix(['.', ')'])
    };
    let rest = match end {
        Some(rest) => rest,
        None if named.is_some() && rest.trim().is_empty() => rest,
        None => return None,
    };
    if is_marked && rest.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    // `1.5` is no item, `1. Title` in bold is.
    let is_separate =
        rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || matches!(c, '*' | '_' | ':'));
    let emphasis = rest.trim_start_matches([':', ' ']);
    let closed = if is_marked { emphasis.trim_start_matches(['*', '_', ':', ' ']) } else { emphasis };
    is_separate.then(|| closed.trim())
}

/// The cells of a row of a table; none for other lines.
pub(super) fn table_cells(line: &str) -> Option<Vec<&str>> {
    let inside = line.trim().strip_prefix('|')?;
    Some(inside.strip_suffix('|').unwrap_or(inside).split('|').map(str::trim).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_of_every_style_are_found() {
        for line in [
            "1. Check it",
            "2) Check it",
            "(3) Check it",
            "- Check it",
            "* Check it",
            "• Check it",
            "- [ ] Check it",
            "Step 1: Check it",
            "**Step 1:** Check it",
            "**Step 2**: Check it",
            "**1.** Check it",
            "### 1. Check it",
            "### Step 12 - Check it",
            "- **Step 1:** Check it",
            "10.  Check it",
            "Schritt 1: Check it",
        ] {
            assert_eq!(list_item(line).map(|(_, text)| text), Some("Check it"), "{line}");
        }
        for line in [
            "1.5 GB is free",
            "2024. A year",
            "-x",
            "Step back",
            "The fan",
            "**Bold** text",
            "10.0.0.1 is down",
        ] {
            assert_eq!(list_item(line), None, "{line}");
        }
        assert_eq!(list_item("   - nested"), Some((3, "nested")));
    }

    #[test]
    fn emphasis_goes_and_code_stays() {
        assert_eq!(plain_line("**Run** `ls **/*.log`  now"), "Run `ls **/*.log` now");
    }

    #[test]
    fn a_command_joins_its_step() {
        assert_eq!(join_command("Check the disk:", "$ df -h"), "Check the disk: `df -h`");
        assert_eq!(join_command("Run df -h on gw2.", "df -h"), "Run `df -h` on gw2.");
        assert_eq!(join_command("Run `df -h`", "df -h"), "Run `df -h`");
        assert_eq!(join_command("", "df -h"), "`df -h`");
        assert_eq!(join_command("Wait", ""), "Wait");
    }
}
