//! The commands: init, user add, serve.

use std::path::Path;
use std::process::{Output, Stdio};

use rustix::process::Signal;
use serde_json::Value;

use crate::server_process::{ServerProcess, start_server, tierup_server};

fn run_init(data: &Path, account: &str, email: &str) -> Output {
    let mut command = tierup_server();
    command.args([
        "init",
        "--json",
        "--account",
        account,
        "--owner-email",
        email,
        "--owner-name",
        "Ana Ruiz",
    ]);
    command.arg("--data").arg(data).output().unwrap()
}

fn run_user_add(data: &Path, email: &str, more: &[&str]) -> Output {
    let mut command = tierup_server();
    command.args(["user", "add", "--json", "--email", email, "--name", "Sam Ortiz", "--role", "engineer"]);
    command.args(more).arg("--data").arg(data).output().unwrap()
}

fn serve(data: &Path, args: &[&str]) -> ServerProcess {
    start_server(tierup_server(), data, args, Stdio::null())
}

fn parse_json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn assert_fails_with(output: &Output, text: &str) {
    assert!(!output.status.success());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error: ") && stderr.contains(text), "{stderr}");
}

#[test]
fn init_serve_and_stop() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let owner = parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    assert!(owner["token"].as_str().unwrap().starts_with("tup_"));
    assert!(owner["account_id"].is_string() && owner["user_id"].is_string());

    // An unreachable mail server must not matter before there is mail.
    let server = serve(&data, &["--mail-url", "smtp://127.0.0.1:9"]);
    assert!(server.url.starts_with("http://127.0.0.1:"));
    // While the server runs.
    let sam = parse_json(&run_user_add(&data, "sam@acme.test", &[]));
    assert!(sam["token"].as_str().unwrap().starts_with("tup_"));
    let other = parse_json(&run_init(&data, "Globex", "hank@globex.test"));
    assert_ne!(other["account_id"], owner["account_id"]);
    assert_fails_with(
        &tierup_server().args(["serve", "--data"]).arg(&data).output().unwrap(),
        "another tierup-server serves",
    );

    assert!(server.stop(Signal::TERM).success(), "a stopped server exits with 0");
}

#[test]
fn the_example_settings_are_complete_and_valid() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let example = std::fs::read_to_string(root.join("packaging/server.toml")).unwrap();
    let operating = std::fs::read_to_string(root.join("docs/OPERATING.md")).unwrap();
    let help = tierup_server().args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let variables = help.split("[env: TIERUP_SERVER_").skip(1);
    let names = variables.map(|rest| rest.split(['=', ']']).next().unwrap().to_lowercase());
    let names: Vec<String> = names.filter(|name| name != "data" && name != "config").collect();
    assert!(names.len() >= 21, "{names:?}");
    for name in names {
        assert!(
            example.contains(&format!("#{name} = ")) || name == "webhooks",
            "{name} is not in server.toml"
        );
        assert!(operating.contains(&format!("| `{name}` |")), "{name} is not in OPERATING.md");
    }

    let folder = tempfile::tempdir().unwrap();
    let (data, runbooks) = (folder.path().join("data"), folder.path().join("runbooks"));
    std::fs::create_dir(&runbooks).unwrap();
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    let whole = example.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting,
        _ => line,
    });
    let whole = whole.collect::<Vec<_>>().join("\n");
    let whole = whole.replace("/var/lib/tierup/runbooks", &runbooks.display().to_string());
    let file = folder.path().join("server.toml");
    std::fs::write(&file, whole).unwrap();
    let server = serve(&data, &["--config", file.to_str().unwrap()]);
    assert!(server.url.starts_with("http://127.0.0.1:"));
}

