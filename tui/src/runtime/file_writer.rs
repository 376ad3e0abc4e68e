//! The thread that reads and writes the user's files, so that nothing else waits for a disk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use tierup_common::id::{HandoffId, Seq, SessionId};

use crate::effect::CallId;
use crate::event::Event;
use crate::runtime::activity::{ActivityGuard, EventSender};
use crate::runtime::data_dir::{DataDir, DataOwner, LoadResult, MAX_DRAFT_BYTES};
use crate::state::read_marks::{LogPosition, ReadMarks};

/// How long a closing console waits for its files.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(700);

/// The thread and its queue. Dropped, it finishes what is queued.
pub(super) struct FileWriter {
    /// `None` once it is shutting down, or if there is no thread.
    thread: Option<(mpsc::Sender<QueuedJob>, std::thread::JoinHandle<()>)>,
    events: EventSender,
}

/// A job, counted as under way until it is done.
type QueuedJob = (FileJob, ActivityGuard);

pub(super) enum FileJob {
    /// Whose files these are. Earlier jobs wait for this.
    SetOwner(DataOwner),
    MarkSeen(HandoffId),
    MarkUnread(HandoffId),
    MarkRead(SessionId, Seq),
    SetPosition(LogPosition),
    SaveDraft(SessionId, String),
    SaveDenseRows(bool),
    SaveRunbook {
        call_id: CallId,
        path: String,
        markdown: String,
    },
}

impl FileWriter {
    /// Starts the thread. Without one nothing is kept, but the console works.
    pub(super) fn start(data_dir: DataDir, events: EventSender) -> Self {
        let (sender, receiver) = mpsc::channel();
        let reports = events.clone();
        let thread = std::thread::Builder::new()
            .name("files".into())
            .spawn(move || run_file_writer(&data_dir, &receiver, &reports));
        Self { thread: thread.ok().map(|thread| (sender, thread)), events }
    }

    /// Queues a job.
    pub(super) fn enqueue(&self, job: FileJob) {
        if let Some((sender, _)) = &self.thread {
            // The thread has ended only if it panicked, which was reported.
            let _ = sender.send((job, self.events.begin()));
        }
    }

    /// Waits until everything queued is written, but not for a disk that hangs.
    pub(super) async fn shutdown(&mut self) {
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            // A thread that panicked has nothing left to write.
            let joined = tokio::task::spawn_blocking(move || thread.join());
            let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, joined).await;
        }
    }
}

impl Drop for FileWriter {
    fn drop(&mut self) {
        // Not shut down, as after a panic: wait here.
        if let Some((sender, thread)) = self.thread.take() {
            drop(sender);
            let (done_sender, done) = mpsc::channel();
            std::thread::spawn(move || {
                let _ = thread.join();
                let _ = done_sender.send(());
            });
            let _ = done.recv_timeout(SHUTDOWN_TIMEOUT);
        }
    }
}

/// Runs queued jobs. Those that are queued together are written together.
fn run_file_writer(data_dir: &DataDir, jobs: &mpsc::Receiver<QueuedJob>, events: &EventSender) {
    let mut owner: Option<DataOwner> = None;
    let (mut marks, mut drafts): (Vec<SeenMark>, BTreeMap<SessionId, String>) = (Vec::new(), BTreeMap::new());
    let mut read: Option<ReadMarks> = None;
    let mut dense_rows = None;
    let mut reporter = FileReporter { events, is_failing: false, has_truncated: false };
    while let Ok(first) = jobs.recv() {
        // Pending until everything is written.
        let mut guards = Vec::new();
        for (job, guard) in std::iter::once(first).chain(jobs.try_iter()) {
            guards.push(guard);
            match job {
                FileJob::SetOwner(new_owner) => {
                    if owner.as_ref() != Some(&new_owner) {
                        load_owner_files(data_dir, &new_owner, &mut reporter);
                        owner = Some(new_owner);
                    }
                }
                FileJob::SaveDraft(session, text) => _ = drafts.insert(session, text),
                FileJob::SaveDenseRows(is_dense) => dense_rows = Some(is_dense),
                FileJob::SaveRunbook { call_id, path, markdown } => {
                    events.send(Event::RunbookSaved(call_id, save_runbook(path, &markdown)));
                }
                FileJob::MarkSeen(id) => marks.push(SeenMark { id, is_seen: true }),
                FileJob::MarkUnread(id) => marks.push(SeenMark { id, is_seen: false }),
                FileJob::MarkRead(session, seq) => {
                    read.get_or_insert_default().mark_read(session, seq);
                }
                FileJob::SetPosition(position) => read.get_or_insert_default().position = Some(position),
            }
        }
        let Some(owner) = &owner else { continue };
        if !marks.is_empty() {
            let changed = data_dir.update_seen(owner, |seen| {
                for SeenMark { id, is_seen } in marks.drain(..) {
                    if is_seen { seen.insert(id) } else { seen.remove(id) }
                }
            });
            reporter.report(changed, |ids| Some(Event::SeenSetLoaded(ids)));
        }
        if let Some(read) = read.take() {
            let changed = data_dir.update_read_marks(owner, |marks| marks.merge(&read));
            reporter.report(changed, |marks| Some(Event::ReadMarksLoaded(marks)));
        }
        if let Some(is_dense) = dense_rows.take() {
            reporter.report(data_dir.save_dense_rows(owner, is_dense), |()| None);
        }
        if !drafts.is_empty() {
            reporter.report(data_dir.save_drafts(owner, &drafts), |()| None);
            reporter.report_truncation(drafts.values().any(|text| text.len() > MAX_DRAFT_BYTES));
            drafts.clear();
        }
    }
}

