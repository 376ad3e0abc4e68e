//! Doing what the console wants done: each effect becomes a task, or a line for the thread that writes files, whose
//! only output is another event.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc as line;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tierup_common::id::{HandoffId, Seq, SessionId};
use tokio::task::{JoinHandle, JoinSet};

use crate::effect::{Effect, StreamFilter};
use crate::event::{Event, Reply, ReplyBody};
use crate::runtime::activity::{ActivityGuard, CatchUpTracker, EventSender, StreamProgress};
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;
use crate::runtime::data_dir::{DataDir, DataOwner, Loaded, MAX_DRAFT_BYTES};
use crate::runtime::{ServerAccess, login, stream};
use crate::text::safe;

/// How long files are waited for when the console is being left.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(700);

/// Does effects.
pub(super) struct EffectRunner {
    /// The way to the server, once somebody has logged in.
    api: Option<ApiClient>,
    /// The way to the server of a log-in that has just worked.
    pending_login: Arc<Mutex<Option<ApiClient>>>,
    credentials: CredentialStore,
    response_timeout: Duration,
    events: EventSender,
    tasks: JoinSet<()>,
    filtered_stream_tasks: Vec<(StreamFilter, JoinHandle<()>)>,
    file_writer: Option<FileWriter>,
}

/// The thread that reads and writes files, so that nothing else waits for a disk.
struct FileWriter {
    sender: line::Sender<(FileJob, ActivityGuard)>,
    thread: std::thread::JoinHandle<()>,
}

enum FileJob {
    /// From now on it is known whose files they are: what comes earlier waits for this.
    SetOwner(DataOwner),
    MarkSeen(HandoffId),
    MarkUnread(HandoffId),
    SaveDraft(SessionId, String),
}

impl EffectRunner {
    pub(super) fn new(server_access: ServerAccess, data_dir: DataDir, events: EventSender) -> Self {
        let (sender, receiver) = line::channel();
        let heard = events.clone();
        let thread = std::thread::Builder::new()
            .name("files".into())
            .spawn(move || run_file_writer(&data_dir, &receiver, &heard));
        // Without the thread nothing is remembered, which is a pity but stops nobody from working.
        let file_writer = thread.ok().map(|thread| FileWriter { sender, thread });
        let ServerAccess { api, credentials: vault, response_timeout: answer_time, .. } = server_access;
        Self {
            api,
            pending_login: Arc::default(),
            credentials: vault,
            response_timeout: answer_time,
            events,
            tasks: JoinSet::new(),
            filtered_stream_tasks: Vec::new(),
            file_writer,
        }
    }

    pub(super) fn run(&mut self, effect: Effect) {
        // Tasks that ended are let go of as others begin.
        while self.tasks.try_join_next().is_some() {}
        match effect {
            Effect::Call(ticket, call) => {
                let Some(api) = self.api.clone() else { return };
                let (news, under_way) = (self.events.clone(), self.events.begin());
                self.tasks.spawn(async move {
                    let result = api.call(ticket, &call).await;
                    if let Err(failure) = &result {
                        tracing::warn!(why = %safe::sanitize_line(&failure.to_string()), "an answer was no");
                    }
                    news.send(Event::Reply(Box::new(Reply { call_id: ticket, call, result })));
                    drop(under_way);
                });
            }
            Effect::OpenTeamStream => {
                let Some(api) = self.api.clone() else { return };
                self.tasks.spawn(follow_team_stream(
                    api,
                    self.events.clone(),
                    CatchUpTracker::new(&self.events, false),
                ));
            }
            Effect::LogIn(ticket, credentials) => {
                let (vault, next, news) =
                    (self.credentials.clone(), Arc::clone(&self.pending_login), self.events.clone());
                let (answer_time, under_way) = (self.response_timeout, self.events.begin());
                self.tasks.spawn(async move {
                    let result =
                        login::log_in(&vault, &credentials, answer_time).await.map(|(api, welcome)| {
                            *next.lock().unwrap_or_else(PoisonError::into_inner) = Some(api);
                            welcome
                        });
                    news.send(Event::LogInResult(ticket, result));
                    drop(under_way);
                });
            }
            Effect::SetStreamFilters(wanted, after) => self.sync_filtered_streams(&wanted, after),
            Effect::MarkSeen(id) => self.enqueue_file_job(FileJob::MarkSeen(id)),
            Effect::MarkUnread(id) => self.enqueue_file_job(FileJob::MarkUnread(id)),
            Effect::SaveDraft(session, text) => self.enqueue_file_job(FileJob::SaveDraft(session, text)),
            Effect::CopyToClipboard(_)
            | Effect::OpenEditor(..)
            | Effect::SetTitle(_)
            | Effect::Notify(_)
            | Effect::SetMouseCapture(_)
            | Effect::Suspend
            | Effect::ReenterTerminal
            | Effect::Quit => {}
        }
    }

