//! The binary as scripts use it: every verb against a real server, exit codes, and one line that says what is wrong.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

/// A server, a team, and a home for each.
struct World {
    folder: TempDir,
    server: Server,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz").unwrap();
        let settings = Settings { listen: Some(([127, 0, 0, 1], 0).into()), ..Settings::default() };
        let server = Server::start(&data, settings.check().unwrap(), Clock::system()).await.unwrap();
        let world = Self { folder, server };
        world.is_at_home("ana", &owner.token);
        world
    }

    /// Lets somebody log in, each on a machine of their own.
    fn is_at_home(&self, who: &str, token: &str) {
        let login = self.typed(who, &["login", "--server", &self.server.url()], token);
        assert!(login.status.success(), "{}", stderr(&login));
    }

    fn hires(&self, who: &str, name: &str, role: tierup_common::user::Role) {
        let data = self.folder.path().join("data");
        let email = format!("{who}@acme.test");
        let user = admin::add_user(&data, None, &email, name, role).unwrap();
        self.is_at_home(who, &user.token);
    }

    fn home(&self, who: &str) -> std::path::PathBuf {
        self.folder.path().join(who)
    }

    /// Waits for the assessment of a handoff: the end of it is an event.
    fn assesses(&self, number: &str) {
        let mut child = command(&self.home("ana"), &["watch", "--since", "0", "--handoff", number])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("handoff_assessment_ready")));
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Runs a command as somebody.
    fn run(&self, who: &str, arguments: &[&str]) -> Output {
        tierup(&self.home(who), arguments)
    }

    /// Runs a command with something on its standard input.
    fn typed(&self, who: &str, arguments: &[&str], input: &str) -> Output {
        std::fs::create_dir_all(self.home(who)).unwrap();
        let mut child = command(&self.home(who), arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// Runs a command that succeeds, and reads its JSON.
    #[track_caller]
    fn json(&self, who: &str, arguments: &[&str]) -> Value {
        let output = self.run(who, &[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "JSON in a pipe is one line");
        serde_json::from_str(&text).unwrap()
    }

    /// Runs a command that succeeds, and reads what it says.
    #[track_caller]
    fn says(&self, who: &str, arguments: &[&str]) -> String {
        let output = self.run(who, arguments);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TIERUP_")) {
        command.env_remove(name);
    }
    command.env("HOME", home).env("TIERUP_KEYRING", "off").args(arguments);
    for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env_remove(name);
    }
    command
}

fn tierup(home: &Path, arguments: &[&str]) -> Output {
    command(home, arguments).stdin(Stdio::null()).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn ends(output: &Output, status: i32, says: &str) {
    let stderr = stderr(output);
    assert_eq!(output.status.code(), Some(status), "{stderr}");
    assert!(stderr.contains(says), "{says:?} is not in {stderr}");
    assert!(stderr.starts_with("error: "), "{stderr}");
    assert!(stderr.lines().count() <= 2, "more than an error and a hint: {stderr}");
    assert!(output.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_from_a_new_session_to_its_resolution() {
    let world = World::new().await;
    world.hires("sam", "Sam Ortiz", tierup_common::user::Role::Engineer);
    world.hires("dana", "Dana Wu", tierup_common::user::Role::Engineer);

    let session = world.json("sam", &["new", "VPN error 809 since Monday", "--summary", "VPN is down"]);
    assert_eq!((&session["number"], &session["status"]), (&1.into(), &"active".into()));
    let said = world.typed("sam", &["say", "1", "-", "--note"], "Reinstalled,\nsame error.\n");
    assert_eq!(String::from_utf8_lossy(&said.stdout), "said\n");
    let escalated = world.says("sam", &["escalate", "s1", "Stuck.", "--priority", "urgent"]);
    assert_eq!(escalated, "escalated as #1: VPN is down\n");

    let queue = world.says("ana", &["queue"]);
    let cells: Vec<&str> = queue.trim_end().split('\t').collect();
    assert_eq!(
        (cells[0], cells[1], cells[2], cells[4], cells[6]),
        ("1", "urgent", "Sam Ortiz", "open", "VPN is down")
    );
    assert_eq!(world.json("ana", &["queue"])["counts"]["open"], 1);
    assert_eq!(world.says("ana", &["queue", "--priority", "low"]), "");

    assert_eq!(world.says("ana", &["claim", "1"]), "#1 is yours: VPN is down (its session: h1)\n");
    assert_eq!(world.says("ana", &["assign", "1", "dana"]), "#1 is with Dana Wu\n");
    assert_eq!(world.says("dana", &["release", "#1", "Out for lunch"]), "#1 is back in the queue\n");
    assert_eq!(world.json("dana", &["claim", "h1"])["claimed_by_name"], "Dana Wu");
    world.says("dana", &["say", "h1", "Try the tunnel by hand.", "--note"]);

    let shown = world.says("dana", &["show", "s1"]);
    for line in ["Session 1 VPN is down", "  Reinstalled,", "  same error.", "  Try the tunnel by hand."] {
        assert!(shown.lines().any(|shown| shown == line), "{line:?} is not in\n{shown}");
    }
    assert!(world.says("dana", &["show", "1"]).contains("claimed by Dana Wu"));

    let resolved = world.says("dana", &["resolve", "h1", "The certificate had expired."]);
    assert_eq!(resolved, "session 1 is resolved: VPN is down\n");
    assert_eq!(world.json("sam", &["sessions", "--status", "resolved"])["items"][0]["number"], 1);
    assert_eq!(world.json("sam", &["stats"])["open"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_parked_resumed_sent_back() {
    let world = World::new().await;
    world.hires("sam", "Sam Ortiz", tierup_common::user::Role::Engineer);
    world.json("sam", &["new", "The printer jams"]);
    let parked = world.json("sam", &["park", "1", "Waiting for toner", "--wake", "2h"]);
    assert!(parked["wake_at"].is_string());
    assert_eq!(world.says("sam", &["sessions", "--mine"]).split('\t').nth(1), Some("paused"));
    assert_eq!(world.says("sam", &["resume", "1"]), "session 1 is active again: The printer jams\n");
    let escalated = world.json("sam", &["escalate", "1", "It still jams"]);
    let number = escalated["number"].to_string();
    world.json("ana", &["claim", &number]);
    let back = world.typed("ana", &["send-back", &number, "-"], "Which printer?");
    assert_eq!(String::from_utf8_lossy(&back.stdout), format!("#{number} is back with Sam Ortiz\n"));
    // An id names a session, and a handoff's id the session of the handoff.
    let session = world.json("sam", &["show", escalated["session_id"].as_str().unwrap().trim()]);
    assert!(session["number"].is_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_what_came_of_a_step_and_the_assessment_once_more() {
    let world = World::new().await;
    // Something that was solved before, so that there is a step to suggest.
    world.json("ana", &["new", "VPN certificate expired after the update"]);
    world.json("ana", &["resolve", "1", "Renewed the machine certificate."]);
    world.json("ana", &["new", "VPN certificate expired again after an update"]);
    assert_eq!(world.says("ana", &["tried", "2", "The MTU"]), "open: The MTU\n");
    let ruled_out = &["tried", "s2", "the MTU", "--status", "ruled-out", "--why", "1400 is no better"];
    assert_eq!(world.says("ana", ruled_out), "ruled out: the MTU\n");
    let session = world.json("ana", &["show", "s2"]);
    let branches = session["branch_map"].as_array().unwrap();
    assert_eq!((branches.len(), &branches[0]["status"]), (1, &"ruled_out".into()));

    world.json("ana", &["escalate", "2", "Stuck."]);
    world.assesses("1");
    assert!(world.says("ana", &["outcome", "1", "1", "worked"]).starts_with("step 1 worked: "));
    assert!(world.says("ana", &["show", "1"]).contains(" (worked)"));
    world.says("ana", &["outcome", "1", "1", "unknown"]);
    assert!(!world.says("ana", &["show", "1"]).contains(" (worked)"));
    ends(&world.run("ana", &["outcome", "1", "99", "failed"]), 2, "there is no step 99");
    assert_eq!(world.says("ana", &["reassess", "1"]), "#1 is assessed again\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_in_the_pipe_that_asked_it() {
    let world = World::new().await;
    world.json("ana", &["new", "VPN error 809"]);
    let answer = world.says("ana", &["say", "1", "What should I look at first?", "--wait"]);
    assert!(!answer.trim().is_empty());
    let shown = world.json("ana", &["show", "s1"]);
    assert_eq!(shown["conversation_messages"][2]["content"].as_str().unwrap().trim_end(), answer.trim_end());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_end_has_its_status() {
    let world = World::new().await;
    world.hires("sam", "Sam Ortiz", tierup_common::user::Role::Engineer);
    world.hires("vera", "Vera Lind", tierup_common::user::Role::Viewer);
    world.json("sam", &["new", "VPN is down"]);
    world.json("sam", &["escalate", "1", "Stuck"]);

    ends(&world.run("vera", &["claim", "1"]), 5, "hint: `tierup whoami`");
    world.json("ana", &["claim", "1"]);
    ends(&world.run("sam", &["claim", "1"]), 9, "Already claimed by Ana Ruiz");
    ends(&world.run("sam", &["claim", "7"]), 4, "error:");
    ends(&world.run("sam", &["resume", "9"]), 4, "there is no session 9");
    ends(&world.run("ana", &["assign", "1", "nobody"]), 4, "nobody in the team");
    ends(&world.run("ana", &["resolve", "1", "Done", "--worked", "3"]), 2, "no step");
    ends(&world.run("sam", &["--token", "tup_wrong", "whoami"]), 3, "hint: log in again");
    ends(&world.run("sam", &["new", ""]), 1, "intake_content.text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_is_tried_before_it_is_kept_and_ends_with_log_out() {
    let world = World::new().await;
    let server = world.server.url();
    let wrong = world.typed("eve", &["login", "--server", &server], "tup_wrong\n");
    ends(&wrong, 3, "token");
    ends(&world.run("eve", &["whoami"]), 3, "it is not known which server");
    let offline = world.typed("eve", &["login", "--server", "http://127.0.0.1:1"], "tup_wrong\n");
    ends(&offline, 7, "cannot be reached");

    // A log-in by email and password.
    let me = world.json("ana", &["whoami"]);
    let token = std::fs::read_to_string(world.home("ana").join(".local/share/tierup/login.json")).unwrap();
    let token = serde_json::from_str::<Value>(&token).unwrap()["token"].as_str().unwrap().to_owned();
    set_password(&server, &token, me["id"].as_str().unwrap(), "correct horse battery").await;
    let login = ["login", "--server", &server, "--email", "ana@acme.test"];
    ends(&world.typed("ana2", &login, "wrong\n"), 3, "do not belong together");
    let done = world.typed("ana2", &login, "correct horse battery\n");
    assert!(
        String::from_utf8_lossy(&done.stdout).starts_with("Logged in to Acme as Ana Ruiz;"),
        "{}",
        stderr(&done)
    );
    assert_eq!(world.json("ana2", &["whoami"])["email"], "ana@acme.test");

    assert!(world.says("ana2", &["logout"]).starts_with("Logged out of "));
    ends(&world.run("ana2", &["whoami"]), 3, "there is no token");
    // The other log-in goes on.
    world.says("ana", &["whoami"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_finds_everything_and_says_what_is_wrong() {
    let world = World::new().await;
    let found = world.json("ana", &["doctor"]);
    let of = |what: &str| {
        let findings = found["findings"].as_array().unwrap().iter();
        findings.clone().find(|finding| finding["what"] == what).unwrap().clone()
    };
    assert!(of("token")["says"].as_str().unwrap().ends_with("login.json"));
    assert_eq!(of("you")["says"], "Ana Ruiz, owner of Acme");
    for what in ["settings", "data", "seen-set", "drafts", "log", "server", "events", "clocks"] {
        assert_eq!(of(what)["state"], "good", "{}", of(what));
    }
    let nobody = world.run("nobody", &["doctor"]);
    assert_eq!(nobody.status.code(), Some(1));
    let said = String::from_utf8(nobody.stdout).unwrap();
    assert!(said.contains("token\tbad\tnobody has logged in on this machine - log in"), "{said}");
}

async fn set_password(server: &str, token: &str, user: &str, password: &str) {
    let api = tierup::runtime::api::Api::new(server, token.to_owned().into()).unwrap();
    let path = format!("/api/v1/users/{user}");
    let body = serde_json::json!({"password": password});
    let _: Value = api.change(reqwest::Method::PATCH, &path, Some(&body)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_one_a_line_and_begin_where_one_says() {
    let world = World::new().await;
    world.json("ana", &["new", "VPN is down"]);
    world.json("ana", &["escalate", "1", "Stuck", "--priority", "high"]);
    let mut child = command(&world.home("ana"), &["watch", "--since", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap()).unwrap();
    let first = next();
    assert_eq!((&first["seq"], &first["type"]), (&1.into(), &"session_created".into()));
    while next()["type"] != "handoff_created" {}
    // What happens now comes too.
    world.json("ana", &["claim", "1"]);
    while next()["type"] != "handoff_claimed" {}
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_wrote_is_only_text_in_a_pipe_too() {
    let world = World::new().await;
    let evil = "\u{1b}]0;owned\u{7}\u{9b}31m red \u{202e}txt\u{200b}";
    world.json("ana", &["new", evil]);
    for arguments in [&["show", "s1"][..], &["sessions"], &["show", "s1", "--json"], &["sessions", "--json"]]
    {
        let said = world.says("ana", arguments);
        let acts = |c: char| (c.is_control() && c != '\n' && c != '\t') || "\u{202e}\u{200b}".contains(c);
        assert!(!said.contains(acts), "{arguments:?}: {said:?}");
        assert!(said.contains("red"), "{arguments:?}: {said:?}");
    }
    ends(&world.run("ana", &["claim", evil]), 2, "‹9B›31m red ‹202E›txt‹200B›");
}

#[test]
fn without_a_server_it_says_how_to_log_in() {
    let home = tempfile::tempdir().unwrap();
    ends(&tierup(home.path(), &["claim", "42"]), 3, "hint: log in with `tierup login --server URL`");
    ends(&tierup(home.path(), &["--server", "http://127.0.0.1:1", "claim", "42"]), 3, "no token");
}

#[test]
fn what_makes_no_sense_is_a_matter_of_usage() {
    let home = tempfile::tempdir().unwrap();
    ends(&tierup(home.path(), &["claim", "the first"]), 2, "not an id");
    ends(&tierup(home.path(), &["claim"]), 2, "hint: tierup claim");
    ends(&tierup(home.path(), &["clam", "4"]), 2, "hint: did you mean claim?");
    ends(&tierup(home.path(), &["queue", "--state", "lost"]), 2, "open, claimed, mine, all");
    ends(
        &tierup(home.path(), &["--server", "acme", "--token", "tup_x", "claim", "1"]),
        1,
        "hint: it looks like http",
    );
}

#[test]
fn a_server_that_is_not_there_is_offline() {
    let home = tempfile::tempdir().unwrap();
    let begun = std::time::Instant::now();
    for verb in [
        &["claim", "1"][..],
        &["queue"],
        &["whoami"],
        &["watch"],
        &["say", "1", "x"],
        &["say", "1", "x", "--wait"],
    ] {
        let arguments = [&["--server", "http://127.0.0.1:1", "--token", "tup_x"], verb].concat();
        ends(&tierup(home.path(), &arguments), 7, "cannot be reached");
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "it is said at once");
}

#[test]
fn settings_that_make_no_sense_are_said_with_their_place_and_what_would() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.toml");
    let path = file.to_str().unwrap();
    for (text, says) in [
        (
            "theme = \"dark\"\nthme = \"light\"",
            "config.toml, line 2: unknown field `thme`, expected one of `theme`",
        ),
        ("theme = \"drak\"", "hint: there are dark, light, high-contrast, mono"),
        ("[keys]\n\"list.pickup\" = \"P\"", "hint: did you mean \"list.pick-up\"?"),
        ("[keys]\n\"list.pick-up\" = \"j\"", "config.toml: keys: j would be both list.pick-up and list.down"),
    ] {
        std::fs::write(&file, text).unwrap();
        ends(&tierup(home.path(), &["demo", "--config", path]), 1, says);
    }
    ends(&tierup(home.path(), &["demo", "--config", "/does/not/exist"]), 1, "cannot be read");
    ends(&tierup(home.path(), &["demo", "--theme", "drak"]), 1, "there is no theme \"drak\"");
}

#[test]
fn the_console_needs_a_terminal() {
    let home = tempfile::tempdir().unwrap();
    let arguments = ["--server", "http://127.0.0.1:1", "--token", "tup_x"];
    ends(&tierup(home.path(), &arguments), 1, "the console needs a terminal");
}

#[test]
fn completions_and_the_manual_are_made_from_the_commands_themselves() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = tierup(home.path(), &["completions", shell]);
        assert!(String::from_utf8_lossy(&script.stdout).contains("send-back"), "{shell}");
    }
    let page = tierup(home.path(), &["man"]);
    assert!(String::from_utf8_lossy(&page.stdout).starts_with(".ie"), "roff");
    let folder = home.path().join("man");
    assert!(tierup(home.path(), &["man", folder.to_str().unwrap()]).status.success());
    assert!(folder.join("tierup-claim.1").exists());
}

#[test]
fn a_reader_that_has_heard_enough_ends_it_without_a_word() {
    let home = tempfile::tempdir().unwrap();
    let mut child = command(home.path(), &["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
}

#[test]
fn the_demo_tells_its_story_without_a_terminal_and_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup"));
    let output = command
        .args(["demo", "--script"])
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}{}", String::from_utf8_lossy(&output.stderr));
    for line in [
        "escalates #1, urgent",
        "sees it arrive",
        "bytes of it came as a stream",
        "claims #1",
        "a moment late: Already claimed by Ana Ruiz",
    ] {
        assert!(told.contains(line), "{line:?} is missing in\n{told}");
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0);
}
