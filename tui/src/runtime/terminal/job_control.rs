//! Job control: which process group has the terminal, and stopping for the shell.

use std::io;

/// Whether a shell with job control could continue a stopped console: our parent is in our session, but not in our
/// process group. Without one, a stopped console stays stopped.
#[cfg(unix)]
pub(super) fn has_job_control_shell() -> bool {
    use nix::unistd::{getpgid, getpgrp, getppid, getsid};
    let parent = Some(getppid());
    // The session is 0 where it began outside of our container.
    let same_session = matches!(
        (getsid(parent), getsid(None)),
        (Ok(theirs), Ok(ours)) if theirs == ours && ours.as_raw() != 0
    );
    same_session && getpgid(parent).is_ok_and(|group| group != getpgrp())
}

/// Whether the shell has given us the terminal. A background process must leave it alone.
#[cfg(unix)]
pub(super) fn is_foreground() -> bool {
    use nix::unistd::{getpgrp, tcgetpgrp};
    !has_job_control_shell() || tcgetpgrp(io::stdin()).map_or(true, |group| group == getpgrp())
}

/// Changes the terminal from the background. Unless SIGTTOU is blocked, the kernel stops a process for that.
#[cfg(unix)]
pub(in crate::runtime) fn with_ttou_blocked<T>(change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    use nix::sys::signal::{SigSet, SigmaskHow, Signal};
    let mut ttou = SigSet::empty();
    ttou.add(Signal::SIGTTOU);
    let before = ttou.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let done = change();
    before.thread_set_mask()?;
    done
}

/// Stops this process and everything the shell started with it; returns when the shell continues them.
#[cfg(unix)]
pub(super) fn stop_process_group() -> io::Result<()> {
    use nix::sys::signal::{Signal, killpg};
    // Not SIGTSTP: we handle that one, and would ask again.
    Ok(killpg(nix::unistd::getpgrp(), Signal::SIGSTOP)?)
}

#[cfg(not(unix))]
pub(super) const fn is_foreground() -> bool {
    true
}

#[cfg(not(unix))]
pub(in crate::runtime) fn with_ttou_blocked<T>(change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    change()
}

#[cfg(not(unix))]
pub(super) const fn has_job_control_shell() -> bool {
    false
}

#[cfg(not(unix))]
pub(super) const fn stop_process_group() -> io::Result<()> {
    Ok(())
}
