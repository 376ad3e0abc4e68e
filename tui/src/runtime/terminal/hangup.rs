//! Whether the terminal is still there: where SIGHUP is ignored (`nohup`), nothing else says that it went.

/// Resolves when the terminal is gone.
#[cfg(unix)]
pub async fn wait_for_hangup() {
    use std::os::fd::AsFd;

    use rustix::event::{PollFd, PollFlags, poll};
    use rustix::io::Errno;

    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let watch = move || {
        let stdin = std::io::stdin();
        let mut watched = [PollFd::from_borrowed_fd(stdin.as_fd(), PollFlags::empty())];
        // Asked for nothing, it still reports a hang-up, and that alone.
        while poll(&mut watched, None) == Err(Errno::INTR) {}
        drop(tell);
    };
    // It waits for ever where the terminal outlives the console, and ends with the process.
    if std::thread::Builder::new().name("hangup".into()).spawn(watch).is_err() {
        std::future::pending::<()>().await;
    }
    // Both an answer and none say that the watch is over.
    let _ = told.await;
}

/// Resolves when the terminal is gone, which other systems say in other ways.
#[cfg(not(unix))]
pub async fn wait_for_hangup() {
    std::future::pending::<()>().await;
}
