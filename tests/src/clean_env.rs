//! Removes the machine's settings from the environment of a child process.

use std::process::Command;

/// The names of variables that would change how our programs behave.
pub fn inherited_vars() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| {
        let lower = name.to_lowercase();
        ["tierup_", "xdg_", "lc_"].iter().any(|begin| lower.starts_with(begin))
            || lower.ends_with("_proxy")
            || [
                "NO_COLOR",
                "LANG",
                "LANGUAGE",
                "TZ",
                "EDITOR",
                "VISUAL",
                "TMUX",
                "TERM_PROGRAM",
                "DISPLAY",
                "ENV",
            ]
            .contains(&name.as_str())
    })
}

/// Removes them from a command.
pub fn clean_env(command: &mut Command) -> &mut Command {
    for name in inherited_vars() {
        command.env_remove(name);
    }
    command
}
