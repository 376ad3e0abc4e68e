//! The state of the console, as plain data. `update` changes it, `view` paints it; neither does IO.

pub mod briefing;
pub mod chat;
pub mod chat_cache;
pub mod command_line;
pub mod command_subject;
pub mod composer;
pub mod connection;
pub mod dialog;
pub mod filter;
pub mod handoff_counts;
pub mod history;
pub mod inbox;
pub mod layer;
pub mod lists;
pub mod login;
pub mod notifications;
pub mod open;
pub mod outbox;
pub mod own_sessions;
pub mod pager;
pub mod paint_output;
pub mod palette;
pub mod preview;
pub mod queue;
pub mod read_marks;
pub mod reading;
pub mod request;
pub mod row_edits;
pub mod search;
pub mod secret_warning;
pub mod seen_set;
pub mod selection_list;
pub mod sort_order;
pub mod story;
pub mod toast;
pub mod tried;
pub mod wrap_cache;

use std::collections::BTreeMap;
use std::time::Duration;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::permission::Actor;
use tierup_common::session::{MessageKind, SessionStatus};
use tierup_common::time::Timestamp;
use tierup_common::user::{Me, Role};

use crate::effect::{Call, CallId, StreamFilter};
use crate::keymap::{Context, Tab};
use crate::runbook_draft::RunbookDraft;
use crate::settings::Settings;
use crate::state::briefing::Briefing;
use crate::state::chat::Chat;
use crate::state::chat_cache::ChatCache;
use crate::state::composer::readline::KillBuffer;
use crate::state::connection::ConnectionState;
use crate::state::inbox::Inbox;
use crate::state::layer::Layer;
use crate::state::lists::RowId;
use crate::state::notifications::NotificationState;
use crate::state::outbox::Outbox;
use crate::state::paint_output::PaintOutput;
use crate::state::queue::Queue;
use crate::state::row_edits::RowEditQueue;
use crate::state::search::TextSearch;
use crate::state::seen_set::SeenSet;
use crate::state::toast::{ToastLevel, Toasts};

/// The state of the console.
#[derive(Debug, Default)]
pub struct State {
    /// How the console looks and behaves.
    pub settings: Settings,
    /// The time of the last tick, by this machine's clock: for what the console times itself.
    pub now: Timestamp,
    /// How far the server's clock is ahead of this machine's, in milliseconds.
    pub clock_skew_ms: i64,
    /// The server's address, if one is configured.
    pub server_url: Option<String>,
    /// The user, once the server has returned them.
    pub me: Option<Me>,
    /// The terminal's columns and rows.
    pub terminal_size: (u16, u16),
    /// The focus of the terminal, the window's title and missed notifications.
    pub notifications: NotificationState,
    /// The connection to the server.
    pub connection: ConnectionState,
    /// How often to poll; none while events come, or may still.
    pub poll_interval: Option<Duration>,
    /// The three lists and their rows.
    pub queue: Queue,
    /// Handoffs that were opened or claimed before.
    pub seen: SeenSet,
    /// What happened that the user should know of, and what of it is unread.
    pub inbox: Inbox,
    /// What fills the screen.
    pub screen: Screen,
    /// The screens that `back` returns to, the next one last; the list if empty.
    pub back_stack: Vec<Screen>,
    /// The layers over the screen; the last one has the keys.
    pub layers: Vec<Layer>,
    /// What was deleted last in a text.
    pub kills: KillBuffer,
    /// The search in what is read.
    pub search: Option<TextSearch>,
    /// Toasts and their log.
    pub toasts: Toasts,
    /// Drafts, and messages that the server has not confirmed.
    pub outbox: Outbox,
    /// Sessions whose suggested steps were hidden.
    pub sessions_hiding_steps: Vec<SessionId>,
    /// Whether the assistant answers the next message, in sessions where the user chose that.
    pub chosen_message_kinds: BTreeMap<SessionId, MessageKind>,
    /// The claim that is waiting for its reply.
    pub pending_claim: Option<PendingClaim>,
    /// The row that was selected until somebody else took it.
    pub taken_row: Option<TakenRow>,
    /// A handoff whose claim may or may not have been made: the reply was lost.
    pub claim_in_doubt: Option<HandoffId>,
    /// The session that is being taken back.
    pub pending_resume: Option<PendingResume>,
    /// What is being looked for by its number, to be opened.
    pub pending_open: Option<PendingOpen>,
    /// Handoffs whose assessment is being requested again, by call.
    pub pending_reassessments: Vec<(CallId, HandoffId)>,
    /// Changes of steps and branches that are being made.
    pub row_edits: RowEditQueue,
    /// Whether the user's own sessions could not be fetched.
    pub own_sessions_failed: bool,
    /// Sessions that were open before, to read offline.
    pub chat_cache: ChatCache,
    /// The runbook of the session that the user resolved last, until it is saved.
    pub runbook_draft: Option<RunbookDraft>,
    /// Calls without a reply yet. After a new log-in they count as failed.
    pub pending_calls: BTreeMap<CallId, Call>,
    /// The filtered streams that are open.
    pub stream_filters: Vec<StreamFilter>,
    /// The newest event that the team's stream has delivered.
    pub last_event_seq: Option<Seq>,
    /// The layout of the last paint.
    pub last_paint: PaintOutput,
    /// Command lines that were run, the oldest first.
    pub command_history: Vec<String>,
    /// The last call id that was assigned.
    last_call_id: CallId,
}

/// What fills the screen.
#[derive(Debug, Default)]
pub enum Screen {
    /// The list and its preview.
    #[default]
    Queue,
    /// The briefing of a handoff.
    Briefing(Box<Briefing>),
    /// A session to work in.
    Session(Box<Chat>),
}

