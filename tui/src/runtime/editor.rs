//! An editor of the user's own: it gets the terminal and a file with the text, and gives both back.
//!
//! It runs as a shell would run it, in a process group of its own that has the terminal: `Ctrl-C` and `Ctrl-Z` in it
//! are its business. When it stops, the console stops with it, and both go on together. When the console is told to end,
//! the editor is told too.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

/// A text that comes back, in bytes, at most: a message may have less.
const MAX_TEXT_BYTES: u64 = 1024 * 1024;

/// The command of the user's editor: `$VISUAL`, else `$EDITOR`, else `vi`.
pub fn editor_command(env: impl Fn(&str) -> Option<String>) -> String {
    let set = |name| env(name).filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// How long an editor that was told to end is waited for, so that its file can be cleared away.
const TERMINATE_TIMEOUT: Duration = Duration::from_millis(200);

/// An editor that is open. Who lets go of it before it is done tells it to end.
pub(super) struct RunningEditor {
    group: Arc<EditorProcessGroup>,
    result: oneshot::Receiver<Result<String, String>>,
    exited: mpsc::Receiver<()>,
}

impl RunningEditor {
    /// Opens one on a text, on a thread of its own: one that does not end keeps nobody from ending.
    pub(super) fn new(command: String, text: String) -> io::Result<Self> {
        let process = Arc::<EditorProcessGroup>::default();
        let (tell_done, done) = oneshot::channel();
        let (tell_ended, ended) = mpsc::channel();
        let opened = Arc::clone(&process);
        std::thread::Builder::new().name("editor".into()).spawn(move || {
            // Nobody waits for either when the console has ended before the editor.
            let _ = tell_done.send(edit_with(&command, &text, &opened));
            let _ = tell_ended.send(());
        })?;
        Ok(Self { group: process, result: done, exited: ended })
    }

    /// Waits for the editor: what was written, or why there is nothing.
    pub(super) async fn wait(mut self) -> Result<String, String> {
        let done = (&mut self.result).await;
        done.unwrap_or_else(|_| Err("The editor is gone: the draft is as it was".into()))
    }
}

impl Drop for RunningEditor {
    fn drop(&mut self) {
        if self.group.terminate() {
            let _ = self.exited.recv_timeout(TERMINATE_TIMEOUT);
        }
    }
}

/// The process group of an editor while it runs; nothing before and after.
#[derive(Default)]
struct EditorProcessGroup(AtomicI32);

impl EditorProcessGroup {
    /// Tells it to end; whether there was one.
    fn terminate(&self) -> bool {
        let group = self.0.swap(0, Ordering::SeqCst);
        group != 0 && terminate_group(group)
    }
}

#[cfg(unix)]
fn terminate_group(group: i32) -> bool {
    use rustix::process::{Pid, Signal, kill_process_group};
    let Some(group) = Pid::from_raw(group) else { return false };
    // One that stands still hears it when it goes on.
    kill_process_group(group, Signal::TERM).is_ok() && kill_process_group(group, Signal::CONT).is_ok()
}

#[cfg(not(unix))]
fn terminate_group(_group: i32) -> bool {
    false
}

/// Lets the user edit a text with this command. Waits for the editor; what is wrong is said in one line.
pub fn edit(command: &str, text: &str) -> Result<String, String> {
    edit_with(command, text, &EditorProcessGroup::default())
}

fn edit_with(command: &str, text: &str, process: &EditorProcessGroup) -> Result<String, String> {
    let mut file = tempfile::Builder::new()
        .prefix("tierup-")
        .suffix(".md")
        .tempfile()
        .map_err(|error| format!("There is nowhere to write the draft to: {error}"))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.map_err(|error| format!("The draft could not be written for the editor: {error}"))?;
    let ended = run_editor(command, file.path(), process)
        .map_err(|error| format!("{command} could not be started: {error}. $EDITOR names another"))?;
    if !ended {
        return Err("The editor said that it failed: the draft is as it was".into());
    }
    read_back(file.path())
}

/// What the file holds now: an editor may have put another in its place.
fn read_back(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("What you wrote could not be read: {error}"))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err("What you wrote is far too long for a message: the draft is as it was".into());
    }
    let text = String::from_utf8_lossy(&bytes);
    // Editors end a file with a line break that nobody typed.
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// Runs a command on a file and waits for its end; whether it says that it went well.
fn run_editor(command: &str, file: &Path, process: &EditorProcessGroup) -> io::Result<bool> {
    let words = shell_words::split(command).map_err(io::Error::other)?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::other("there is no command"));
    };
    let mut editor = Command::new(program);
    editor.args(arguments).arg(file);
    wait(&mut editor, process)
}

#[cfg(not(unix))]
fn wait(editor: &mut Command, _: &EditorProcessGroup) -> io::Result<bool> {
    editor.status().map(|status| status.success())
}

#[cfg(unix)]
fn wait(editor: &mut Command, process: &EditorProcessGroup) -> io::Result<bool> {
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
    process.0.store(id.as_raw_nonzero().get(), Ordering::SeqCst);
    let has_terminal = rustix::termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    let give_terminal_to =
        |group: Pid| if has_terminal { rustix::termios::tcsetpgrp(io::stdin(), group) } else { Ok(()) };
    give_terminal_to(id)?;
    let ended = loop {
        // Whoever asked for the terminal before it was given stands still for it.
        let _ = kill_process_group(id, Signal::CONT);
        let Some((_, status)) = waitpid(Some(id), WaitOptions::UNTRACED)? else { continue };
        if !status.stopped() {
            break status.exit_status() == Some(0);
        }
        give_terminal_to(getpgrp())?;
        kill_process(getpid(), Signal::STOP)?;
        give_terminal_to(id)?;
    };
    process.0.store(0, Ordering::SeqCst);
    give_terminal_to(getpgrp())?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_the_one_that_the_user_names() {
        let of = |pairs: &'static [(&str, &str)]| {
            editor_command(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
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