    /// Says something about this machine to the user.
    pub(super) fn send_notice(&self, text: &str) {
        self.events.send(Event::Notice(text.into()));
    }

    /// Hears who the user is: whose files to read and write.
    pub(super) fn observe(&mut self, event: &Event) {
        if let Event::LogInResult(_, Ok(_)) = event {
            let next = self.pending_login.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.api = match (next, self.api.take()) {
                (Some(next), Some(before)) => Some(next.with_run_of(&before)),
                (next, before) => next.or(before),
            };
            // What was asked as somebody who could not come in is not answered any more.
            self.tasks.abort_all();
            self.filtered_stream_tasks.drain(..).for_each(|(_, task)| task.abort());
        }
        if let Event::Reply(reply) = event
            && let Ok(ReplyBody::Me(me)) = &reply.result
            && let Some(api) = &self.api
        {
            self.enqueue_file_job(FileJob::SetOwner(DataOwner::new(api.server_url(), me.user.id)));
        }
    }

    /// Lets go of everything; what was to be kept is kept when this returns.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
        for (_, task) in self.filtered_stream_tasks.drain(..) {
            task.abort();
        }
        if let Some(FileWriter { sender: line, thread }) = self.file_writer.take() {
            drop(line);
            // The thread ends when its line does; one that panicked has nothing left to write, and a disk that does
            // not answer keeps nobody here.
            let joined = tokio::task::spawn_blocking(move || thread.join());
            let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, joined).await;
        }
    }

    fn sync_filtered_streams(&mut self, wanted: &[StreamFilter], after: Option<Seq>) {
        self.filtered_stream_tasks.retain(|(watch, task)| {
            let stays = wanted.contains(watch);
            if !stays {
                task.abort();
            }
            stays
        });
        for watch in wanted {
            if self.filtered_stream_tasks.iter().all(|(known, _)| known != watch) {
                let Some(api) = self.api.clone() else { return };
                let task = tokio::spawn(follow_filtered_stream(api, *watch, after, self.events.clone()));
                self.filtered_stream_tasks.push((*watch, task));
            }
        }
    }

    fn enqueue_file_job(&self, what: FileJob) {
        if let Some(keeper) = &self.file_writer {
            // A line that is gone has said so already.
            let _ = keeper.sender.send((what, self.events.begin()));
        }
    }
}

impl Drop for EffectRunner {
    fn drop(&mut self) {
        for (_, task) in &self.filtered_stream_tasks {
            task.abort();
        }
        // Left without a word, as by a panic: what was to be kept is still on its way.
        if let Some(FileWriter { sender: line, thread }) = self.file_writer.take() {
            drop(line);
            let (tell, told) = line::channel();
            std::thread::spawn(move || {
                let _ = thread.join();
                let _ = tell.send(());
            });
            let _ = told.recv_timeout(SHUTDOWN_TIMEOUT);
        }
    }
}

/// Holds the team's stream, and tells what it carries.
async fn follow_team_stream(api: ApiClient, events: EventSender, tracker: CatchUpTracker) {
    stream::run_with_reconnect(
        &api,
        None,
        None,
        |frame, _| {
            let heard = StreamProgress::from(&frame);
            let goes_on = events.send(Event::TeamFrame(frame));
            tracker.observe(heard);
            goes_on
        },
        |change| {
            let heard = StreamProgress::from(&change);
            let goes_on = events.send(Event::Connection(change));
            tracker.observe(heard);
            goes_on
        },
    )
    .await;
}

/// Holds a narrowed stream, and tells what it carries; how its connection is, the team's stream tells.
fn follow_filtered_stream(
    api: ApiClient,
    watch: StreamFilter,
    after: Option<Seq>,
    events: EventSender,
) -> impl Future<Output = ()> + Send {
    let after = stream::resume_point(watch, after);
    let tracker = CatchUpTracker::new(&events, after.is_some());
    async move {
        let take = |frame, _: &str| {
            let heard = StreamProgress::from(&frame);
            let goes_on = events.send(Event::FilteredFrame(frame));
            tracker.observe(heard);
            goes_on
        };
        let tell = |change| {
            tracker.observe(StreamProgress::from(&change));
            true
        };
        stream::run_with_reconnect(&api, Some(watch), after, take, tell).await;
    }
}

