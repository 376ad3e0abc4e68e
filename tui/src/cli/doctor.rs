//! `tierup doctor`: where everything is, how the server and the terminal are, and what to do about what is wrong.

mod server;
mod terminal;

use serde::Serialize;
use serde_json::json;

use crate::cli::exit::{Exit, wrong};
use crate::cli::output::Output;
use crate::cli::{Options, connect, settings};
use crate::runtime::files::{DRAFTS, Files, SEEN};
use crate::runtime::log;
use crate::runtime::vault::Kept;

/// Something that was looked at.
#[derive(Serialize)]
struct Finding {
    what: &'static str,
    state: Health,
    says: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Health {
    Good,
    /// It works, and could work better.
    Warning,
    Bad,
}

impl Health {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

fn good(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: Health::Good, says: says.into(), hint: None }
}

fn warning(what: &'static str, says: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state: Health::Warning, says: says.into(), hint: Some(hint.into()) }
}

fn bad(what: &'static str, says: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state: Health::Bad, says: says.into(), hint: Some(hint.into()) }
}

pub(super) async fn run(options: &Options) -> Result<(), Exit> {
    let files = Files::of_platform().map_err(wrong)?;
    let out = Output::new(options.json);
    let mut findings = vec![good("version", env!("CARGO_PKG_VERSION"))];
    findings.push(configuration(options));
    findings.extend(on_this_machine(&files));
    findings.push(token(options, &files).await);
    findings.extend(server::look(options, &files).await);
    findings.extend(terminal::look(options));
    let is_bad = findings.iter().any(|finding| finding.state == Health::Bad);
    say(&out, &findings)?;
    if is_bad { Err(Exit::error("something is wrong").hint("see the lines marked bad")) } else { Ok(()) }
}

fn say(out: &Output, findings: &[Finding]) -> Result<(), Exit> {
    if out.is_json() {
        return out.json(&json!({"findings": findings}));
    }
    let row = |finding: &Finding| {
        let hint = finding.hint.as_ref().map(|hint| format!(" - {hint}")).unwrap_or_default();
        vec![finding.what.to_owned(), finding.state.word().to_owned(), format!("{}{hint}", finding.says)]
    };
    out.table_whole(&["WHAT", "STATE", "FOUND"], &findings.iter().map(row).collect::<Vec<_>>())
}

fn configuration(options: &Options) -> Finding {
    let path = match settings::path(&options.console) {
        Ok(path) => path,
        Err(exit) => return bad("settings", exit.to_string(), "set HOME"),
    };
    match settings::load(&options.console) {
        Err(exit) => bad("settings", exit.to_string(), "the console does not open until that is mended"),
        Ok(_) if path.exists() => good("settings", path.display().to_string()),
        Ok(_) => good("settings", format!("{}, which is not there: the defaults", path.display())),
    }
}

/// The files that are kept, and whether they can be.
fn on_this_machine(files: &Files) -> Vec<Finding> {
    let folder = match files.try_to_write() {
        Ok(()) => good("data", files.path("").display().to_string()),
        Err(error) => bad(
            "data",
            format!("{} cannot be written: {error}", files.path("").display()),
            "what you saw and typed is not kept; make the folder your own",
        ),
    };
    let kept = [("seen-set", SEEN), ("drafts", DRAFTS), ("log", log::FILE)].map(|(what, name)| {
        let path = files.path(name);
        match std::fs::metadata(&path) {
            Ok(meta) => good(what, format!("{}, {} bytes", path.display(), meta.len())),
            Err(_) => good(what, format!("{}, which is not there yet", path.display())),
        }
    });
    std::iter::once(folder).chain(kept).collect()
}

async fn token(options: &Options, files: &Files) -> Finding {
    if options.token.is_some() {
        return good("token", "from --token or TIERUP_TOKEN");
    }
    let log_in = "log in: `tierup login --server URL`";
    match connect::vault(options, files).recall().await {
        Ok(Some(Kept { token: Some(_), place, .. })) => good("token", format!("kept in {place}")),
        Ok(Some(Kept { server, .. })) => bad("token", format!("there is none for {server}"), log_in),
        Ok(None) => bad("token", "nobody has logged in on this machine", log_in),
        Err(error) => bad("token", error.to_string(), "`tierup login --keyring off` keeps it in a file"),
    }
}
