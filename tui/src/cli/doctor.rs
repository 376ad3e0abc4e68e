//! `tierup doctor`: checks files, server and terminal, and suggests fixes.

mod engine;
mod finding;
mod server;
mod terminal;

use serde_json::json;

use crate::cli::doctor::finding::{Finding, Health, bad_finding, good_finding};
use crate::cli::options::Options;
use crate::cli::output::Output;
use crate::cli::{connect, settings};
use crate::error::CliError;
use crate::runtime::credentials::StoredLogin;
use crate::runtime::data_dir::{DRAFTS_FILE, DataDir, SEEN_FILE};
use crate::runtime::log;

pub(super) async fn run(options: &Options) -> Result<(), CliError> {
    let data_dir = DataDir::platform_default().map_err(CliError::from_display)?;
    let output = Output::new(options.json);
    let mut findings = vec![good_finding("version", env!("CARGO_PKG_VERSION"))];
    findings.push(check_settings(options));
    findings.extend(check_data_dir(&data_dir));
    findings.push(check_token(options, &data_dir).await);
    findings.extend(server::check_server(options, &data_dir).await);
    findings.extend(terminal::check_terminal(options));
    print_findings(&output, &findings)?;
    match findings.iter().filter(|finding| finding.state == Health::Bad).count() {
        0 => Ok(()),
        1 => Err(CliError::error("1 check failed").with_hint("see the line marked bad")),
        failed => {
            Err(CliError::error(format!("{failed} checks failed")).with_hint("see the lines marked bad"))
        }
    }
}

fn print_findings(output: &Output, findings: &[Finding]) -> Result<(), CliError> {
    if output.is_json() {
        return output.print_json(&json!({"findings": findings}));
    }
    let row = |finding: &Finding| {
        let hint = finding.hint.as_ref().map(|hint| format!(" - {hint}")).unwrap_or_default();
        vec![finding.what.to_owned(), finding.state.as_str().to_owned(), format!("{}{hint}", finding.says)]
    };
    output
        .print_table_untruncated(&["CHECK", "STATE", "RESULT"], &findings.iter().map(row).collect::<Vec<_>>())
}

fn check_settings(options: &Options) -> Finding {
    let path = match settings::file_path(&options.console) {
        Ok(path) => path,
        Err(error) => return bad_finding("settings", error.to_string(), "set HOME"),
    };
    match settings::load(&options.console) {
        Err(error) => bad_finding(
            "settings",
            error.to_string(),
            "fix the settings; until then, the console does not open",
        ),
        Ok(_) if path.exists() => good_finding("settings", path.display().to_string()),
        Ok(_) => good_finding("settings", format!("defaults: {} does not exist", path.display())),
    }
}

/// The data folder and the files in it.
fn check_data_dir(data_dir: &DataDir) -> Vec<Finding> {
    let folder = match data_dir.check_writable() {
        Ok(()) => good_finding("data", data_dir.path("").display().to_string()),
        Err(error) => bad_finding(
            "data",
            format!("cannot write to {}: {error}", data_dir.path("").display()),
            "drafts and read marks are not saved; make the folder writable",
        ),
    };
    let files =
        [("seen-set", SEEN_FILE), ("drafts", DRAFTS_FILE), ("log", log::FILE_NAME)].map(|(what, name)| {
            let path = data_dir.path(name);
            match std::fs::metadata(&path) {
                Ok(meta) => good_finding(what, format!("{}, {} bytes", path.display(), meta.len())),
                Err(_) => good_finding(what, format!("{} does not exist yet", path.display())),
            }
        });
    std::iter::once(folder).chain(files).collect()
}

async fn check_token(options: &Options, data_dir: &DataDir) -> Finding {
    if options.token.is_some() {
        return good_finding("token", "from --token or TIERUP_TOKEN");
    }
    let log_in = "log in: `tierup login --server URL`";
    match connect::credential_store(options, data_dir).load().await {
        Ok(Some(StoredLogin { token: Some(_), token_location, .. })) => {
            good_finding("token", format!("saved in {token_location}"))
        }
        Ok(Some(StoredLogin { server, .. })) => {
            bad_finding("token", format!("no token for {server}"), log_in)
        }
        Ok(None) => bad_finding("token", "not logged in", log_in),
        Err(error) => {
            bad_finding("token", error.to_string(), "`tierup login --keyring off` saves it in a file")
        }
    }
}