/// Reads and writes files, one thing after the other. Drafts that wait together are written together.
fn run_file_writer(
    data_dir: &DataDir,
    jobs: &line::Receiver<(FileJob, ActivityGuard)>,
    events: &EventSender,
) {
    let mut owner: Option<DataOwner> = None;
    let (mut seen, mut drafts): (Vec<FileJob>, BTreeMap<SessionId, String>) = (Vec::new(), BTreeMap::new());
    let mut reporter = FileReporter { events, is_failing: false, has_truncated: false };
    while let Ok(first) = jobs.recv() {
        // Under way until all of it is written.
        let mut under_way = Vec::new();
        for (what, begun) in std::iter::once(first).chain(jobs.try_iter()) {
            under_way.push(begun);
            match what {
                FileJob::SetOwner(is) => {
                    if owner.as_ref() != Some(&is) {
                        load_owner_files(data_dir, &is, &mut reporter);
                        owner = Some(is);
                    }
                }
                FileJob::SaveDraft(session, text) => {
                    drafts.insert(session, text);
                }
                FileJob::MarkSeen(_) | FileJob::MarkUnread(_) => seen.push(what),
            }
        }
        let Some(owner) = &owner else { continue };
        if !seen.is_empty() {
            let changed = data_dir.update_seen(owner, |kept| {
                for what in seen.drain(..) {
                    match what {
                        FileJob::MarkSeen(id) => kept.insert(id),
                        FileJob::MarkUnread(id) => kept.remove(id),
                        FileJob::SetOwner(_) | FileJob::SaveDraft(..) => {}
                    }
                }
            });
            reporter.report(changed, |ids| Some(Event::SeenSetLoaded(ids)));
        }
        if !drafts.is_empty() {
            reporter.report(data_dir.save_drafts(owner, &drafts), |()| None);
            reporter.report_truncation(drafts.values().any(|text| text.len() > MAX_DRAFT_BYTES));
            drafts.clear();
        }
    }
}

/// Tells what is kept of a user.
fn load_owner_files(data_dir: &DataDir, owner: &DataOwner, reporter: &mut FileReporter<'_>) {
    reporter.report(data_dir.read_seen(owner), |ids| Some(Event::SeenSetLoaded(ids)));
    reporter.report(data_dir.read_drafts(owner), |drafts| {
        Some(Event::DraftsLoaded(drafts.into_iter().collect()))
    });
}

/// What the user was told of their files: what stays wrong with every letter is said once.
struct FileReporter<'n> {
    events: &'n EventSender,
    is_failing: bool,
    has_truncated: bool,
}

impl FileReporter<'_> {
    fn report<T>(&mut self, found: io::Result<Loaded<T>>, event: impl FnOnce(T) -> Option<Event>) {
        let was_failing = std::mem::replace(&mut self.is_failing, found.is_err());
        let (event, notice) = match found {
            Ok(found) => (event(found.value), found.notice),
            Err(_) if was_failing => (None, None),
            Err(error) => (None, Some(format!("This machine does not keep what you saw and typed: {error}"))),
        };
        for event in event.into_iter().chain(notice.map(Event::Notice)) {
            self.send(event);
        }
    }

    fn report_truncation(&mut self, is_cut: bool) {
        if is_cut && !self.has_truncated {
            let most = MAX_DRAFT_BYTES / 1024;
            let text = format!("What you type is very long: of a draft {most} KiB are kept on this machine");
            self.send(Event::Notice(text));
        }
        self.has_truncated = is_cut;
    }

    fn send(&self, event: Event) {
        self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use tierup_common::id::UserId;
    use tierup_common::time::Timestamp;

    use super::*;
    use crate::runtime::activity::Activity;

    #[test]
    fn what_stays_wrong_with_the_files_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        // A file where the folder should be: nothing can be kept there, whoever one is.
        let path = folder.path().join("data");
        std::fs::write(&path, "").unwrap();
        let (line, work) = line::channel();
        let activity = Activity::default();
        let (news, mut heard) = EventSender::new(activity.clone());
        let session = SessionId::new(Timestamp::from_millis(1));
        let owner = DataOwner::new("http://acme.test", UserId::from_bytes([1; 16]));
        line.send((FileJob::SetOwner(owner), activity.begin())).unwrap();
        let files = DataDir::from_path(&path);
        let keeper = std::thread::spawn(move || run_file_writer(&files, &work, &news));
        for length in 1..5 {
            let draft = FileJob::SaveDraft(session, "x".repeat(length * MAX_DRAFT_BYTES));
            line.send((draft, activity.begin())).unwrap();
        }
        drop(line);
        keeper.join().unwrap();
        let mut notices = Vec::new();
        while let Ok((event, _)) = heard.try_recv() {
            if let Event::Notice(text) = event {
                notices.push(text);
            }
        }
        let of = |words: &str| notices.iter().filter(|notice| notice.contains(words)).count();
        assert_eq!((of("does not keep"), of("very long")), (1, 1), "{notices:?}");
    }
}
