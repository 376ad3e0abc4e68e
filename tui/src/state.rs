//! Everything that the console knows, as plain data. `update` changes it, `view` paints it, neither does IO.

pub mod briefing;
pub mod chat;
pub mod chat_cache;
pub mod command_line;
pub mod composer;
pub mod connection;
pub mod dialog;
pub mod filter;
pub mod handoff_counts;
pub mod layer;
pub mod lists;
pub mod login;
pub mod notifications;
pub mod open;
pub mod outbox;
pub mod own_sessions;
pub mod paint_output;
pub mod palette;
pub mod preview;
pub mod queue;
pub mod request;
pub mod row_edits;
pub mod seen_set;
pub mod selection_list;
pub mod sort_order;
pub mod toast;
pub mod wrap_cache;

use std::collections::BTreeMap;
use std::time::Duration;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{Me, Role};

use crate::effect::{Call, CallId, StreamFilter};
use crate::keymap::Context;
use crate::settings::Settings;
use crate::state::briefing::Briefing;
use crate::state::chat::Chat;
use crate::state::chat_cache::ChatCache;
use crate::state::connection::ConnectionState;
use crate::state::layer::Layer;
use crate::state::notifications::NotificationState;
use crate::state::outbox::Outbox;
use crate::state::paint_output::PaintOutput;
use crate::state::queue::Queue;
use crate::state::row_edits::RowEditQueue;
use crate::state::seen_set::SeenSet;
use crate::state::toast::{ToastLevel, Toasts};

/// The console.
#[derive(Debug, Default)]
pub struct State {
    /// How the console looks and behaves.
    pub settings: Settings,
    /// This moment, by this machine's clock. What the console times itself goes by it.
    pub now: Timestamp,
    /// How far the server's clock is ahead of this machine's, in milliseconds.
    pub clock_skew_ms: i64,
    /// The server's address, if one is known.
    pub server_url: Option<String>,
    /// Who the user is, once the server has said so.
    pub me: Option<Me>,
    /// The terminal's columns and rows.
    pub terminal_size: (u16, u16),
    /// Whether the user looks, and what the window is called.
    pub notifications: NotificationState,
    /// How the connection to the server is.
    pub connection: ConnectionState,
    /// How often to ask for what events would tell; nothing while they come, or may still.
    pub poll_interval: Option<Duration>,
    /// What waits, what is worked on, what is put aside.
    pub queue: Queue,
    /// Which handoffs were opened or claimed before.
    pub seen: SeenSet,
    /// What fills the screen.
    pub screen: Screen,
    /// Where `back` leads, the nearest last; the list, if nowhere.
    pub back_stack: Vec<Screen>,
    /// What lies over it; the last one has the keys.
    pub layers: Vec<Layer>,
    /// What just happened.
    pub toasts: Toasts,
    /// Drafts, and messages that the server has not confirmed.
    pub outbox: Outbox,
    /// Sessions whose suggested steps were hidden.
    pub sessions_hiding_steps: Vec<SessionId>,
    /// The claim under way.
    pub pending_claim: Option<PendingClaim>,
    /// A handoff of which it is not known whether the user claimed it.
    pub claim_in_doubt: Option<HandoffId>,
    /// The session that is being taken back.
    pub pending_resume: Option<PendingResume>,
    /// Handoffs whose assessment is asked for again, by the request.
    pub pending_reassessments: Vec<(CallId, HandoffId)>,
    /// Changes of steps and of what was tried that are being made.
    pub row_edits: RowEditQueue,
    /// Whether the user's own sessions were asked for in vain.
    pub own_sessions_failed: bool,
    /// Sessions that were open before, as they were then.
    pub chat_cache: ChatCache,
    /// Questions under way: should nobody answer them any more, they have failed.
    pub pending_calls: BTreeMap<CallId, Call>,
    /// The narrowed streams that are held.
    pub stream_filters: Vec<StreamFilter>,
    /// The newest event that the team's stream is known to have reached.
    pub last_event_seq: Option<Seq>,
    /// Where things stand on the screen, as they were painted last.
    pub last_paint: PaintOutput,
    /// Commands that were typed, the oldest first.
    pub command_history: Vec<String>,
    /// The last ticket given out.
    last_call_id: CallId,
}

