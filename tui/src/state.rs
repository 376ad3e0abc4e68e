//! Everything that the console knows, as plain data. `update` changes it, `view` paints it, neither does IO.

pub mod attention;
pub mod briefing;
pub mod chats;
pub mod command;
pub mod composer;
pub mod counts;
pub mod dialog;
pub mod filter;
pub mod layer;
pub mod link;
pub mod list;
pub mod login;
pub mod marks;
pub mod own;
pub mod painted;
pub mod palette;
pub mod preview;
pub mod queue;
pub mod seen;
pub mod session;
pub mod sort;
pub mod toast;
pub mod wake;
pub mod wraps;
pub mod zone;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, Seq, SessionId, UserId};
use tierup_common::time::Timestamp;
use tierup_common::user::{Me, Role};

use crate::effect::{Call, Ticket, Watch};
use crate::keymap::Context;
use crate::settings::Settings;
use crate::state::attention::Attention;
use crate::state::briefing::Briefing;
use crate::state::chats::Chats;
use crate::state::layer::Layer;
use crate::state::link::Link;
use crate::state::marks::Marks;
use crate::state::painted::Painted;
use crate::state::queue::Queue;
use crate::state::seen::Seen;
use crate::state::session::{Chat, Outgoing};
use crate::state::toast::{Toasts, Tone};

/// The console.
#[derive(Debug, Default)]
pub struct State {
    /// How the console looks and behaves.
    pub settings: Settings,
    /// This moment, by this machine's clock. What the console times itself goes by it.
    pub now: Timestamp,
    /// How far the server's clock is ahead of this machine's, in milliseconds.
    pub skew: i64,
    /// The server's address, if one is known.
    pub server: Option<String>,
    /// Who the user is, once the server has said so.
    pub me: Option<Me>,
    /// The terminal's columns and rows.
    pub size: (u16, u16),
    /// Whether the user looks, and what the window is called.
    pub attention: Attention,
    /// How the connection to the server is.
    pub link: Link,
    /// How often to ask for what events would tell; nothing while they come, or may still.
    pub poll_every: Option<Duration>,
    /// What waits, what is worked on, what is put aside.
    pub queue: Queue,
    /// Which handoffs were opened or claimed before.
    pub seen: Seen,
    /// What fills the screen.
    pub screen: Screen,
    /// Where `back` leads, the nearest last; the list, if nowhere.
    pub back: Vec<Screen>,
    /// What lies over it; the last one has the keys.
    pub layers: Vec<Layer>,
    /// What just happened.
    pub toasts: Toasts,
    /// What was typed and not sent, by session.
    pub drafts: HashMap<SessionId, String>,
    /// Messages sent in this run, the newest last.
    pub sent: Vec<String>,
    /// Sessions whose suggested steps were hidden.
    pub steps_hidden: Vec<SessionId>,
    /// The claim under way.
    pub claiming: Option<Claiming>,
    /// A handoff of which it is not known whether the user claimed it.
    pub claim_in_doubt: Option<HandoffId>,
    /// The session that is being taken back.
    pub resuming: Option<Resuming>,
    /// Handoffs whose assessment is asked for again, by the request.
    pub reassessing: Vec<(Ticket, HandoffId)>,
    /// Messages on their way, wherever the user is meanwhile.
    pub outgoing: HashMap<SessionId, Outgoing>,
    /// Changes of steps and of what was tried that are being made.
    pub marks: Marks,
    /// Whether the user's own sessions were asked for in vain.
    pub misses_own: bool,
    /// Messages of which it is not known whether they were sent.
    pub doubts: HashMap<SessionId, Outgoing>,
    /// Sessions that were open before, as they were then.
    pub chats: Chats,
    /// Questions under way: should nobody answer them any more, they have failed.
    pub asked: BTreeMap<Ticket, Call>,
    /// The narrowed streams that are held.
    pub watches: Vec<Watch>,
    /// The newest event that the team's stream is known to have reached.
    pub heard: Option<Seq>,
    /// Where things stand on the screen, as they were painted last.
    pub painted: Painted,
    /// Commands that were typed, the oldest first.
    pub commands: Vec<String>,
    /// The last ticket given out.
    tickets: Ticket,
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
pub struct Claiming {
    /// Which request.
    pub ticket: Ticket,
    /// Which handoff.
    pub handoff: HandoffId,
}

/// A session that is being taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Resuming {
    /// Which request.
    pub ticket: Ticket,
    /// Which session.
    pub session: SessionId,
    /// Where it was asked for: who has gone elsewhere stays there.
    pub from: Context,
}

impl State {
    /// A console of which nothing but its settings is known.
    pub fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Forgets everything but what belongs to the terminal: somebody else begins.
    pub fn start_over(&mut self) {
        let known = std::mem::take(self);
        *self = Self {
            settings: known.settings,
            now: known.now,
            size: known.size,
            attention: known.attention,
            tickets: known.tickets,
            ..Self::default()
        };
    }

    /// A ticket for a new request.
    pub fn ticket(&mut self) -> Ticket {
        self.tickets = Ticket(self.tickets.0 + 1);
        self.tickets
    }

    /// Whether an answer to such a question is awaited.
    pub fn is_asking(&self, such: impl Fn(&Call) -> bool) -> bool {
        self.asked.values().any(such)
    }

    /// Whether the assessment of a handoff is being asked for again.
    pub fn is_reassessing(&self, id: HandoffId) -> bool {
        self.reassessing.iter().any(|(_, handoff)| *handoff == id)
    }

    /// Whether a session is being taken back.
    pub fn is_taking_back(&self, id: SessionId) -> bool {
        self.resuming.is_some_and(|resuming| resuming.session == id)
    }

    /// Whether a claim of this handoff is under way.
    pub fn is_claiming(&self, handoff: HandoffId) -> bool {
        self.claiming.is_some_and(|claiming| claiming.handoff == handoff)
    }

    /// The user's id, once the server has said who they are.
    pub fn my_id(&self) -> Option<UserId> {
        self.me.as_ref().map(|me| me.user.id)
    }

    /// Whether the user may do more than read. Until the server has said so, let it decide.
    pub fn may_act(&self) -> bool {
        self.me.as_ref().is_none_or(|me| me.user.role >= Role::Engineer)
    }

    /// This moment, by the server's clock: how long ago something was goes by it.
    pub fn server_now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.as_millis().saturating_add(self.skew))
    }

    /// Says what just happened, in a corner, for a moment.
    pub fn toast(&mut self, tone: Tone, text: impl Into<String>) {
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
    pub fn unread(&self) -> usize {
        let me = self.my_id();
        let counts_as_open = |id: &HandoffId| {
            self.queue
                .item(*id)
                .is_some_and(|item| item.status == HandoffStatus::Open && Some(item.handed_off_by) != me)
        };
        // The seen-set is small, whatever the queue is.
        let seen = self.seen.ids().filter(counts_as_open).count();
        self.queue.counts.open_by_others(me) - seen
    }

    /// Whether a handoff has its dot: it waits, somebody else escalated it, and it was not opened or claimed here.
    pub fn is_unread(&self, item: &QueueItem) -> bool {
        item.status == HandoffStatus::Open
            && Some(item.handed_off_by) != self.my_id()
            && !self.seen.has(item.id)
    }
}
