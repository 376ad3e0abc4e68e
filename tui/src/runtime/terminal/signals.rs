//! Signals of the system and the shell: to end, to stop, to continue.

use std::time::Duration;

use futures_util::{Stream, StreamExt};

use crate::event::Event;
use crate::runtime::terminal::job_control::is_foreground;
use crate::runtime::terminal::screen::is_entered;

/// A console that has not ended by then is blocked, by a terminal that takes no output or a disk that hangs.
const SHUTDOWN_GRACE: Duration = Duration::from_millis(900);

/// Resolves on SIGTERM, SIGINT, SIGHUP or SIGQUIT. After that the process ends even if the caller is blocked.
#[cfg(unix)]
pub async fn wait_for_termination() {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::hangup(), SignalKind::quit()];
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    tokio::spawn(async move {
        let mut signals: Vec<_> = kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect();
        let any = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
        futures_util::future::select_all(any).await;
        // Without a receiver the console is already closing.
        let _ = sender.send(());
        tokio::time::sleep(SHUTDOWN_GRACE).await;
        if is_entered() {
            // At least the shell gets its line editing back.
            let _ = crossterm::terminal::disable_raw_mode();
            std::process::exit(1);
        }
    });
    if receiver.await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Never resolves: other systems have no such signals.
#[cfg(not(unix))]
pub async fn wait_for_termination() {
    std::future::pending::<()>().await;
}

/// Adds signals to the terminal's events: SIGTSTP asks to stop, SIGCONT follows a stop, SIGTTIN comes when the process
/// reads in the background, SIGWINCH after a resize.
#[cfg(unix)]
pub(super) fn with_signals(typed: impl Stream<Item = Event>) -> impl Stream<Item = Event> {
    use nix::sys::signal::Signal;
    use tokio::signal::unix::{SignalKind, signal};
    let signals = |number: Signal| {
        let received = signal(SignalKind::from_raw(number as i32)).ok();
        futures_util::stream::unfold(received, |received| async {
            let mut received = received?;
            received.recv().await?;
            Some(((), Some(received)))
        })
    };
    let suspend = signals(Signal::SIGTSTP).map(|()| Event::SuspendRequested);
    // Entering the terminal again stops the process until it is in the foreground, unless it is there already.
    let background_read = signals(Signal::SIGTTIN).filter(|()| std::future::ready(!is_foreground()));
    let continued =
        futures_util::stream::select(signals(Signal::SIGCONT), background_read).map(|()| Event::Continued);
    let resized = signals(Signal::SIGWINCH).filter_map(|()| {
        let size = crossterm::terminal::size().ok();
        std::future::ready(size.map(|(columns, rows)| Event::Resize(columns, rows)))
    });
    // The end of the terminal's events is the end of all.
    let typed = typed.map(Some).chain(futures_util::stream::iter([None]));
    let signalled =
        futures_util::stream::select(suspend, futures_util::stream::select(continued, resized)).map(Some);
    futures_util::stream::select(typed, signalled)
        .take_while(|event| std::future::ready(event.is_some()))
        .filter_map(std::future::ready)
}

/// The terminal's events: other systems have no such signals.
#[cfg(not(unix))]
pub(super) fn with_signals(typed: impl Stream<Item = Event>) -> impl Stream<Item = Event> {
    typed
}
