//! The user's editor: it gets the terminal and a file with the text, and gives both back.
//!
//! It runs as a shell would run it, in the foreground and in a process group of its own, so that `Ctrl-C` and `Ctrl-Z`
//! reach the editor. When it stops, the console stops with it, and both continue together. When the console ends, it
//! ends the editor too.

use std::io::{self, Read, Write};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::runtime::programs;

/// The longest text that is read back, in bytes: more than a message may have.
const MAX_TEXT_BYTES: u64 = 1024 * 1024;

/// The command of the user's editor: `$VISUAL`, else `$EDITOR`, else `vi`.
pub fn editor_command(env: impl Fn(&str) -> Option<String>) -> String {
    let set = |name| env(name).filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).unwrap_or_else(|| "vi".into())
}

/// How long an editor may take to end, before its file is removed.
const TERMINATE_TIMEOUT: Duration = Duration::from_millis(200);

/// An open editor. Dropped, it is terminated.
pub(super) struct RunningEditor {
    group: Arc<EditorProcessGroup>,
    result: oneshot::Receiver<Result<String, String>>,
    exited: mpsc::Receiver<()>,
}

impl RunningEditor {
    /// Opens an editor on a text, on a thread of its own, so that a hanging editor does not block the console's end.
    pub(super) fn new(command: String, text: String) -> io::Result<Self> {
        Self::on_thread(move |group| edit_with(&command, &text, group))
    }

    /// Runs a program with these arguments in the same way. Its result is empty.
    pub(super) fn with_program(program: String, arguments: Vec<String>) -> io::Result<Self> {
        Self::on_thread(move |group| match wait(Command::new(&program).args(arguments), group) {
            Ok(true) => Ok(String::new()),
            Ok(false) => Err("failed".into()),
            Err(error) => Err(programs::start_error(&program, &error)),
        })
    }

    fn on_thread(
        work: impl FnOnce(&EditorProcessGroup) -> Result<String, String> + Send + 'static,
    ) -> io::Result<Self> {
        let group = Arc::<EditorProcessGroup>::default();
        let (result_sender, result) = oneshot::channel();
        let (exited_sender, exited) = mpsc::channel();
        let running = Arc::clone(&group);
        std::thread::Builder::new().name("editor".into()).spawn(move || {
            // The receivers are gone if the console has ended first.
            let _ = result_sender.send(work(&running));
            let _ = exited_sender.send(());
        })?;
        Ok(Self { group, result, exited })
    }

    /// Waits for the edited text, or for why there is none.
    pub(super) async fn wait(mut self) -> Result<String, String> {
        let result = (&mut self.result).await;
        result.unwrap_or_else(|_| Err("The editor failed; the draft is unchanged".into()))
    }
}

impl Drop for RunningEditor {
    fn drop(&mut self) {
        if self.group.terminate() {
            let _ = self.exited.recv_timeout(TERMINATE_TIMEOUT);
        }
    }
}

/// The process group of an editor; 0 while it does not run.
#[derive(Default)]
struct EditorProcessGroup(AtomicI32);

impl EditorProcessGroup {
    /// Asks it to end; `false` if it does not run.
    fn terminate(&self) -> bool {
        let group = self.0.swap(0, Ordering::SeqCst);
        group != 0 && terminate_group(group)
    }
}

#[cfg(unix)]
fn terminate_group(group: i32) -> bool {
    use nix::sys::signal::{Signal, killpg};
    let group = nix::unistd::Pid::from_raw(group);
    // A stopped editor gets the first signal when it continues.
    killpg(group, Signal::SIGTERM).is_ok() && killpg(group, Signal::SIGCONT).is_ok()
}

#[cfg(not(unix))]
fn terminate_group(_group: i32) -> bool {
    false
}

/// Edits a text with this command. An error is one line for the user.
pub fn edit(command: &str, text: &str) -> Result<String, String> {
    edit_with(command, text, &EditorProcessGroup::default())
}

fn edit_with(command: &str, text: &str, process: &EditorProcessGroup) -> Result<String, String> {
    let mut file = tempfile::Builder::new()
        .prefix("tierup-")
        .suffix(".md")
        .tempfile()
        .map_err(|error| format!("Cannot create a file for the draft: {error}"))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.flush());
    written.map_err(|error| format!("Cannot write the draft for the editor: {error}"))?;
    let succeeded = run_editor(command, file.path(), process)
        .map_err(|error| format!("Cannot start {command}: {error}. Set $EDITOR to another editor"))?;
    if !succeeded {
        return Err("The editor failed; the draft is unchanged".into());
    }
    read_edited_text(file.path())
}

/// Reads the file by its name: an editor may have replaced it.
fn read_edited_text(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let read =
        std::fs::File::open(path).and_then(|file| file.take(MAX_TEXT_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("Cannot read the edited text: {error}"))?;
    if bytes.len() as u64 > MAX_TEXT_BYTES {
        return Err("The text is too long for a message; the draft is unchanged".into());
    }
    let text = String::from_utf8_lossy(&bytes);
    // Editors add a line break at the end.
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

/// Runs a command on a file until it ends; returns whether it succeeded.
fn run_editor(command: &str, file: &Path, process: &EditorProcessGroup) -> io::Result<bool> {
    let words = shell_words::split(command).map_err(io::Error::other)?;
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::other("the command is empty"));
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

    use nix::errno::Errno;
    use nix::sys::signal::{Signal, kill, killpg};
    use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
    use nix::unistd::{Pid, getpgrp, getpid, tcgetpgrp, tcsetpgrp};

    use crate::runtime::terminal::with_ttou_blocked;

    let child = editor.process_group(0).spawn()?;
    let id = i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)?;
    process.0.store(id.as_raw(), Ordering::SeqCst);
    let has_terminal = tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    let give_terminal_to = |group: Pid| {
        if has_terminal { with_ttou_blocked(|| Ok(tcsetpgrp(io::stdin(), group)?)) } else { Ok(()) }
    };
    give_terminal_to(id)?;
    let succeeded = loop {
        // An editor that asked for the terminal before it had it was stopped.
        let _ = killpg(id, Signal::SIGCONT);
        match waitpid(id, Some(WaitPidFlag::WUNTRACED)) {
            Ok(WaitStatus::Stopped(..)) => {
                give_terminal_to(getpgrp())?;
                kill(getpid(), Signal::SIGSTOP)?;
                give_terminal_to(id)?;
            }
            Ok(WaitStatus::Exited(_, status)) => break status == 0,
            Ok(WaitStatus::Signaled(..)) => break false,
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
    };
    process.0.store(0, Ordering::SeqCst);
    give_terminal_to(getpgrp())?;
    Ok(succeeded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_editor_is_visual_then_editor_then_vi() {
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
    fn the_edited_text_comes_back_or_an_error() {
        assert_eq!(edit("sed -i s/half/whole/", "half a thought").as_deref(), Ok("whole a thought"));
        assert_eq!(edit("sh -c 'printf \"two\\nlines\\n\" > \"$0\"'", "").as_deref(), Ok("two\nlines"));
        assert!(edit("false", "x").unwrap_err().contains("the draft is unchanged"));
        assert!(edit("no-such-editor", "x").unwrap_err().contains("Cannot start"));
        assert!(edit("sh -c 'head -c 2000000 /dev/zero > \"$0\"'", "x").unwrap_err().contains("too long"));
        assert!(edit("'", "x").is_err());
    }
}
