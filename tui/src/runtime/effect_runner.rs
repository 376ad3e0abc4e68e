//! Runs effects: each becomes a task or a file job, whose only output is another event.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tierup_common::id::Seq;
use tokio::task::{JoinHandle, JoinSet};

use crate::effect::{Call, CallId, Credentials, Effect, StreamFilter};
use crate::event::{Event, Reply, ReplyBody};
use crate::runtime::activity::{CatchUpTracker, EventSender, StreamProgress};
use crate::runtime::api::ApiClient;
use crate::runtime::credentials::CredentialStore;
use crate::runtime::data_dir::{DataDir, DataOwner};
use crate::runtime::file_writer::{FileJob, FileWriter};
use crate::runtime::programs::Programs;
use crate::runtime::server_access::ServerAccess;
use crate::runtime::{login, stream};
use crate::text::safe;

/// Runs effects.
pub(super) struct EffectRunner {
    /// The logged-in user's client.
    api: Option<ApiClient>,
    /// The client of a login that has just succeeded, until its event is observed.
    pending_login: Arc<Mutex<Option<ApiClient>>>,
    credentials: CredentialStore,
    response_timeout: Duration,
    events: EventSender,
    tasks: JoinSet<()>,
    filtered_stream_tasks: Vec<(StreamFilter, JoinHandle<()>)>,
    file_writer: FileWriter,
    programs: Programs,
}

impl EffectRunner {
    pub(super) fn new(server_access: ServerAccess, data_dir: DataDir, events: EventSender) -> Self {
        let ServerAccess { api, credentials, response_timeout, .. } = server_access;
        Self {
            api,
            pending_login: Arc::default(),
            credentials,
            response_timeout,
            file_writer: FileWriter::start(data_dir, events.clone()),
            events,
            programs: Programs::default(),
            tasks: JoinSet::new(),
            filtered_stream_tasks: Vec::new(),
        }
    }

