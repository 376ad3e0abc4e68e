//! `tierup doctor`: where everything is, how the server and the terminal are, and what to do about what is wrong.

mod server;
mod terminal;

use serde::Serialize;
use serde_json::json;

use crate::cli::error::{CliError, cli_error};
use crate::cli::output::Output;
use crate::cli::{Options, connect, settings};
use crate::runtime::credentials::StoredLogin;
use crate::runtime::data_dir::{DRAFTS_FILE, DataDir, SEEN_FILE};
use crate::runtime::log;

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
    const fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

fn good_finding(what: &'static str, says: impl Into<String>) -> Finding {
    Finding { what, state: Health::Good, says: says.into(), hint: None }
}

fn warning_finding(what: &'static str, says: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state: Health::Warning, says: says.into(), hint: Some(hint.into()) }
}

fn bad_finding(what: &'static str, says: impl Into<String>, hint: impl Into<String>) -> Finding {
    Finding { what, state: Health::Bad, says: says.into(), hint: Some(hint.into()) }
}

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(cli_error)?;
    let out = Output::new(options.json);
    let mut findings = vec![good_finding("version", env!("CARGO_PKG_VERSION"))];
    findings.push(check_settings(options));
    findings.extend(check_data_dir(&data_dir));
    findings.push(check_token(options, &data_dir).await);
    findings.extend(server::check_server(options, &data_dir).await);
    findings.extend(terminal::check_terminal(options));
    let is_bad = findings.iter().any(|finding| finding.state == Health::Bad);
    print_findings(&out, &findings)?;
    if is_bad {
        Err(CliError::error("something is wrong").with_hint("see the lines marked bad"))
    } else {
        Ok(())
    }
}

fn print_findings(out: &Output, findings: &[Finding]) -> Result<(), CliError> {
    if out.is_json() {
        return out.print_json(&json!({"findings": findings}));
    }
    let row = |finding: &Finding| {
        let hint = finding.hint.as_ref().map(|hint| format!(" - {hint}")).unwrap_or_default();
        vec![finding.what.to_owned(), finding.state.as_str().to_owned(), format!("{}{hint}", finding.says)]
    };
    out.print_table_untruncated(&["WHAT", "STATE", "FOUND"], &findings.iter().map(row).collect::<Vec<_>>())
}

fn check_settings(options: &Options) -> Finding {
    let path = match settings::file_path(&options.console) {
        Ok(path) => path,
        Err(exit) => return bad_finding("settings", exit.to_string(), "set HOME"),
    };
    match settings::load(&options.console) {
        Err(exit) => {
            bad_finding("settings", exit.to_string(), "the console does not open until that is mended")
        }
        Ok(_) if path.exists() => good_finding("settings", path.display().to_string()),
        Ok(_) => good_finding("settings", format!("{}, which is not there: the defaults", path.display())),
    }
}

/// The files that are kept, and whether they can be.
fn check_data_dir(data_dir: &DataDir) -> Vec<Finding> {
    let folder = match data_dir.check_writable() {
        Ok(()) => good_finding("data", data_dir.path("").display().to_string()),
        Err(error) => bad_finding(
            "data",
            format!("{} cannot be written: {error}", data_dir.path("").display()),
            "what you saw and typed is not kept; make the folder your own",
        ),
    };
    let kept =
        [("seen-set", SEEN_FILE), ("drafts", DRAFTS_FILE), ("log", log::FILE_NAME)].map(|(what, name)| {
            let path = data_dir.path(name);
            match std::fs::metadata(&path) {
                Ok(meta) => good_finding(what, format!("{}, {} bytes", path.display(), meta.len())),
                Err(_) => good_finding(what, format!("{}, which is not there yet", path.display())),
            }
        });
    std::iter::once(folder).chain(kept).collect()
}

async fn check_token(options: &Options, data_dir: &DataDir) -> Finding {
    if options.token.is_some() {
        return good_finding("token", "from --token or TIERUP_TOKEN");
    }
    let log_in = "log in: `tierup login --server URL`";
    match connect::credential_store(options, data_dir).load().await {
        Ok(Some(StoredLogin { token: Some(_), token_location: place, .. })) => {
            good_finding("token", format!("kept in {place}"))
        }
        Ok(Some(StoredLogin { server, .. })) => {
            bad_finding("token", format!("there is none for {server}"), log_in)
        }
        Ok(None) => bad_finding("token", "nobody has logged in on this machine", log_in),
        Err(error) => {
            bad_finding("token", error.to_string(), "`tierup login --keyring off` keeps it in a file")
        }
    }
}