/// A claim that is waiting for its reply.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingClaim {
    /// The call.
    pub call_id: CallId,
    /// The handoff.
    pub handoff_id: HandoffId,
}

/// A row that was selected until somebody else took it. For a moment, a key may still be meant for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakenRow {
    /// The handoff.
    pub handoff_id: HandoffId,
    /// When its neighbour was selected instead.
    pub at: Timestamp,
}

/// A session that is being taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingResume {
    /// The call.
    pub call_id: CallId,
    /// The session.
    pub session_id: SessionId,
    /// Where it was requested. A user who has gone elsewhere stays there.
    pub origin: Context,
}

/// What is being looked for by its number, to be opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PendingOpen {
    /// The call.
    pub call_id: CallId,
    /// Where it was requested. A user who has gone elsewhere stays there.
    pub origin: Context,
    /// Whether the number may be that of a session, if it is not that of a handoff.
    pub may_be_session: bool,
}

impl State {
    /// The state of a console that has just started.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Forgets everything except what belongs to the terminal, because another user has logged in.
    pub fn reset(&mut self) {
        let old = std::mem::take(self);
        *self = Self {
            settings: old.settings,
            now: old.now,
            terminal_size: old.terminal_size,
            notifications: old.notifications,
            last_call_id: old.last_call_id,
            ..Self::default()
        };
    }

    /// An id for a new call.
    pub fn next_call_id(&mut self) -> CallId {
        self.last_call_id = CallId(self.last_call_id.0 + 1);
        self.last_call_id
    }

    /// Whether a call that the predicate accepts is waiting for its reply.
    pub fn has_pending_call(&self, predicate: impl Fn(&Call) -> bool) -> bool {
        self.pending_calls.values().any(predicate)
    }

    /// Whether the assessment of a handoff is being requested again.
    pub fn is_reassessing(&self, id: HandoffId) -> bool {
        self.pending_reassessments.iter().any(|(_, handoff)| *handoff == id)
    }

    /// Whether a session is being taken back.
    pub fn is_resuming(&self, id: SessionId) -> bool {
        self.pending_resume.is_some_and(|resume| resume.session_id == id)
    }

    /// Whether a claim of this handoff is waiting for its reply.
    pub fn is_claiming(&self, handoff: HandoffId) -> bool {
        self.pending_claim.is_some_and(|claim| claim.handoff_id == handoff)
    }

    /// The user's id, once it is known.
    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.user.id)
    }

    /// The user as the permission rules see them. While their role is unknown, they count as an owner: the server decides.
    pub fn actor(&self) -> Actor {
        self.me.as_ref().map_or(Actor { id: UserId::from_bytes([0; 16]), role: Role::Owner }, |me| Actor {
            id: me.user.id,
            role: me.user.role,
        })
    }

    /// Whether the user may do more than read.
    pub fn can_write(&self) -> bool {
        self.actor().require(Role::Engineer).is_ok()
    }

    /// Whether the user is an admin.
    pub fn is_admin(&self) -> bool {
        self.actor().is_admin()
    }

    /// The current time by the server's clock, which ages are measured against.
    pub fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.as_millis().saturating_add(self.clock_skew_ms))
    }

    /// Shows a toast and logs it.
    pub fn show_toast(&mut self, level: ToastLevel, text: impl Into<String>) {
        self.toasts.push(level, text, self.now);
    }

    /// The context of the keys: of the top layer, or else of the screen.
    pub fn context(&self) -> Context {
        if self.active_search().is_some_and(|search| search.is_typing) {
            return Context::SearchLine;
        }
        match (self.layers.last(), &self.screen) {
            (Some(layer), _) => layer.context(),
            (None, Screen::Queue) if self.queue.filter.is_open => Context::Filter,
            (None, Screen::Queue) => Context::Queue,
            (None, Screen::Briefing(_)) => Context::Briefing,
            (None, Screen::Session(chat)) if chat.is_conversation_focused => Context::Conversation,
            (None, Screen::Session(_)) => Context::Session,
        }
    }

    /// The number of open handoffs that the user has not seen.
    pub fn unread_count(&self) -> usize {
        let me = self.my_id();
        let counts_as_open = |id: &HandoffId| {
            self.queue
                .item(*id)
                .is_some_and(|item| item.status == HandoffStatus::Open && Some(item.handed_off_by) != me)
        };
        // The seen-set is small, however long the queue.
        let seen = self.seen.ids().filter(counts_as_open).count();
        self.queue.counts.open_count_by_others(me) - seen
    }

    /// How much is unread in the sessions of a tab: parked ones, or all others, which are in Mine.
    pub fn unread_in_tab(&self, tab: Tab) -> usize {
        let tab_of = |session: SessionId| {
            let own = self.queue.own_session(session);
            if own.is_some_and(|own| own.status == SessionStatus::Paused) { Tab::Parked } else { Tab::Mine }
        };
        let sessions = self.inbox.unread_sessions().filter(|session| tab_of(*session) == tab);
        sessions.map(|session| self.inbox.unread_in(session)).sum()
    }

    /// How much is unread in the session of a row.
    pub fn unread_in_row(&self, row: RowId) -> usize {
        let session = match row {
            RowId::Handoff(id) => self.queue.item(id).map(|item| item.session_id),
            RowId::Session(id) => Some(id),
        };
        session.map_or(0, |session| self.inbox.unread_in(session))
    }

    /// Whether a handoff is unread: open, escalated by someone else, and not opened or claimed here.
    pub fn is_unread(&self, item: &QueueItem) -> bool {
        filter::is_unread(item, self.my_id(), |id| self.seen.contains(id))
    }
}
