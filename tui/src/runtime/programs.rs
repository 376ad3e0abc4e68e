//! Commands of the user's own that run beside the console, without the terminal.

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::effect::ProgramCall;
use crate::event::Event;
use crate::runtime::activity::EventSender;

/// Commands that run at a time, at most.
const MAX_RUNNING: usize = 32;

/// The commands that are running.
#[derive(Default)]
pub(super) struct Programs {
    running: Arc<AtomicUsize>,
}

impl Programs {
    /// Starts a command on a thread that waits for its end. It outlives the console.
    pub(super) fn start(&self, call: ProgramCall, events: &EventSender) {
        let (events, guard, running) = (events.clone(), events.begin(), Arc::clone(&self.running));
        let name = call.name.clone();
        if running.fetch_add(1, Ordering::SeqCst) >= MAX_RUNNING {
            running.fetch_sub(1, Ordering::SeqCst);
            let reason = format!("not started: {MAX_RUNNING} commands are still running");
            events.send(Event::ProgramEnded(name, Err(reason)));
            return;
        }
        let failure_events = events.clone();
        let started = std::thread::Builder::new().name("command".into()).spawn(move || {
            let spawned = background_command(&call).spawn();
            // From here on nothing on the screen waits for it.
            drop(guard);
            let result = match spawned {
                Ok(mut child) => child.wait().map_err(|error| error.to_string()).and_then(success),
                Err(error) => Err(start_error(&call.program, &error)),
            };
            running.fetch_sub(1, Ordering::SeqCst);
            events.send(Event::ProgramEnded(call.name, result));
        });
        if let Err(error) = started {
            self.running.fetch_sub(1, Ordering::SeqCst);
            failure_events.send(Event::ProgramEnded(name, Err(error.to_string())));
        }
    }
}

/// Without input and output, and out of reach of the terminal's signals.
fn background_command(call: &ProgramCall) -> Command {
    let mut command = Command::new(&call.program);
    command.args(&call.arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command
}

/// Why a program did not start, for the user.
pub(super) fn start_error(program: &str, error: &io::Error) -> String {
    format!("cannot start {program}: {error}")
}

fn success(status: ExitStatus) -> Result<(), String> {
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}
