//! The server as a child process: start, stop, kill, with a timeout on every wait.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;

use rustix::process::Signal;
use serde_json::Value;

use crate::TIMEOUT;
use crate::clean_env::clean_env;

/// The server's binary, without the machine's settings.
pub fn tierup_server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup-server"));
    clean_env(&mut command);
    command
}

/// A running server. Dropping it kills the process: no destructor runs, no buffer is flushed.
pub struct ServerProcess {
    child: Option<Child>,
    /// Its URL.
    pub url: String,
}

/// Serves a folder on a free port by this command.
pub fn start_server(mut command: Command, data: &Path, args: &[&str], log: Stdio) -> ServerProcess {
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(args);
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut server = ServerProcess { child: Some(child), url: String::new() };
    let line = within_timeout("the address that the server listens on", move || {
        let mut line = String::new();
        stdout.read_line(&mut line).map(|_| line).unwrap()
    });
    let line: Value = serde_json::from_str(&line).unwrap();
    line["listening"].as_str().unwrap().clone_into(&mut server.url);
    server
}

impl ServerProcess {
    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Sends a stop signal and waits for the exit status.
    pub fn stop(mut self, signal: Signal) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, signal).unwrap();
        within_timeout("the end of a server that was told to stop", move || child.wait().unwrap())
    }

    /// Waits until it exits by itself.
    pub fn wait_for_exit(mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        within_timeout("the end of a server that cannot go on", move || child.wait().unwrap())
    }

    /// Its log, if that is a pipe. Works once.
    pub fn take_stderr(&mut self) -> ChildStderr {
        self.child.as_mut().unwrap().stderr.take().unwrap()
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Waits for a result that might never come.
pub fn within_timeout<T: Send + 'static>(what: &str, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(wait()));
    told.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("never {what}"))
}
