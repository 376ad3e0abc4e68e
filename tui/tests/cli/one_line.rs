//! What a single line tells, completes and leaves out.

use tierup_common::user::Role;

use crate::Fixture;
use crate::command::{run_tierup, stderr_text, tierup_command};

impl Fixture {
    /// What bash offers for the last of these words.
    fn completions(&self, who: &str, words: &[&str]) -> Vec<String> {
        let mut command = tierup_command(&self.home(who), &[&["--", "tierup"], words].concat());
        command.env("TIERUP_COMPLETE", "bash").env("_CLAP_IFS", "\n");
        let output = command.env("_CLAP_COMPLETE_INDEX", words.len().to_string()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr_text(&output));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}

/// Seen to fail: while `show` had only the word `resolved`.
#[tokio::test(flavor = "multi_thread")]
async fn show_says_by_whom_and_how_something_was_resolved() {
    let world = Fixture::new().await;
    world.add_user("sam", "Sam Ortiz", Role::Engineer);
    world.run_json("sam", &["new", "VPN error 809 since Monday"]);
    world.run_json("sam", &["escalate", "1", "Stuck."]);
    world.run_json("ana", &["claim", "1"]);
    assert!(!world.run_ok("sam", &["show", "s1"]).contains("resolved"));
    // The opener resolves what Ana works on.
    world.run_ok("sam", &["resolve", "1", "The certificate had expired."]);
    for subject in ["1", "s1"] {
        let shown = world.run_ok("ana", &["show", subject]);
        let head: String = shown.lines().take(2).collect::<Vec<_>>().join("\n");
        assert!(head.contains("resolved by Sam Ortiz, "), "{shown}");
        assert!(shown.contains("\nResolution\n  The certificate had expired.\n"), "{shown}");
    }
}

/// Seen to fail: while it said `released #1`.
#[tokio::test(flavor = "multi_thread")]
async fn a_release_of_what_nobody_has_claimed_says_so() {
    let world = Fixture::new().await;
    world.run_json("ana", &["new", "The printer jams"]);
    world.run_json("ana", &["escalate", "1", "Stuck."]);
    let said = world.run_ok("ana", &["release", "1", "Lunch"]);
    assert_eq!(said, "#1 is in the queue already: nobody had claimed it\n");
}

/// Seen to fail: without the candidates of `assign`.
#[tokio::test(flavor = "multi_thread")]
async fn a_shell_completes_words_of_lists_numbers_and_people() {
    let world = Fixture::new().await;
    world.add_user("dana", "Dana Wu", Role::Engineer);
    world.run_json("ana", &["new", "The printer jams"]);
    world.run_json("ana", &["escalate", "1", "Stuck."]);
    let states = world.completions("ana", &["queue", "--state", ""]);
    assert_eq!(states, ["open", "claimed", "mine", "all"]);
    assert_eq!(world.completions("ana", &["sessions", "--status", "es"]), ["escalated"]);
    assert_eq!(world.completions("ana", &["tried", "1", "x", "--status", "r"]), ["ruled-out"]);
    assert!(world.completions("ana", &["claim", ""]).contains(&"1".into()));
    assert!(!world.completions("ana", &["release", ""]).contains(&"1".into()), "it is not hers yet");
    assert_eq!(world.completions("ana", &["resolve", "s"]), ["s1"]);
    assert_eq!(world.completions("ana", &["assign", "1", "da"]), ["dana@acme.test"]);
    // Without a login nothing is offered, and nothing is said.
    assert_eq!(world.completions("nobody", &["assign", "1", "da"]), [""; 0]);
}

/// Seen to fail: with the options of every command in the help of each.
#[test]
fn the_help_of_a_command_is_about_that_command() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, rows) in
        [(&["show", "--help"], 20), (&["claim", "--help"], 20), (&["park", "--help"], 30)]
    {
        let help = run_tierup(home.path(), arguments);
        let text = String::from_utf8(help.stdout).unwrap();
        assert!(text.lines().count() <= rows && !text.contains("--keyring"), "{text}");
        assert!(text.contains("`tierup --help`"), "{text}");
    }
    let help = run_tierup(home.path(), &["--help"]);
    assert!(String::from_utf8(help.stdout).unwrap().contains("--keyring"));
    // They still work.
    let output = run_tierup(home.path(), &["claim", "1", "--keyring", "off", "--timeout", "1"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr_text(&output));
}
