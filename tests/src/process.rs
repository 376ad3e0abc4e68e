//! Processes of this workspace: find their binaries, signal them, wait for their exit.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Pid, Signal};

/// The path of a binary of this workspace. `cargo test --workspace` builds it beside the tests.
pub fn binary_path(name: &str) -> PathBuf {
    let mut path = std::env::current_exe().expect("the path of this test");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    path.push(name);
    assert!(path.exists(), "{} is not built: run `cargo test --workspace`", path.display());
    path
}

/// Sends a signal to a process.
pub fn send_signal(pid: u32, signal: Signal) {
    rustix::process::kill_process(to_pid(pid), signal).expect("a process that can be told");
}

/// Waits until any process has ended. False on timeout.
#[cfg(target_os = "linux")]
pub fn wait_for_exit(pid: u32, timeout: Duration) -> bool {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::process::{PidfdFlags, pidfd_open};
    // An unknown process has ended. A zombie reports its end through the descriptor.
    let Ok(handle) = pidfd_open(to_pid(pid), PidfdFlags::empty()) else { return true };
    let within = Timespec::try_from(timeout).expect("a time");
    let ready = poll(&mut [PollFd::new(&handle, PollFlags::IN)], Some(&within));
    ready.expect("a process that can be waited for") == 1
}

fn to_pid(pid: u32) -> Pid {
    i32::try_from(pid).ok().and_then(Pid::from_raw).expect("a process")
}
