//! Whether the terminal still exists: where SIGHUP is ignored (`nohup`), nothing else tells.

/// Resolves when the terminal is gone.
#[cfg(unix)]
pub async fn wait_for_hangup() {
    use std::os::fd::AsFd;

    use nix::errno::Errno;
    use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let watch = move || {
        let stdin = std::io::stdin();
        let mut watched = [PollFd::new(stdin.as_fd(), PollFlags::empty())];
        // With no flags set, poll reports a hang-up and nothing else.
        while poll(&mut watched, PollTimeout::NONE) == Err(Errno::EINTR) {}
        drop(sender);
    };
    // The thread waits for as long as the terminal exists, and ends with the process.
    if std::thread::Builder::new().name("hangup".into()).spawn(watch).is_err() {
        std::future::pending::<()>().await;
    }
    // The sender was dropped.
    let _ = receiver.await;
}

/// Never resolves: other systems end the process themselves.
#[cfg(not(unix))]
pub async fn wait_for_hangup() {
    std::future::pending::<()>().await;
}
