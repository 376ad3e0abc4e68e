//! Doing what the console wants done: each effect becomes a task, or a line for the thread that writes files, whose
//! only output is another event.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc as line;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tierup_common::id::{HandoffId, Seq, SessionId};
use tokio::task::{JoinHandle, JoinSet};

use crate::effect::{Effect, Watch};
use crate::event::{Answer, Event, Reply};
use crate::runtime::activity::{CatchingUp, Heard, News, UnderWay};
use crate::runtime::api::Api;
use crate::runtime::files::{Files, Found, LONGEST_DRAFT, Owner};
use crate::runtime::vault::Vault;
use crate::runtime::{Entrance, entrance, stream};
use crate::text::safe;

/// How long files are waited for when the console is being left.
const LAST_WORDS: Duration = Duration::from_millis(700);

/// Does effects.
pub(super) struct Performer {
    /// The way to the server, once somebody has logged in.
    api: Option<Api>,
    /// The way to the server of a log-in that has just worked.
    next: Arc<Mutex<Option<Api>>>,
    vault: Vault,
    answer_time: Duration,
    news: News,
    tasks: JoinSet<()>,
    watched: Vec<(Watch, JoinHandle<()>)>,
    keeper: Option<Keeper>,
}

/// The thread that reads and writes files, so that nothing else waits for a disk.
struct Keeper {
    line: line::Sender<(Keep, UnderWay)>,
    thread: std::thread::JoinHandle<()>,
}

enum Keep {
    /// From now on it is known whose files they are: what comes earlier waits for this.
    Owner(Owner),
    Seen(HandoffId),
    Unread(HandoffId),
    Draft(SessionId, String),
}

impl Performer {
    pub(super) fn new(entrance: Entrance, files: Files, news: News) -> Self {
        let (line, work) = line::channel();
        let heard = news.clone();
        let thread =
            std::thread::Builder::new().name("files".into()).spawn(move || keep(&files, &work, &heard));
        // Without the thread nothing is remembered, which is a pity but stops nobody from working.
        let keeper = thread.ok().map(|thread| Keeper { line, thread });
        let Entrance { api, vault, answer_time, .. } = entrance;
        Self {
            api,
            next: Arc::default(),
            vault,
            answer_time,
            news,
            tasks: JoinSet::new(),
            watched: Vec::new(),
            keeper,
        }
    }

    pub(super) fn perform(&mut self, effect: Effect) {
        // Tasks that ended are let go of as others begin.
        while self.tasks.try_join_next().is_some() {}
        match effect {
            Effect::Call(ticket, call) => {
                let Some(api) = self.api.clone() else { return };
                let (news, under_way) = (self.news.clone(), self.news.begin());
                self.tasks.spawn(async move {
                    let result = api.ask(ticket, &call).await;
                    if let Err(failure) = &result {
                        tracing::warn!(why = safe::line(&failure.to_string()), "an answer was no");
                    }
                    news.send(Event::Reply(Box::new(Reply { ticket, call, result })));
                    drop(under_way);
                });
            }
            Effect::Follow => {
                let Some(api) = self.api.clone() else { return };
                self.tasks.spawn(follow(api, self.news.clone(), CatchingUp::new(&self.news, false)));
            }
            Effect::LogIn(ticket, credentials) => {
                let (vault, next, news) = (self.vault.clone(), Arc::clone(&self.next), self.news.clone());
                let (answer_time, under_way) = (self.answer_time, self.news.begin());
                self.tasks.spawn(async move {
                    let result =
                        entrance::log_in(&vault, &credentials, answer_time).await.map(|(api, welcome)| {
                            *next.lock().unwrap_or_else(PoisonError::into_inner) = Some(api);
                            welcome
                        });
                    news.send(Event::LoggedIn(ticket, result));
                    drop(under_way);
                });
            }
            Effect::Watch(wanted, after) => self.watch(&wanted, after),
            Effect::MarkSeen(id) => self.keep(Keep::Seen(id)),
            Effect::MarkUnread(id) => self.keep(Keep::Unread(id)),
            Effect::SaveDraft(session, text) => self.keep(Keep::Draft(session, text)),
            Effect::Copy(_)
            | Effect::Edit(..)
            | Effect::Title(_)
            | Effect::Alert(_)
            | Effect::Mouse(_)
            | Effect::Suspend
            | Effect::Retake
            | Effect::Quit => {}
        }
    }

    /// Says something about this machine to the user.
    pub(super) fn notice(&self, text: &str) {
        self.news.send(Event::Notice(text.into()));
    }

    /// Hears who the user is: whose files to read and write.
    pub(super) fn overhear(&mut self, event: &Event) {
        if let Event::LoggedIn(_, Ok(_)) = event {
            let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.api = match (next, self.api.take()) {
                (Some(next), Some(before)) => Some(next.after(&before)),
                (next, before) => next.or(before),
            };
            // What was asked as somebody who could not come in is not answered any more.
            self.tasks.abort_all();
            self.watched.drain(..).for_each(|(_, task)| task.abort());
        }
        if let Event::Reply(reply) = event
            && let Ok(Answer::Me(me)) = &reply.result
            && let Some(api) = &self.api
        {
            self.keep(Keep::Owner(Owner::new(api.server(), me.user.id)));
        }
    }

    /// Lets go of everything; what was to be kept is kept when this returns.
    pub(super) async fn close(&mut self) {
        self.tasks.shutdown().await;
        for (_, task) in self.watched.drain(..) {
            task.abort();
        }
        if let Some(Keeper { line, thread }) = self.keeper.take() {
            drop(line);
            // The thread ends when its line does; one that panicked has nothing left to write, and a disk that does
            // not answer keeps nobody here.
            let joined = tokio::task::spawn_blocking(move || thread.join());
            let _ = tokio::time::timeout(LAST_WORDS, joined).await;
        }
    }