#[test]
fn failing_commands_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    assert_fails_with(
        &tierup_server().args(["serve", "--data"]).arg(&data).output().unwrap(),
        "tierup-server init",
    );
    assert_fails_with(&run_user_add(&data, "sam@acme.test", &[]), "tierup-server init");
    assert_fails_with(&run_init(&data, "Acme", "not an address"), "must be an email address");
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    assert_fails_with(&run_init(&data, "Acme", "other@acme.test"), "already exists");
    assert_fails_with(&run_user_add(&data, "ANA@acme.test", &[]), "another user has this email address");
    parse_json(&run_init(&data, "Globex", "hank@globex.test"));
    assert_fails_with(&run_user_add(&data, "sam@acme.test", &["--account", "Initech"]), "no account");
    parse_json(&run_user_add(&data, "sam@acme.test", &["--account", "Globex"]));
}

#[test]
fn users_are_added_to_the_first_account_by_default() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    parse_json(&run_init(&data, "Globex", "hank@globex.test"));
    let one = run_user_add(&data, "sam@globex.test", &[]);
    parse_json(&one);
    assert!(one.stderr.is_empty(), "there is only one account");
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    let of_several = run_user_add(&data, "dana@globex.test", &[]);
    let made = parse_json(&of_several);
    assert!(made["user_id"].is_string() && made["token"].is_string());
    let note = String::from_utf8(of_several.stderr).unwrap();
    assert!(note.contains("Globex, the first") && note.contains("--account"), "{note}");
}

#[test]
fn values_are_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    parse_json(&run_init(&data, " Acme ", "\u{feff}ana@acme.test\r\n"));
    parse_json(&run_user_add(&data, " 'sam@acme.test' ", &["--account", "Acme\n"]));
    assert_fails_with(&run_user_add(&data, "sam@acme.test", &[]), "another user has this email address");
    assert_fails_with(&run_user_add(&data, "da\nna@acme.test", &[]), "one line");
    let mut token = tierup_server();
    parse_json(
        &token
            .args(["token", "add", "--json", "--email", " \"ana@acme.test\"\n", "--data"])
            .arg(&data)
            .output()
            .unwrap(),
    );
}

#[test]
fn empty_environment_variables_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    let mut command = tierup_server();
    for (name, value) in [("LISTEN", ""), ("PUBLIC_URL", ""), ("STALE_CLAIM_HOURS", ""), ("MAIL_URL", "off")]
    {
        command.env(format!("TIERUP_SERVER_{name}"), value);
    }
    // It fails on the address; the other settings were fine.
    let output = command.args(["serve", "--listen", "0.0.0.0:1", "--data"]).arg(&data).output().unwrap();
    assert_fails_with(&output, "--behind-proxy");
    assert_fails_with(
        &tierup_server().env("TIERUP_SERVER_PUBLIC_URL", "nowhere").arg("serve").output().unwrap(),
        "--public-url",
    );
}

#[cfg(unix)]
#[test]
fn stopping_right_after_the_start_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    for signal in [Signal::TERM, Signal::INT, Signal::TERM, Signal::INT] {
        assert_eq!(serve(&data, &[]).stop(signal).code(), Some(0), "{signal:?}");
    }
}

#[test]
fn settings_come_from_the_file_and_the_environment_wins() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    parse_json(&run_init(&data, "Acme", "ana@acme.test"));
    let file = folder.path().join("server.toml");
    std::fs::write(&file, "assessment_engine = 'openai'\n").unwrap();
    let run_serve = |engine: Option<&str>| {
        let mut command = tierup_server();
        command.args(["serve", "--data"]).arg(&data).arg("--config").arg(&file);
        if let Some(engine) = engine {
            command.env("TIERUP_SERVER_ASSESSMENT_ENGINE", engine);
        }
        command.output().unwrap()
    };
    assert_fails_with(&run_serve(None), "assessment_model: required");
    assert_fails_with(&run_serve(Some("gpt")), "unknown engine \"gpt\"");
    std::fs::write(&file, "asessment_engine = 'off'\n").unwrap();
    assert_fails_with(&run_serve(None), "unknown field `asessment_engine`");
    let help = tierup_server().args(["serve", "--help"]).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for setting in ["LISTEN", "ASSESSMENT_URL", "RUNBOOKS", "MAIL_URL", "PUBLIC_URL"] {
        assert!(help.contains(&format!("TIERUP_SERVER_{setting}")), "{setting} is not in --help");
    }
}