    /// Runs an effect. Those of the terminal are the event loop's.
    pub(super) fn run(&mut self, effect: Effect) {
        // Forgets tasks that have ended.
        while self.tasks.try_join_next().is_some() {}
        match effect {
            Effect::Call(call_id, call) => self.spawn_call(call_id, call),
            Effect::OpenTeamStream => {
                let Some(api) = self.api.clone() else { return };
                let tracker = CatchUpTracker::new(self.events.clone(), false);
                self.tasks.spawn(follow_team_stream(api, tracker));
            }
            Effect::LogIn(call_id, credentials) => self.spawn_log_in(call_id, credentials),
            Effect::SetStreamFilters(filters, after) => self.sync_filtered_streams(&filters, after),
            Effect::MarkSeen(id) => self.file_writer.enqueue(FileJob::MarkSeen(id)),
            Effect::MarkUnread(id) => self.file_writer.enqueue(FileJob::MarkUnread(id)),
            Effect::SaveReadMark(session, seq) => self.file_writer.enqueue(FileJob::MarkRead(session, seq)),
            Effect::SaveLogPosition(position) => self.file_writer.enqueue(FileJob::SetPosition(position)),
            Effect::SaveDraft(session, text) => self.file_writer.enqueue(FileJob::SaveDraft(session, text)),
            Effect::SaveDenseRows(is_dense) => self.file_writer.enqueue(FileJob::SaveDenseRows(is_dense)),
            Effect::SaveRunbook { call_id, path, markdown } => {
                self.file_writer.enqueue(FileJob::SaveRunbook { call_id, path, markdown });
            }
            Effect::RunProgram(call) => self.programs.start(call, &self.events),
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

    fn spawn_call(&mut self, call_id: CallId, call: Call) {
        let Some(api) = self.api.clone() else { return };
        let (events, guard) = (self.events.clone(), self.events.begin());
        self.tasks.spawn(async move {
            let result = api.call(call_id, &call).await;
            if let Err(failure) = &result {
                tracing::warn!(reason = %safe::sanitize_line(&failure.to_string()), "a call failed");
            }
            events.send(Event::Reply(Box::new(Reply { call_id, call, result })));
            drop(guard);
        });
    }

    fn spawn_log_in(&mut self, call_id: CallId, credentials: Credentials) {
        let (store, pending) = (self.credentials.clone(), Arc::clone(&self.pending_login));
        let (events, guard) = (self.events.clone(), self.events.begin());
        let response_timeout = self.response_timeout;
        self.tasks.spawn(async move {
            let result = login::log_in(&store, &credentials, response_timeout).await.map(|(api, user)| {
                *pending.lock() = Some(api);
                user
            });
            events.send(Event::LogInResult(call_id, result));
            drop(guard);
        });
    }

    /// Shows a notice about this machine.
    pub(super) fn send_notice(&self, text: &str) {
        self.events.send(Event::Notice(text.into()));
    }

    /// Learns from an event who is logged in.
    pub(super) fn observe(&mut self, event: &Event) {
        if let Event::LogInResult(_, Ok(_)) = event {
            let next = self.pending_login.lock().take();
            self.api = match (next, self.api.take()) {
                (Some(next), Some(before)) => Some(next.with_run_of(&before)),
                (next, before) => next.or(before),
            };
            // Calls and streams of the login before have no use any more.
            self.tasks.abort_all();
            self.filtered_stream_tasks.drain(..).for_each(|(_, task)| task.abort());
        }
        if let Event::Reply(reply) = event
            && let Ok(ReplyBody::Me(me)) = &reply.result
            && let Some(api) = &self.api
        {
            self.file_writer.enqueue(FileJob::SetOwner(DataOwner::new(api.server_url(), me.user.id)));
        }
    }

    /// Ends all tasks, and waits until the files are written.
    pub(super) async fn shutdown(&mut self) {
        self.tasks.shutdown().await;
        for (_, task) in self.filtered_stream_tasks.drain(..) {
            task.abort();
        }
        self.file_writer.shutdown().await;
    }

    fn sync_filtered_streams(&mut self, filters: &[StreamFilter], after: Option<Seq>) {
        self.filtered_stream_tasks.retain(|(filter, task)| {
            let stays = filters.contains(filter);
            if !stays {
                task.abort();
            }
            stays
        });
        for filter in filters {
            if self.filtered_stream_tasks.iter().all(|(known, _)| known != filter) {
                let Some(api) = self.api.clone() else { return };
                let task = tokio::spawn(follow_filtered_stream(api, *filter, after, self.events.clone()));
                self.filtered_stream_tasks.push((*filter, task));
            }
        }
    }
}

impl Drop for EffectRunner {
    fn drop(&mut self) {
        for (_, task) in &self.filtered_stream_tasks {
            task.abort();
        }
    }
}

/// Sends what the team's stream carries to the event loop.
async fn follow_team_stream(api: ApiClient, tracker: CatchUpTracker) {
    let on_frame = |frame, _: &str| tracker.send(StreamProgress::from(&frame), Event::TeamStreamFrame(frame));
    let on_connection = |change| tracker.send(StreamProgress::from(&change), Event::Connection(change));
    stream::run_with_reconnect(&api, None, None, on_frame, on_connection).await;
}

/// Sends what a filtered stream carries to the event loop. Its connection is that of the team's stream, which reports it.
fn follow_filtered_stream(
    api: ApiClient,
    filter: StreamFilter,
    after: Option<Seq>,
    events: EventSender,
) -> impl Future<Output = ()> + Send {
    let after = stream::resume_point(filter, after);
    let tracker = CatchUpTracker::new(events, after.is_some());
    async move {
        let on_frame =
            |frame, _: &str| tracker.send(StreamProgress::from(&frame), Event::FilteredStreamFrame(frame));
        let on_connection = |change| {
            tracker.observe(StreamProgress::from(&change));
            true
        };
        stream::run_with_reconnect(&api, Some(filter), after, on_frame, on_connection).await;
    }
}
