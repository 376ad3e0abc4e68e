//! An editor of the user's own: it gets the terminal and a file with the text, and gives both back.
//!
//! It runs as a shell would run it, in a process group of its own that has the terminal: `Ctrl-C` and `Ctrl-Z` in it
//! are its business. When it stops, the console stops with it, and both go on together.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;

/// A text that comes back, in bytes, at most: a message may have less.
const LARGEST: u64 = 1024 * 1024;

/// The command of the user's editor: `$VISUAL`, else `$EDITOR`, else `vi`.
pub fn command(env: impl Fn(&str) -> Option<String>) -> String {
    let set = |name| env(name).filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// Lets the user edit a text with this command. Waits for the editor; what is wrong is said in one line.
pub fn edit(command: &str, text: &str) -> Result<String, String> {
    let mut file = tempfile::Builder::new()
        .prefix("tierup-")
        .suffix(".md")
        .tempfile()
        .map_err(|error| format!("There is nowhere to write the draft to: {error}"))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.map_err(|error| format!("The draft could not be written for the editor: {error}"))?;
    let ended = run(command, file.path())
        .map_err(|error| format!("{command} could not be started: {error}. $EDITOR names another"))?;
    if !ended {
        return Err("The editor said that it failed: the draft is as it was".into());
    }
    read(file.path())
}

/// What the file holds now: an editor may have put another in its place.
fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("What you wrote could not be read: {error}"))?;
    if bytes.len() as u64 > LARGEST {
        return Err("What you wrote is far too long for a message: the draft is as it was".into());
    }
    let text = String::from_utf8_lossy(&bytes);
    // Editors end a file with a line break that nobody typed.
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// Runs a command on a file and waits for its end; whether it says that it went well.
fn run(command: &str, file: &Path) -> io::Result<bool> {
    let words = shell_words::split(command).map_err(io::Error::other)?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::other("there is no command"));
    };
    let mut editor = Command::new(program);
    editor.args(arguments).arg(file);
    wait(&mut editor)
}

#[cfg(not(unix))]
fn wait(editor: &mut Command) -> io::Result<bool> {
    editor.status().map(|status| status.success())
}

#[cfg(unix)]
fn wait(editor: &mut Command) -> io::Result<bool> {
    use std::os::unix::process::CommandExt;

    use rustix::process::{
        Pid, Signal, WaitOptions, getpgrp, getpid, kill_process, kill_process_group, waitpid,
    };
    // Whoever hands the terminal on from behind is stopped for it, unless the signal is blocked.
    let mut stops = nix::sys::signal::SigSet::empty();
    stops.add(nix::sys::signal::Signal::SIGTTOU);
    stops.thread_block().map_err(io::Error::from)?;
    let child = editor.process_group(0).spawn()?;
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let id = id.ok_or_else(|| io::Error::other("the editor has no process id"))?;
    let has_terminal = rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    let give =
        |group: Pid| if has_terminal { rustix::termios::tcsetpgrp(io::stdin(), group) } else { Ok(()) };
    give(id)?;
    let ended = loop {
        // Whoever asked for the terminal before it was given stands still for it.
        let _ = kill_process_group(id, Signal::CONT);
        let Some((_, status)) = waitpid(Some(id), WaitOptions::UNTRACED)? else { continue };
        if !status.stopped() {
            break status.exit_status() == Some(0);
        }
        give(getpgrp())?;
        kill_process(getpid(), Signal::STOP)?;
        give(id)?;
    };
    give(getpgrp())?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_the_one_that_the_user_names() {
        let of = |pairs: &'static [(&str, &str)]| {
            command(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", "code --wait")]), "code --wait");
        assert_eq!(of(&[("EDITOR", "nano"), ("VISUAL", " ")]), "nano");
        assert_eq!(of(&[]), "vi");
    }

    #[cfg(unix)]
    #[test]
    fn what_was_written_comes_back_or_why_not() {
        assert_eq!(edit("sed -i s/half/whole/", "half a thought").as_deref(), Ok("whole a thought"));
        assert_eq!(edit("sh -c 'printf \"two\\nlines\\n\" > \"$0\"'", "").as_deref(), Ok("two\nlines"));
        assert!(edit("false", "x").unwrap_err().contains("the draft is as it was"));
        assert!(edit("no-such-editor", "x").unwrap_err().contains("could not be started"));
        assert!(edit("sh -c 'head -c 2000000 /dev/zero > \"$0\"'", "x").unwrap_err().contains("too long"));
        assert!(edit("'", "x").is_err());
    }
}