    fn watch(&mut self, wanted: &[Watch], after: Option<Seq>) {
        self.watched.retain(|(watch, task)| {
            let stays = wanted.contains(watch);
            if !stays {
                task.abort();
            }
            stays
        });
        for watch in wanted {
            if self.watched.iter().all(|(known, _)| known != watch) {
                let Some(api) = self.api.clone() else { return };
                let task = tokio::spawn(listen(api, *watch, after, self.news.clone()));
                self.watched.push((*watch, task));
            }
        }
    }

    fn keep(&self, what: Keep) {
        if let Some(keeper) = &self.keeper {
            // A line that is gone has said so already.
            let _ = keeper.line.send((what, self.news.begin()));
        }
    }
}

impl Drop for Performer {
    fn drop(&mut self) {
        for (_, task) in &self.watched {
            task.abort();
        }
        // Left without a word, as by a panic: what was to be kept is still on its way.
        if let Some(Keeper { line, thread }) = self.keeper.take() {
            drop(line);
            let (tell, told) = line::channel();
            std::thread::spawn(move || {
                let _ = thread.join();
                let _ = tell.send(());
            });
            let _ = told.recv_timeout(LAST_WORDS);
        }
    }
}

/// Holds the team's stream, and tells what it carries.
async fn follow(api: Api, news: News, catching_up: CatchingUp) {
    stream::hold(
        &api,
        None,
        None,
        |frame, _| {
            let heard = Heard::from(&frame);
            let goes_on = news.send(Event::Live(frame));
            catching_up.hears(heard);
            goes_on
        },
        |change| {
            let heard = Heard::from(&change);
            let goes_on = news.send(Event::Connection(change));
            catching_up.hears(heard);
            goes_on
        },
    )
    .await;
}

/// Holds a narrowed stream, and tells what it carries; how its connection is, the team's stream tells.
fn listen(api: Api, watch: Watch, after: Option<Seq>, news: News) -> impl Future<Output = ()> + Send {
    let after = stream::begins(watch, after);
    let catching_up = CatchingUp::new(&news, after.is_some());
    async move {
        let take = |frame, _: &str| {
            let heard = Heard::from(&frame);
            let goes_on = news.send(Event::Watched(frame));
            catching_up.hears(heard);
            goes_on
        };
        let tell = |change| {
            catching_up.hears(Heard::from(&change));
            true
        };
        stream::hold(&api, Some(watch), after, take, tell).await;
    }
}

/// Reads and writes files, one thing after the other. Drafts that wait together are written together.
fn keep(files: &Files, work: &line::Receiver<(Keep, UnderWay)>, news: &News) {
    let mut owner: Option<Owner> = None;
    let (mut seen, mut drafts): (Vec<Keep>, BTreeMap<SessionId, String>) = (Vec::new(), BTreeMap::new());
    let mut told = Told { news, is_failing: false, is_cut: false };
    while let Ok(first) = work.recv() {
        // Under way until all of it is written.
        let mut under_way = Vec::new();
        for (what, begun) in std::iter::once(first).chain(work.try_iter()) {
            under_way.push(begun);
            match what {
                Keep::Owner(is) => {
                    if owner.as_ref() != Some(&is) {
                        greet(files, &is, &mut told);
                        owner = Some(is);
                    }
                }
                Keep::Draft(session, text) => {
                    drafts.insert(session, text);
                }
                Keep::Seen(_) | Keep::Unread(_) => seen.push(what),
            }
        }
        let Some(owner) = &owner else { continue };
        if !seen.is_empty() {
            let changed = files.change_seen(owner, |kept| {
                for what in seen.drain(..) {
                    match what {
                        Keep::Seen(id) => kept.add(id),
                        Keep::Unread(id) => kept.remove(id),
                        Keep::Owner(_) | Keep::Draft(..) => {}
                    }
                }
            });
            told.tell(changed, |ids| Some(Event::Seen(ids)));
        }
        if !drafts.is_empty() {
            told.tell(files.keep_drafts(owner, &drafts), |()| None);
            told.is_cut(drafts.values().any(|text| text.len() > LONGEST_DRAFT));
            drafts.clear();
        }
    }
}

/// Tells what is kept of a user.
fn greet(files: &Files, owner: &Owner, told: &mut Told<'_>) {
    told.tell(files.seen(owner), |ids| Some(Event::Seen(ids)));
    told.tell(files.drafts(owner), |drafts| Some(Event::Drafts(drafts.into_iter().collect())));
}

/// What the user was told of their files: what stays wrong with every letter is said once.
struct Told<'n> {
    news: &'n News,
    is_failing: bool,
    is_cut: bool,
}

impl Told<'_> {
    fn tell<T>(&mut self, found: io::Result<Found<T>>, event: impl FnOnce(T) -> Option<Event>) {
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

    fn is_cut(&mut self, is_cut: bool) {
        if is_cut && !self.is_cut {
            let most = LONGEST_DRAFT / 1024;
            let text = format!("What you type is very long: of a draft {most} KiB are kept on this machine");
            self.send(Event::Notice(text));
        }
        self.is_cut = is_cut;
    }

    fn send(&self, event: Event) {
        self.news.send(event);
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
        let (news, mut heard) = News::new(activity.clone());
        let session = SessionId::new(Timestamp::from_millis(1));
        let owner = Owner::new("http://acme.test", UserId::from_bytes([1; 16]));
        line.send((Keep::Owner(owner), activity.begin())).unwrap();
        let files = Files::in_folder(&path);
        let keeper = std::thread::spawn(move || keep(&files, &work, &news));
        for length in 1..5 {
            let draft = Keep::Draft(session, "x".repeat(length * LONGEST_DRAFT));
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
