//! What the system and the shell tell the process: to end, to stop, to go on.

use std::io;
use std::time::Duration;

use futures_util::{Stream, StreamExt};

use crate::event::Event;
use crate::runtime::terminal::is_entered;

/// A console that was told to end and has not ended after so long is held by something: a terminal that takes no
/// output, a disk that does not answer.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(900);

/// Resolves when the process is told to end: SIGTERM, SIGINT, SIGHUP, SIGQUIT. Once told, it ends, even if what waits
/// for this is never asked again.
#[cfg(unix)]
pub async fn wait_for_termination() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
        let any = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(any).await;
        // Nobody listens any more when the console is being left.
        let _ = tell.send(());
        tokio::time::sleep(SHUTDOWN_GRACE).await;
        if is_entered() {
            // The line discipline at least is as it was; there is nothing more to be done from here.
            let _ = crossterm::terminal::disable_raw_mode();
            std::process::exit(1);
        }
    });
    if told.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Resolves when the process is told to end, which other systems say in other ways.
#[cfg(not(unix))]
pub async fn wait_for_termination() {
    std::future::pending::<()>().await;
}

/// What happens at the terminal, and beside it what the shell does: SIGTSTP asks to stop, SIGCONT says that the process
/// was stopped and goes on, and SIGTTIN that it reads while another has the terminal.
#[cfg(unix)]
pub(super) fn with_signals(typed: impl Stream<Item = Event>) -> impl Stream<Item = Event> {
    use rustix::process::Signal;
    use tokio::signal::unix::{SignalKind, signal};
    let hear = |number: Signal| {
        let heard = signal(SignalKind::from_raw(number.as_raw())).ok();
        futures_util::stream::unfold(heard, |heard| async {
            let mut heard = heard?;
            heard.recv().await?;
            Some(((), Some(heard)))
        })
    };
    let stop = hear(Signal::TSTP).map(|()| Event::SuspendRequested);
    // Taken over once more it stops until it is in front. One that is in front already has been brought there meanwhile.
    let reads_behind = hear(Signal::TTIN).filter(|()| std::future::ready(!is_foreground()));
    let go_on = futures_util::stream::select(hear(Signal::CONT), reads_behind).map(|()| Event::Continued);
    let resized = hear(Signal::WINCH).filter_map(|()| {
        let size = crossterm::terminal::size().ok();
        std::future::ready(size.map(|(columns, rows)| Event::Resize(columns, rows)))
    });
    // The end of what is typed is the end of all of it.
    let typed = typed.map(Some).chain(futures_util::stream::iter([None]));
    let told = futures_util::stream::select(stop, futures_util::stream::select(go_on, resized)).map(Some);
    futures_util::stream::select(typed, told)
        .take_while(|event| std::future::ready(event.is_some()))
        .filter_map(std::future::ready)
}

/// What happens at the terminal.
#[cfg(not(unix))]
pub(super) fn with_signals(typed: impl Stream<Item = Event>) -> impl Stream<Item = Event> {
    typed
}

/// Whether there is a shell with job control that could bring a stopped console back: our parent is in our session,
/// but not in our process group. Whoever stops without one stops for ever.
#[cfg(unix)]
pub(super) fn has_job_control_shell() -> bool {
    // Not with rustix, which takes it that no session is 0: one that began outside of a container is.
    use nix::unistd::{getpgid, getpgrp, getppid, getsid};
    let parent = Some(getppid());
    let same_session = matches!(
        (getsid(parent), getsid(None)),
        (Ok(theirs), Ok(ours)) if theirs == ours && ours.as_raw() != 0
    );
    same_session && getpgid(parent).is_ok_and(|group| group != getpgrp())
}

/// Whether the terminal is ours at this moment, as the shell has it: whoever is not in front must leave it alone.
#[cfg(unix)]
pub(super) fn is_foreground() -> bool {
    // Where nobody can say, nobody minds.
    !has_job_control_shell()
        || rustix::termios::tcgetpgrp(io::stdin()).map_or(true, |group| group == rustix::process::getpgrp())
}

/// Changes the terminal although another process may be in front of it. The kernel would stop this one for that, before
/// the terminal is given back.
#[cfg(unix)]
pub(super) fn with_ttou_blocked(does: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    use nix::sys::signal::{SigSet, Signal};
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    let before = stops.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK).map_err(io::Error::from)?;
    let done = does();
    before.thread_set_mask().map_err(io::Error::from)?;
    done
}

/// Stops the process and whatever the shell started with it; returns when the shell lets them go on.
#[cfg(unix)]
pub(super) fn stop_process_group() -> io::Result<()> {
    // Not SIGTSTP: that one is heard, and would ask again.
    Ok(rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?)
}

/// Whether the terminal is ours; on this system nobody takes it.
#[cfg(not(unix))]
pub(super) fn is_foreground() -> bool {
    true
}

/// Does something to the terminal.
#[cfg(not(unix))]
pub(super) fn with_ttou_blocked(does: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    does()
}

/// Whether there is a shell with job control; not on this system.
#[cfg(not(unix))]
pub(super) fn has_job_control_shell() -> bool {
    false
}

/// Stops the process; not on this system.
#[cfg(not(unix))]
pub(super) fn stop_process_group() -> io::Result<()> {
    Ok(())
}
