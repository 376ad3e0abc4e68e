//! The other seniors. Dana takes what has waited for long; Ana, now and then, the very one that you are reading.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tierup_common::event::{Event, EventBody, Signal, StreamFrame};
use tierup_common::id::{HandoffId, UserId};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::demo::team::{Team, TeamMember};
use crate::effect::StreamFilter;
use crate::runtime::stream::{StreamItem, Subscription};

/// Dana takes something when at least so many wait,
const MIN_OPEN_FOR_DANA: usize = 4;
/// and it has waited for so long,
const MIN_WAIT_FOR_DANA: Duration = Duration::from_secs(40);
/// and works on it for so long.
const WORK_DURATION: Duration = Duration::from_secs(50);
/// You have so long for the first one that you open: enough to read it and take it.
const FIRST_READ_GRACE: Duration = Duration::from_secs(40);
/// And so long for another, before Ana does.
const READ_GRACE: Duration = Duration::from_secs(6);
/// Ana is only sometimes faster.
const MIN_SURPRISE_INTERVAL: Duration = Duration::from_secs(75);
/// What she claims, she looks at first for so long: you see her reading.
const READ_BEFORE_CLAIM: Duration = Duration::from_millis(2500);

/// What goes on, as the rivals see it.
#[derive(Default)]
struct RivalState {
    /// What waits, and since when.
    open_since: BTreeMap<HandoffId, Instant>,
    /// What somebody reads.
    being_read: BTreeSet<HandoffId>,
    /// What you are reading, and since when.
    read_by_you: Option<(HandoffId, Instant)>,
    /// What you have opened so far.
    opened_by_you: BTreeSet<HandoffId>,
    /// Whether you have claimed something.
    has_claimed_by_you: bool,
    /// When Ana last surprised you.
    last_surprise: Option<Instant>,
    /// Whether Dana is at work.
    is_dana_busy: bool,
}

/// Goes on for as long as the demo does. `you` is the one at the console.
pub(super) async fn run(cast: &Team, you: UserId) {
    let mut stream = Subscription::open(cast.ana.api.clone(), None);
    let mut tasks = JoinSet::new();
    let mut scene = RivalState::default();
    let mut interval = tokio::time::interval(Duration::from_millis(500));
    let (free_again, mut is_free) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            item = stream.next() => match item {
                Some(StreamItem::Frame(frame)) => scene.apply_frame(frame, you),
                Some(StreamItem::Connection(_)) => {}
                None => return,
            },
            Some(()) = is_free.recv() => scene.is_dana_busy = false,
            _ = interval.tick() => {
                if let Some(id) = scene.next_for_ana(Instant::now()) {
                    tasks.spawn(claim_as_ana(cast.ana.clone(), id));
                }
                if let Some(id) = scene.next_for_dana(Instant::now()) {
                    let (dana, done) = (cast.dana.clone(), free_again.clone());
                    tasks.spawn(async move {
                        claim_as_dana(dana, id).await;
                        // Nobody waits for it when the demo has ended.
                        let _ = done.send(());
                    });
                }
            }
        }
    }
}

impl RivalState {
    fn apply_frame(&mut self, frame: StreamFrame, you: UserId) {
        match frame {
            StreamFrame::Event(event) => self.apply_event(&event, you),
            StreamFrame::Signal(Signal::Presence { handoff_id, viewers }) => {
                let is_you = viewers.iter().any(|viewer| viewer.id == you);
                match self.read_by_you {
                    Some((id, _)) if id == handoff_id && !is_you => self.read_by_you = None,
                    Some((id, _)) if id == handoff_id => {}
                    _ if is_you => {
                        self.read_by_you = Some((handoff_id, Instant::now()));
                        self.opened_by_you.insert(handoff_id);
                    }
                    _ => {}
                }
                if viewers.is_empty() {
                    self.being_read.remove(&handoff_id);
                } else {
                    self.being_read.insert(handoff_id);
                }
            }
            StreamFrame::Signal(_) | StreamFrame::Unknown { .. } => {}
        }
    }

    fn apply_event(&mut self, event: &Event, you: UserId) {
        let Some(handoff) = event.body.handoff() else { return };
        let id = handoff.handoff_id;
        match &event.body {
            EventBody::HandoffCreated { .. } | EventBody::HandoffReleased { .. } => {
                self.open_since.insert(id, Instant::now());
            }
            EventBody::HandoffClaimed { by, .. } => {
                self.open_since.remove(&id);
                self.has_claimed_by_you |= by.id == you;
            }
            EventBody::HandoffAssigned { .. }
            | EventBody::HandoffSentBack { .. }
            | EventBody::HandoffWithdrawn { .. }
            | EventBody::HandoffResolved { .. } => {
                self.open_since.remove(&id);
            }
            EventBody::HandoffAssessmentReady { .. }
            | EventBody::HandoffAssessmentFailed { .. }
            | EventBody::HandoffStepUpdated { .. }
            | EventBody::HandoffReminder { .. }
            | EventBody::SessionCreated { .. }
            | EventBody::SessionUpdated { .. }
            | EventBody::SessionResolved { .. }
            | EventBody::MessageAdded { .. } => {}
        }
    }

    /// What you are reading, if you take too long over it and Ana has left you alone for a while.
    fn next_for_ana(&mut self, now: Instant) -> Option<HandoffId> {
        let (id, since) = self.read_by_you?;
        let is_first = self.opened_by_you.len() == 1 && !self.has_claimed_by_you;
        let patience = if is_first { FIRST_READ_GRACE } else { READ_GRACE };
        let is_due = self.open_since.contains_key(&id)
            && now.duration_since(since) >= patience
            && self.last_surprise.is_none_or(|at| now.duration_since(at) >= MIN_SURPRISE_INTERVAL);
        is_due.then(|| {
            self.last_surprise = Some(now);
            id
        })
    }

    /// What has waited for long and nobody looks at, when a good many wait and Dana has nothing to do.
    fn next_for_dana(&mut self, now: Instant) -> Option<HandoffId> {
        if self.is_dana_busy || self.open_since.len() < MIN_OPEN_FOR_DANA {
            return None;
        }
        let waits = |(id, since): &(&HandoffId, &Instant)| {
            now.duration_since(**since) >= MIN_WAIT_FOR_DANA && !self.being_read.contains(*id)
        };
        let chosen = self.open_since.iter().find(waits).map(|(id, _)| *id);
        self.is_dana_busy = chosen.is_some();
        chosen
    }
}

/// Looks, and takes it.
async fn claim_as_ana(ana: TeamMember, id: HandoffId) {
    // A stream of one handoff shows its user as a reader.
    let stream = Subscription::open(ana.api.clone(), Some(StreamFilter::Handoff(id)));
    tokio::time::sleep(READ_BEFORE_CLAIM).await;
    // You may have been faster: then she is the one who is told.
    let claimed = ana.claim(id).await;
    drop(stream);
    if let Ok(handoff) = claimed {
        tokio::time::sleep(WORK_DURATION).await;
        let _ = ana
            .resolve(handoff.item.session_id, "It was as the assessment said; the first step did it.")
            .await;
    }
}

/// Takes it, works on it, and resolves it.
async fn claim_as_dana(dana: TeamMember, id: HandoffId) {
    if let Ok(handoff) = dana.claim(id).await {
        tokio::time::sleep(WORK_DURATION).await;
        let resolution = "Went through the suggested steps with the user; the second one fixed it.";
        let _ = dana.resolve(handoff.item.session_id, resolution).await;
    }
}