/// Writes a runbook into a new file; returns its path as it was typed.
fn save_runbook(path: String, markdown: &str) -> Result<String, String> {
    let home = directories::BaseDirs::new();
    let expanded = match (path.strip_prefix("~/"), &home) {
        (Some(rest), Some(home)) => home.home_dir().join(rest),
        (Some(_) | None, _) => PathBuf::from(&path),
    };
    let content = format!("{}\n", markdown.trim_end());
    let written = File::create_new(expanded).and_then(|mut file| file.write_all(content.as_bytes()));
    match written {
        Ok(()) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(format!("{path} exists: choose another name"))
        }
        Err(error) => Err(format!("Cannot write {path}: {error}")),
    }
}

struct SeenMark {
    id: HandoffId,
    is_seen: bool,
}

fn load_owner_files(data_dir: &DataDir, owner: &DataOwner, reporter: &mut FileReporter<'_>) {
    reporter.report(data_dir.read_seen(owner), |ids| Some(Event::SeenSetLoaded(ids)));
    reporter.report(data_dir.read_read_marks(owner), |marks| Some(Event::ReadMarksLoaded(marks)));
    reporter.report(data_dir.read_dense_rows(owner), |is_dense| Some(Event::DenseRowsLoaded(is_dense)));
    reporter.report(data_dir.read_drafts(owner), |drafts| {
        Some(Event::DraftsLoaded(drafts.into_iter().collect()))
    });
}

/// Reports results to the user. A failure that lasts is reported once.
struct FileReporter<'n> {
    events: &'n EventSender,
    is_failing: bool,
    has_truncated: bool,
}

impl FileReporter<'_> {
    fn report<T>(&mut self, result: io::Result<LoadResult<T>>, event: impl FnOnce(T) -> Option<Event>) {
        let was_failing = std::mem::replace(&mut self.is_failing, result.is_err());
        let (event, notice) = match result {
            Ok(loaded) => (event(loaded.value), loaded.notice),
            Err(_) if was_failing => (None, None),
            Err(error) => (None, Some(format!("Cannot save drafts and read marks on this machine: {error}"))),
        };
        for event in event.into_iter().chain(notice.map(Event::Notice)) {
            self.events.send(event);
        }
    }

    fn report_truncation(&mut self, is_truncated: bool) {
        if is_truncated && !self.has_truncated {
            let limit = MAX_DRAFT_BYTES / 1024;
            let text =
                format!("This draft is very long: only its first {limit} KiB are saved on this machine");
            self.events.send(Event::Notice(text));
        }
        self.has_truncated = is_truncated;
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::id::UserId;
    use tierup_common::time::Timestamp;

    use super::*;
    use crate::runtime::activity::Activity;

    #[test]
    fn a_lasting_failure_is_reported_once() {
        let folder = tempfile::tempdir().unwrap();
        // A file in place of the folder: nothing can be saved, even as root.
        let path = folder.path().join("data");
        std::fs::write(&path, "").unwrap();
        let (sender, jobs) = mpsc::channel();
        let activity = Activity::default();
        let (events, mut receiver) = EventSender::new(activity.clone());
        let session = SessionId::new(Timestamp::from_millis(1));
        let owner = DataOwner::new("http://acme.test", UserId::from_bytes([1; 16]));
        sender.send((FileJob::SetOwner(owner), activity.begin())).unwrap();
        let data_dir = DataDir::from_path(&path);
        let writer = std::thread::spawn(move || run_file_writer(&data_dir, &jobs, &events));
        for length in 1..5 {
            let draft = FileJob::SaveDraft(session, "x".repeat(length * MAX_DRAFT_BYTES));
            sender.send((draft, activity.begin())).unwrap();
        }
        drop(sender);
        writer.join().unwrap();
        let mut notices = Vec::new();
        while let Ok((event, _)) = receiver.try_recv() {
            if let Event::Notice(text) = event {
                notices.push(text);
            }
        }
        let of = |words: &str| notices.iter().filter(|notice| notice.contains(words)).count();
        assert_eq!((of("Cannot save"), of("very long")), (1, 1), "{notices:?}");
    }
}
