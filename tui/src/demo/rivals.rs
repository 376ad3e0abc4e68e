//! The other seniors. Dana takes what has waited for long; Ana, now and then, the very one that you are reading.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tierup_common::event::{Event as Happened, Frame, Signal, What};
use tierup_common::id::{HandoffId, UserId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::demo::cast::{Actor, Cast};
use crate::effect::Watch;
use crate::event::Event;
use crate::runtime::stream;

/// Dana takes something when at least so many wait,
const CROWD: usize = 4;
/// and it has waited for so long,
const PATIENCE: Duration = Duration::from_secs(40);
/// and works on it for so long.
const WORK: Duration = Duration::from_secs(50);
/// You have so long for the first one that you open: enough to read it and take it.
const FIRST_READ: Duration = Duration::from_secs(40);
/// And so long for another, before Ana does.
const READ: Duration = Duration::from_secs(6);
/// Ana is only sometimes faster.
const BETWEEN_SURPRISES: Duration = Duration::from_secs(75);
/// What she claims, she looks at first for so long: you see her reading.
const GLANCE: Duration = Duration::from_millis(2500);

/// What goes on, as the rivals see it.
#[derive(Default)]
struct Scene {
    /// What waits, and since when.
    open: BTreeMap<HandoffId, Instant>,
    /// What somebody reads.
    read: BTreeSet<HandoffId>,
    /// What you are reading, and since when.
    reading: Option<(HandoffId, Instant)>,
    /// What you have opened so far.
    opened: BTreeSet<HandoffId>,
    /// Whether you have claimed something.
    has_claimed: bool,
    /// When Ana last surprised you.
    surprised: Option<Instant>,
    /// Whether Dana is at work.
    dana_works: bool,
}

/// Goes on for as long as the demo does. `you` is the one at the console.
pub(super) async fn act(cast: &Cast, you: UserId) {
    let (news, mut heard) = mpsc::unbounded_channel();
    let mut tasks = JoinSet::new();
    tasks.spawn(stream::follow(cast.ana.api.clone(), news));
    let mut scene = Scene::default();
    let mut look = tokio::time::interval(Duration::from_millis(500));
    let (free_again, mut is_free) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            event = heard.recv() => match event {
                Some(Event::Live(frame)) => scene.see(frame, you),
                Some(_) => {}
                None => return,
            },
            Some(()) = is_free.recv() => scene.dana_works = false,
            _ = look.tick() => {
                if let Some(id) = scene.surprise(Instant::now()) {
                    tasks.spawn(surprise(cast.ana.clone(), id));
                }
                if let Some(id) = scene.chore(Instant::now()) {
                    let (dana, done) = (cast.dana.clone(), free_again.clone());
                    tasks.spawn(async move {
                        work(dana, id).await;
                        // Nobody waits for it when the demo has ended.
                        let _ = done.send(());
                    });
                }
            }
        }
    }
}

impl Scene {
    fn see(&mut self, frame: Frame, you: UserId) {
        match frame {
            Frame::Event(event) => self.happened(&event, you),
            Frame::Signal(Signal::Presence { handoff_id, viewers }) => {
                let is_you = viewers.iter().any(|viewer| viewer.id == you);
                match self.reading {
                    Some((id, _)) if id == handoff_id && !is_you => self.reading = None,
                    Some((id, _)) if id == handoff_id => {}
                    _ if is_you => {
                        self.reading = Some((handoff_id, Instant::now()));
                        self.opened.insert(handoff_id);
                    }
                    _ => {}
                }
                if viewers.is_empty() {
                    self.read.remove(&handoff_id);
                } else {
                    self.read.insert(handoff_id);
                }
            }
            Frame::Signal(_) | Frame::Unknown { .. } => {}
        }
    }

    fn happened(&mut self, event: &Happened, you: UserId) {
        let Some(handoff) = event.what.handoff() else { return };
        let id = handoff.handoff_id;
        match &event.what {
            What::HandoffCreated { .. } | What::HandoffReleased { .. } => {
                self.open.insert(id, Instant::now());
            }
            What::HandoffClaimed { by, .. } => {
                self.open.remove(&id);
                self.has_claimed |= by.id == you;
            }
            What::HandoffAssigned { .. }
            | What::HandoffSentBack { .. }
            | What::HandoffWithdrawn { .. }
            | What::HandoffResolved { .. } => {
                self.open.remove(&id);
            }
            What::HandoffAssessmentReady { .. }
            | What::HandoffAssessmentFailed { .. }
            | What::HandoffStepUpdated { .. }
            | What::HandoffReminder { .. }
            | What::SessionCreated { .. }
            | What::SessionUpdated { .. }
            | What::SessionResolved { .. }
            | What::MessageAdded { .. } => {}
        }
    }

    /// What you are reading, if you take too long over it and Ana has left you alone for a while.
    fn surprise(&mut self, now: Instant) -> Option<HandoffId> {
        let (id, since) = self.reading?;
        let is_first = self.opened.len() == 1 && !self.has_claimed;
        let patience = if is_first { FIRST_READ } else { READ };
        let is_due = self.open.contains_key(&id)
            && now.duration_since(since) >= patience
            && self.surprised.is_none_or(|at| now.duration_since(at) >= BETWEEN_SURPRISES);
        is_due.then(|| {
            self.surprised = Some(now);
            id
        })
    }

    /// What has waited for long and nobody looks at, when a good many wait and Dana has nothing to do.
    fn chore(&mut self, now: Instant) -> Option<HandoffId> {
        if self.dana_works || self.open.len() < CROWD {
            return None;
        }
        let waits = |(id, since): &(&HandoffId, &Instant)| {
            now.duration_since(**since) >= PATIENCE && !self.read.contains(*id)
        };
        let chosen = self.open.iter().find(waits).map(|(id, _)| *id);
        self.dana_works = chosen.is_some();
        chosen
    }
}

/// Looks, and takes it.
async fn surprise(ana: Actor, id: HandoffId) {
    // Whoever holds a stream narrowed to a handoff is reading it.
    let (news, heard) = mpsc::unbounded_channel();
    let look = tokio::spawn(stream::watch(ana.api.clone(), Watch::Handoff(id), news));
    tokio::time::sleep(GLANCE).await;
    // You may have been faster: then she is the one who is told.
    let claimed = ana.claims(id).await;
    look.abort();
    drop(heard);
    if let Ok(handoff) = claimed {
        tokio::time::sleep(WORK).await;
        let _ = ana
            .resolves(handoff.item.session_id, "It was as the assessment said; the first step did it.")
            .await;
    }
}

/// Takes it, works on it, and resolves it.
async fn work(dana: Actor, id: HandoffId) {
    if let Ok(handoff) = dana.claims(id).await {
        tokio::time::sleep(WORK).await;
        let resolution = "Went through the suggested steps with the user; the second one fixed it.";
        let _ = dana.resolves(handoff.item.session_id, resolution).await;
    }
}
