//! Doing what the console wants done: each effect becomes a task, or a line for the thread that writes files, whose
//! only output is another event.

use std::collections::BTreeMap;
use std::io;
use std::sync::mpsc as line;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tierup_common::id::{HandoffId, SessionId};
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::{JoinHandle, JoinSet};

use crate::effect::{Effect, Watch};
use crate::event::{Answer, Event, Reply};
use crate::runtime::api::Api;
use crate::runtime::files::{Files, Found, Owner};
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
    news: UnboundedSender<Event>,
    tasks: JoinSet<()>,
    watched: Vec<(Watch, JoinHandle<()>)>,
    keeper: Option<Keeper>,
}

/// The thread that reads and writes files, so that nothing else waits for a disk.
struct Keeper {
    line: line::Sender<Keep>,
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
    pub(super) fn new(entrance: Entrance, files: Files, news: UnboundedSender<Event>) -> Self {
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
                let news = self.news.clone();
                self.tasks.spawn(async move {
                    let result = api.ask(ticket, &call).await;
                    if let Err(failure) = &result {
                        tracing::warn!(why = safe::line(&failure.to_string()), "an answer was no");
                    }
                    // Nobody listens any more when the console is being left.
                    let _ = news.send(Event::Reply(Box::new(Reply { ticket, call, result })));
                });
            }
            Effect::Follow => {
                let Some(api) = self.api.clone() else { return };
                self.tasks.spawn(stream::follow(api, self.news.clone()));
            }
            Effect::LogIn(ticket, credentials) => {
                let (vault, next, news) = (self.vault.clone(), Arc::clone(&self.next), self.news.clone());
                let answer_time = self.answer_time;
                self.tasks.spawn(async move {
                    let result =
                        entrance::log_in(&vault, &credentials, answer_time).await.map(|(api, welcome)| {
                            *next.lock().unwrap_or_else(PoisonError::into_inner) = Some(api);
                            welcome
                        });
                    // Nobody listens any more when the console is being left.
                    let _ = news.send(Event::LoggedIn(ticket, result));
                });
            }
            Effect::Watch(wanted) => self.watch(&wanted),
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
        // Nobody listens any more when the console is being left.
        let _ = self.news.send(Event::Notice(text.into()));
    }

    /// Hears who the user is: whose files to read and write.
    pub(super) fn overhear(&mut self, event: &Event) {
        if let Event::LoggedIn(_, Ok(_)) = event {
            let next = self.next.lock().unwrap_or_else(PoisonError::into_inner).take();
            self.api = next.or(self.api.take());
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

    fn watch(&mut self, wanted: &[Watch]) {
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
                let task = tokio::spawn(stream::watch(api, *watch, self.news.clone()));
                self.watched.push((*watch, task));
            }
        }
    }

    fn keep(&self, what: Keep) {
        if let Some(keeper) = &self.keeper {
            // A line that is gone has said so already.
            let _ = keeper.line.send(what);
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

/// Reads and writes files, one thing after the other. Drafts that wait together are written together.
fn keep(files: &Files, work: &line::Receiver<Keep>, news: &UnboundedSender<Event>) {
    let mut owner: Option<Owner> = None;
    let (mut seen, mut drafts): (Vec<Keep>, BTreeMap<SessionId, String>) = (Vec::new(), BTreeMap::new());
    while let Ok(first) = work.recv() {
        for what in std::iter::once(first).chain(work.try_iter()) {
            match what {
                Keep::Owner(is) => {
                    if owner.as_ref() != Some(&is) {
                        greet(files, &is, news);
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
            tell(news, changed, |ids| Some(Event::Seen(ids)));
        }
        if !drafts.is_empty() {
            tell(news, files.keep_drafts(owner, &drafts), |()| None);
            drafts.clear();
        }
    }
}

/// Tells what is kept of a user.
fn greet(files: &Files, owner: &Owner, news: &UnboundedSender<Event>) {
    tell(news, files.seen(owner), |ids| Some(Event::Seen(ids)));
    tell(news, files.drafts(owner), |drafts| Some(Event::Drafts(drafts.into_iter().collect())));
}

fn tell<T>(
    news: &UnboundedSender<Event>,
    found: io::Result<Found<T>>,
    event: impl FnOnce(T) -> Option<Event>,
) {
    let (event, notice) = match found {
        Ok(found) => (event(found.value), found.notice),
        Err(error) => (None, Some(format!("This machine does not keep what you saw and typed: {error}"))),
    };
    // Nobody listens any more when the console is being left.
    for event in event.into_iter().chain(notice.map(Event::Notice)) {
        let _ = news.send(event);
    }
}
