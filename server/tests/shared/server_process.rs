//! The binary of the server as a process: started, told to stop, killed, and never waited for without an end.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

#[path = "../../../tests/src/clean_env.rs"]
mod clean_env;

/// Whatever a process does, it does within this time.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The server's program, with nothing of the machine's settings.
pub fn tierup_server() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tierup-server"));
    clean_env::clean_env(&mut command);
    command
}

/// A server that runs. Dropped, it is killed outright: no destructor runs, no buffer is flushed.
pub struct ServerProcess {
    child: Option<Child>,
    /// Where it listens.
    pub url: String,
}

/// Serves a folder on a free port, and logs to there.
#[allow(dead_code, reason = "not every file of tests needs it")]
pub fn start_server(data: &Path, more: &[&str], log: Stdio) -> ServerProcess {
    start_server_with(tierup_server(), data, more, log)
}

/// The same, by this program.
pub fn start_server_with(mut command: Command, data: &Path, more: &[&str], log: Stdio) -> ServerProcess {
    command.args(["serve", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data).args(more);
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut serving = ServerProcess { child: Some(child), url: String::new() };
    let line = within_timeout("a server that says where it listens", move || {
        let mut line = String::new();
        said.read_line(&mut line).map(|_| line).unwrap()
    });
    let said: Value = serde_json::from_str(&line).unwrap();
    said["listening"].as_str().unwrap().clone_into(&mut serving.url);
    serving
}

impl ServerProcess {
    /// The process.
    #[allow(dead_code, reason = "not every test looks at the process itself")]
    pub fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// Sends a signal that tells it to stop, and waits for the end; how it ended.
    pub fn stop(mut self, signal: Signal) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let process = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(process, signal).unwrap();
        within_timeout("the end of a server that was told to stop", move || child.wait().unwrap())
    }

    /// Waits for an end that it comes to by itself; how it ended.
    #[allow(dead_code, reason = "not every file of tests has one that ends so")]
    pub fn wait_for_exit(mut self) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        within_timeout("the end of a server that cannot go on", move || child.wait().unwrap())
    }

    /// What it logs, where that goes to a pipe; once.
    #[allow(dead_code, reason = "not every file of tests reads it")]
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

/// What comes of something that might never come, if it comes soon.
pub fn within_timeout<T: Send + 'static>(what: &str, wait: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(wait()));
    told.recv_timeout(TIMEOUT).unwrap_or_else(|_| panic!("never {what}"))
}
