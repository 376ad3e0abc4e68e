//! The progress of long work, on a terminal. A pipe gets nothing.

use std::cell::RefCell;
use std::time::Duration;

use indicatif::{ProgressBar as Bar, ProgressStyle};
use tierup_server::log;
use tierup_server::progress::{IndexProgress, Progress};
use tokio::sync::watch;

/// Between the frames of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// Sessions that are indexed too quickly for a bar.
const MIN_INDEXED_SESSIONS: u64 = 200;

/// Shows how far the first index is, on a terminal, until it is complete. The log stays above it.
pub(crate) async fn show_index(mut progress: watch::Receiver<IndexProgress>) {
    let is_long = |known: &IndexProgress| known.total.saturating_sub(known.done) >= MIN_INDEXED_SESSIONS;
    let Ok(IndexProgress { total, .. }) = progress.wait_for(is_long).await.map(|known| *known) else {
        return;
    };
    let bar = Bar::new(total).with_style(style("indexing {wide_bar} {percent}%, {eta} left"));
    log::set_bar(Some(bar.clone()));
    loop {
        let IndexProgress { done, total } = *progress.borrow_and_update();
        bar.set_position(done);
        if done >= total || progress.changed().await.is_err() {
            break;
        }
    }
    bar.finish_and_clear();
    log::set_bar(None);
}

/// A line on standard error, which disappears when this is dropped.
#[derive(Default)]
pub(crate) struct ProgressBar {
    current: RefCell<Option<Shown>>,
}

struct Shown {
    is_copying: bool,
    bar: Bar,
}

impl ProgressBar {
    pub(crate) fn show(&self, progress: Progress) {
        let mut current = self.current.borrow_mut();
        let is_copying = matches!(progress, Progress::Copying { .. });
        if current.as_ref().is_none_or(|shown| shown.is_copying != is_copying) {
            if let Some(earlier) = current.take() {
                earlier.bar.finish_and_clear();
            }
            *current = Some(Shown { is_copying, bar: new_bar(progress) });
        }
        if let (Some(shown), Progress::Copying { done, total }) = (&*current, progress) {
            shown.bar.set_length(total);
            shown.bar.set_position(done);
        }
    }
}

impl Drop for ProgressBar {
    fn drop(&mut self) {
        if let Some(shown) = self.current.take() {
            shown.bar.finish_and_clear();
        }
    }
}

/// A bar that is drawn on standard error, if that is a terminal.
fn new_bar(progress: Progress) -> Bar {
    match progress {
        Progress::Copying { total, .. } => {
            Bar::new(total).with_style(style("copying {wide_bar} {percent}%, {eta} left"))
        }
        Progress::Checking => {
            let bar = Bar::new_spinner().with_style(style("{spinner} checking, {elapsed}"));
            bar.enable_steady_tick(TICK);
            bar
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
