//! Other consoles with lists of the same length, in the same pseudo-terminal: tig and neomutt, if installed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::bench::Bench;
use crate::figures::Program::{self, Neomutt, Tig};
use crate::measure::console::{LIST_ROWS, measure_list};
use crate::seed;
use crate::terminal::PtyProgram;

/// A program, its arguments, and the text that it shows when it has loaded.
struct Peer<'p> {
    program: Program,
    name: &'p str,
    arguments: &'p [&'p str],
    ready_text: String,
    /// The key to the first row, if it does not start there.
    first_row_key: Option<&'p str>,
}

/// tig, with as many commits as there are handoffs.
pub fn measure_tig(bench: &mut Bench) -> anyhow::Result<()> {
    let Some(binary) = find_program("tig") else { return Ok(()) };
    let home = create_home(bench)?;
    let mut import = Command::new("sh");
    import.args([
        "-c",
        "git init --quiet --initial-branch=main && git fast-import --quiet && git checkout --quiet",
    ]);
    import.current_dir(&home).env("HOME", &home).stdin(Stdio::piped());
    let mut importing = import.spawn()?;
    importing.stdin.take().context("no input")?.write_all(git_history().as_bytes())?;
    ensure!(importing.wait()?.success(), "git fast-import failed");
    let settled = format!("commit 1 of {LIST_ROWS}");
    let peer = Peer { program: Tig, name: "tig", arguments: &[], ready_text: settled, first_row_key: None };
    measure_peer(bench, &peer, &binary, &home)
}

/// neomutt, with as many messages as there are handoffs.
pub fn measure_neomutt(bench: &mut Bench) -> anyhow::Result<()> {
    let Some(binary) = find_program("neomutt") else { return Ok(()) };
    let home = create_home(bench)?;
    std::fs::write(home.join("mbox"), mbox_text())?;
    // No prompts, and no cache.
    std::fs::write(home.join("rc"), "set folder=.\nset sort=date\nset header_cache=\n")?;
    let arguments = ["-n", "-F", "rc", "-R", "-f", "mbox"];
    let settled = format!("Msgs:{LIST_ROWS}");
    let peer = Peer {
        program: Neomutt,
        name: "neomutt",
        arguments: &arguments,
        ready_text: settled,
        first_row_key: Some("="),
    };
    measure_peer(bench, &peer, &binary, &home)
}

fn measure_peer(bench: &mut Bench, peer: &Peer<'_>, binary: &Path, home: &Path) -> anyhow::Result<()> {
    let mut terminal = PtyProgram::start(binary, peer.arguments, home, &[])?;
    let settled = terminal.wait_for_text(&peer.ready_text).with_context(|| peer.name.to_owned())?;
    bench.figures.record(peer.program, "first paint", terminal.first_paint_ms()?);
    bench.figures.record(peer.program, "settled", terminal.ms_since_start(settled));
    terminal.read_until_quiet(Duration::from_secs(1));
    if let Some(key) = peer.first_row_key {
        terminal.press(key)?;
        terminal.read_until_quiet(Duration::from_secs(1));
    }
    measure_list(bench, peer.program, &mut terminal).with_context(|| peer.name.to_owned())?;
    terminal.kill()
}

fn create_home(bench: &Bench) -> anyhow::Result<PathBuf> {
    let home = std::path::absolute(bench.new_folder())?;
    std::fs::create_dir_all(&home)?;
    Ok(home)
}

fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("skipping {name}: not installed");
    }
    found
}

fn git_history() -> String {
    let mut stream = String::new();
    for number in 0..LIST_ROWS {
        let (title, text) = (seed::title(number), number.to_string());
        let at = 1_700_000_000 + u64::from(number) * 60;
        // Writing to a String cannot fail.
        let _ = write!(
            stream,
            "commit refs/heads/main\ncommitter Sam Ortiz <sam@acme.test> {at} +0000\n\
             data {}\n{title}\nM 644 inline file\ndata {}\n{text}\n",
            title.len(),
            text.len()
        );
    }
    stream
}

fn mbox_text() -> String {
    let mut mailbox = String::new();
    for number in 0..LIST_ROWS {
        let title = seed::title(number);
        let (day, hour, minute) = (1 + number / 1_440, number / 60 % 24, number % 60);
        // Writing to a String cannot fail.
        let _ = write!(
            mailbox,
            "From sam@acme.test Wed Nov {day:2} {hour:02}:{minute:02}:00 2023\nFrom: Sam Ortiz <sam@acme.test>\n\
             To: priya@acme.test\nSubject: {title}\nDate: {day} Nov 2023 {hour:02}:{minute:02}:00 +0000\n\
             Message-ID: <{number}@acme.test>\n\n{}\n\n",
            seed::NOTES
        );
    }
    mailbox
}