/// What fills the screen.
#[derive(Debug, Default)]
pub enum Screen {
    /// The list and its preview.
    #[default]
    Queue,
    /// A handoff in ten seconds.
    Briefing(Box<Briefing>),
    /// A session to work in.
    Session(Box<Chat>),
}

/// A claim under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingClaim {
    /// Which request.
    pub call_id: CallId,
    /// Which handoff.
    pub handoff_id: HandoffId,
}

/// A session that is being taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingResume {
    /// Which request.
    pub call_id: CallId,
    /// Which session.
    pub session_id: SessionId,
    /// Where it was asked for: who has gone elsewhere stays there.
    pub origin: Context,
}

impl State {
    /// A console of which nothing but its settings is known.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Forgets everything but what belongs to the terminal: somebody else begins.
    pub fn reset(&mut self) {
        let known = std::mem::take(self);
        *self = Self {
            settings: known.settings,
            now: known.now,
            terminal_size: known.terminal_size,
            notifications: known.notifications,
            last_call_id: known.last_call_id,
            ..Self::default()
        };
    }

    /// A ticket for a new request.
    pub fn next_call_id(&mut self) -> CallId {
        self.last_call_id = CallId(self.last_call_id.0 + 1);
        self.last_call_id
    }

    /// Whether an answer to such a question is awaited.
    pub fn has_pending_call(&self, predicate: impl Fn(&Call) -> bool) -> bool {
        self.pending_calls.values().any(predicate)
    }

    /// Whether the assessment of a handoff is being asked for again.
    pub fn is_reassessing(&self, id: HandoffId) -> bool {
        self.pending_reassessments.iter().any(|(_, handoff)| *handoff == id)
    }

    /// Whether a session is being taken back.
    pub fn is_resuming(&self, id: SessionId) -> bool {
        self.pending_resume.is_some_and(|resuming| resuming.session_id == id)
    }

    /// Whether a claim of this handoff is under way.
    pub fn is_claiming(&self, handoff: HandoffId) -> bool {
        self.pending_claim.is_some_and(|claiming| claiming.handoff_id == handoff)
    }

    /// The user's id, once the server has said who they are.
    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.user.id)
    }

    /// Whether the user may do more than read. While their role is unknown, the server decides.
    pub fn can_write(&self) -> bool {
        self.me.as_ref().is_none_or(|me| me.user.role >= Role::Engineer)
    }

    /// Whether the user is an admin. While their role is unknown, the server decides.
    pub fn is_admin(&self) -> bool {
        self.me.as_ref().is_none_or(|me| me.user.role >= Role::Admin)
    }

    /// This moment, by the server's clock: how long ago something was goes by it.
    pub fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.as_millis().saturating_add(self.clock_skew_ms))
    }

    /// Says what just happened, in a corner, for a moment.
    pub fn show_toast(&mut self, tone: ToastLevel, text: impl Into<String>) {
        self.toasts.push(tone, text, self.now);
    }

    /// Who has the keys: the top layer, or else the screen.
    pub fn context(&self) -> Context {
        match (self.layers.last(), &self.screen) {
            (Some(layer), _) => layer.context(),
            (None, Screen::Queue) if self.queue.filter.is_open => Context::Filter,
            (None, Screen::Queue) => Context::Queue,
            (None, Screen::Briefing(_)) => Context::Briefing,
            (None, Screen::Session(_)) => Context::Session,
        }
    }

    /// How many handoffs wait that the user has not seen.
    pub fn unread_count(&self) -> usize {
        let me = self.my_id();
        let counts_as_open = |id: &HandoffId| {
            self.queue
                .item(*id)
                .is_some_and(|item| item.status == HandoffStatus::Open && Some(item.handed_off_by) != me)
        };
        // The seen-set is small, whatever the queue is.
        let seen = self.seen.ids().filter(counts_as_open).count();
        self.queue.counts.open_count_by_others(me) - seen
    }

    /// Whether a handoff has its dot: it waits, somebody else escalated it, and it was not opened or claimed here.
    pub fn is_unread(&self, item: &QueueItem) -> bool {
        item.status == HandoffStatus::Open
            && Some(item.handed_off_by) != self.my_id()
            && !self.seen.contains(item.id)
    }
}
