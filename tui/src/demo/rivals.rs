//! The other senior engineers. Dana claims handoffs that have waited for long; Ana now and then claims the one that you
//! are reading.

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

/// Dana claims a handoff when at least this many are open,
const MIN_OPEN_FOR_DANA: usize = 4;
/// and it has waited for this long,
const MIN_WAIT_FOR_DANA: Duration = Duration::from_secs(40);
/// and resolves it after this long.
const WORK_DURATION: Duration = Duration::from_secs(50);
/// How long Ana leaves you the first handoff that you open,
const FIRST_READ_GRACE: Duration = Duration::from_secs(40);
/// and any other.
const READ_GRACE: Duration = Duration::from_secs(6);
/// The shortest time between two of Ana's claims.
const MIN_LOST_CLAIM_INTERVAL: Duration = Duration::from_secs(75);
/// How long you see Ana reading before she claims.
const READ_BEFORE_CLAIM: Duration = Duration::from_millis(2500);

/// The rivals' view of the queue and of the user.
#[derive(Default)]
struct RivalState {
    /// Open handoffs, and since when they are open.
    open_since: BTreeMap<HandoffId, Instant>,
    viewed_handoff: BTreeSet<HandoffId>,
    /// The handoff that you are reading, and since when.
    user_views: Option<(HandoffId, Instant)>,
    opened_by_you: BTreeSet<HandoffId>,
    user_has_claimed: bool,
    last_lost_claim_at: Option<Instant>,
    is_dana_busy: bool,
}

/// Runs until the demo ends. `you` is the user of the console.
pub(super) async fn run(team: &Team, you: UserId) {
    let mut stream = Subscription::open(team.ana.api.clone(), None);
    let mut tasks = JoinSet::new();
    let mut state = RivalState::default();
    let mut interval = tokio::time::interval(Duration::from_millis(500));
    let (done_sender, mut done) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            item = stream.next() => match item {
                Some(StreamItem::Frame(frame)) => state.apply_frame(frame, you),
                Some(StreamItem::Connection(_)) => {}
                None => return,
            },
            Some(()) = done.recv() => state.is_dana_busy = false,
            _ = interval.tick() => {
                if let Some(id) = state.next_for_ana(Instant::now()) {
                    tasks.spawn(claim_as_ana(team.ana.clone(), id));
                }
                if let Some(id) = state.next_for_dana(Instant::now()) {
                    let (dana, done) = (team.dana.clone(), done_sender.clone());
                    tasks.spawn(async move {
                        claim_as_dana(dana, id).await;
                        // The receiver is gone when the demo has ended.
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
                match self.user_views {
                    Some((id, _)) if id == handoff_id && !is_you => self.user_views = None,
                    Some((id, _)) if id == handoff_id => {}
                    _ if is_you => {
                        self.user_views = Some((handoff_id, Instant::now()));
                        self.opened_by_you.insert(handoff_id);
                    }
                    _ => {}
                }
                if viewers.is_empty() {
                    self.viewed_handoff.remove(&handoff_id);
                } else {
                    self.viewed_handoff.insert(handoff_id);
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
                self.user_has_claimed |= by.id == you;
            }
            EventBody::HandoffAssigned { .. }
            | EventBody::HandoffSentBack { .. }
            | EventBody::HandoffWithdrawn { .. }
            | EventBody::HandoffResolved { .. } => {
                self.open_since.remove(&id);
            }
            EventBody::HandoffChanged { .. }
            | EventBody::HandoffAssessmentReady { .. }
            | EventBody::HandoffAssessmentFailed { .. }
            | EventBody::HandoffStepUpdated { .. }
            | EventBody::HandoffReminder { .. }
            | EventBody::SessionCreated { .. }
            | EventBody::SessionUpdated { .. }
            | EventBody::SessionResolved { .. }
            | EventBody::MessageAdded { .. } => {}
        }
    }

    /// The handoff that you are reading, if you have read it for long and Ana's last claim was a while ago.
    fn next_for_ana(&mut self, now: Instant) -> Option<HandoffId> {
        let (id, since) = self.user_views?;
        let is_first = self.opened_by_you.len() == 1 && !self.user_has_claimed;
        let grace = if is_first { FIRST_READ_GRACE } else { READ_GRACE };
        let is_due = self.open_since.contains_key(&id)
            && now.duration_since(since) >= grace
            && self.last_lost_claim_at.is_none_or(|at| now.duration_since(at) >= MIN_LOST_CLAIM_INTERVAL);
        is_due.then(|| {
            self.last_lost_claim_at = Some(now);
            id
        })
    }

    /// A handoff that has waited for long and that nobody reads, if many are open and Dana is free.
    fn next_for_dana(&mut self, now: Instant) -> Option<HandoffId> {
        if self.is_dana_busy || self.open_since.len() < MIN_OPEN_FOR_DANA {
            return None;
        }
        let is_due = |(id, since): &(&HandoffId, &Instant)| {
            now.duration_since(**since) >= MIN_WAIT_FOR_DANA && !self.viewed_handoff.contains(*id)
        };
        let chosen = self.open_since.iter().find(is_due).map(|(id, _)| *id);
        self.is_dana_busy = chosen.is_some();
        chosen
    }
}

/// Reads, claims and resolves a handoff.
async fn claim_as_ana(ana: TeamMember, id: HandoffId) {
    // A stream of one handoff shows its user as a reader.
    let stream = Subscription::open(ana.api.clone(), Some(StreamFilter::Handoff(id)));
    tokio::time::sleep(READ_BEFORE_CLAIM).await;
    // It fails if you were faster.
    let claimed = ana.claim(id).await;
    drop(stream);
    if let Ok(handoff) = claimed {
        tokio::time::sleep(WORK_DURATION).await;
        let _ = ana
            .resolve(handoff.item.session_id, "It was as the assessment said; the first step did it.")
            .await;
    }
}

/// Claims and resolves a handoff.
async fn claim_as_dana(dana: TeamMember, id: HandoffId) {
    if let Ok(handoff) = dana.claim(id).await {
        tokio::time::sleep(WORK_DURATION).await;
        let resolution = "Went through the suggested steps with the user; the second one fixed it.";
        let _ = dana.resolve(handoff.item.session_id, resolution).await;
    }
}
