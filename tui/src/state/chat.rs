//! A chat is a session that is open in the console: its messages, suggested steps, and the message that is being typed.

use tierup_common::assessment::{Assessment, Step};
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{MessageId, SessionId, UserId};
use tierup_common::session::{Message, MessageRole, Session, SessionItem, SessionStatus};
use tierup_common::time::Timestamp;

use crate::state::briefing::Briefing;
use crate::state::composer::Composer;
use crate::state::composer::vi::Vi;
use crate::state::request::Request;
use crate::state::story::Story;
use crate::state::wrap_cache::WrapCache;
use crate::text::SafeLine;
use crate::text::safe;

/// A session that is open in the console.
#[derive(Clone, Debug)]
pub struct Chat {
    /// Its id.
    pub id: SessionId,
    /// The session, and where its messages come from.
    pub source: ChatSource,
    /// The messages that are loaded, in order.
    pub messages: Vec<Message>,
    /// The fetch of the session.
    pub fetch: Request,
    /// The fetch of the page of messages before those that are loaded.
    pub earlier_fetch: Request,
    /// Whether to fetch the session again when its stream begins: it is unknown whether the stream begins before the
    /// fetch.
    pub refetch_at_stream_start: bool,
    /// The briefing of the handoff that brought the user here.
    pub briefing: Option<Briefing>,
    /// Answers of the assistant that are being written, as far as they have arrived.
    pub partial_answers: Vec<(MessageId, String)>,
    /// The answer that has not begun yet.
    pub awaited_answer: Option<AwaitedAnswer>,
    /// The message that is being typed.
    pub composer: Composer,
    /// Whether the keys are the conversation's: single letters act, and nothing is typed.
    pub is_conversation_focused: bool,
    /// The mode of the message, for those who edit as in vi. It stays after sending.
    pub vi: Vi,
    /// The index of the suggested step that `Tab` put into the message.
    pub step_in_message: Option<usize>,
    /// The index of the first visible step.
    pub first_visible_step: usize,
    /// The scroll position of the transcript.
    pub scroll: TranscriptScroll,
    /// The `seq` of the marked message: evidence, or a message to copy.
    pub marked_seq: Option<u32>,
    /// The last copied code block: the `seq` of its message, and its index there.
    pub last_copied_block: Option<(u32, usize)>,
    /// The sent message that was recalled into the composer.
    pub recalled_message: Option<RecalledMessage>,
    /// Messages broken into rows.
    pub wrap_cache: WrapCache,
    /// What happened between the messages.
    pub story: Story,
}

/// Where the messages of a chat come from.
#[derive(Clone, Debug)]
pub enum ChatSource {
    /// Not fetched yet: the messages of the handoff's snapshot or of an earlier visit stand in. The session itself is
    /// known from an earlier visit only, and only while there is no connection.
    StandIn(Option<SessionItem>),
    /// Fetched: they are the newest messages, without a gap.
    Fetched(SessionItem),
}

/// An answer that has not begun yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AwaitedAnswer {
    /// When it was requested.
    pub since: Timestamp,
    /// The `seq` of the newest message then.
    pub after_seq: u32,
}

/// A sent message that was recalled into the composer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecalledMessage {
    /// Its index, counted back from the newest.
    pub history_offset: usize,
    /// Its text in the composer.
    pub text: String,
    /// What was typed before: the draft, unless the recalled text is changed.
    pub draft: String,
}

/// The scroll position of a transcript.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TranscriptScroll {
    /// At the end, also when messages are added.
    #[default]
    Follow,
    /// At a row of a message.
    Anchored {
        /// The `seq` of the message.
        seq: u32,
        /// Its row that is the first one.
        row: usize,
        /// The `seq` of the newest message when the user scrolled up: later ones are new.
        newest_seq: u32,
    },
}

impl Chat {
    /// A session that is not loaded yet, with its draft.
    pub fn new(id: SessionId, draft: &str) -> Self {
        Self {
            id,
            source: ChatSource::StandIn(None),
            messages: Vec::new(),
            fetch: Request::Idle,
            earlier_fetch: Request::Idle,
            refetch_at_stream_start: false,
            briefing: None,
            partial_answers: Vec::new(),
            awaited_answer: None,
            composer: Composer::with_text(draft),
            is_conversation_focused: false,
            vi: Vi::default(),
            step_in_message: None,
            first_visible_step: 0,
            scroll: TranscriptScroll::Follow,
            marked_seq: None,
            last_copied_block: None,
            recalled_message: None,
            wrap_cache: WrapCache::default(),
            story: Story::default(),
        }
    }

    /// Gives the keys to the message, to write in it.
    pub fn focus_message(&mut self) {
        self.is_conversation_focused = false;
        self.vi.is_normal = false;
    }

    /// The suggested step that the message consists of: `Tab` put it there, and nobody changed it.
    pub fn unedited_step(&self, me: Option<UserId>) -> Option<usize> {
        let index = self.step_in_message?;
        let step = self.suggested_steps(me).get(index)?;
        (self.composer.text() == *safe::sanitize_line(&step.text)).then_some(index)
    }

    /// Merges a fetched session, which has the newest messages or all. Messages that arrived by the stream meanwhile stay, and
    /// so do earlier ones, unless there is a gap between them and the fetched ones.
    pub fn merge_session(&mut self, session: Session) {
        let began = self.messages.first().map(|first| first.seq);
        let mut known = std::mem::take(&mut self.messages);
        if let Some(first) = session.conversation_messages.first().map(|first| first.seq) {
            let earlier = known.partition_point(|message| message.seq < first);
            let contiguous = known[..earlier].iter().rev().zip((0..first).rev());
            let unbroken = contiguous.take_while(|(message, seq)| message.seq == *seq).count();
            known.drain(..earlier - unbroken);
        }
        self.source = ChatSource::Fetched(session.item);
        self.fetch = Request::Idle;
        for message in session.conversation_messages.into_iter().chain(known) {
            self.insert_message(message);
        }
        // A page that is being fetched belongs before the message that was the first when it was requested.
        let is_first_unchanged = self.messages.first().map(|first| first.seq) == began;
        if !(is_first_unchanged && self.earlier_fetch.is_pending()) {
            self.earlier_fetch = Request::Idle;
        }
        let last = self.newest_seq();
        if let TranscriptScroll::Anchored { newest_seq: newest @ 0, .. } = &mut self.scroll {
            // The user went to a message before any was loaded.
            *newest = last;
        }
    }

    /// Adds the messages right before the loaded ones; false if they are not those.
    pub fn prepend_messages(&mut self, earlier: Vec<Message>) -> bool {
        let fits = |(earlier, first): (&Message, &Message)| earlier.seq + 1 == first.seq;
        let is_right = earlier.last().zip(self.messages.first()).is_some_and(fits);
        if is_right {
            self.messages.splice(..0, earlier);
        }
        is_right
    }

    /// The `seq` of the first loaded message, if the server has earlier ones.
    pub fn earlier_cursor(&self) -> Option<u32> {
        let first = self.messages.first().filter(|_| self.is_fetched())?;
        Some(first.seq).filter(|seq| *seq > 1)
    }

    /// Whether the visible or marked message is at the start of the loaded ones, or before it, in a window of `width`
    /// columns and `height` rows.
    pub fn is_near_start(&self, width: usize, height: usize) -> bool {
        let Some(first) = self.messages.first() else { return false };
        if self.marked_seq.is_some_and(|marked| marked <= first.seq) {
            return true;
        }
        match self.scroll {
            // A message has at least three rows.
            TranscriptScroll::Follow => {
                3 * self.messages.len() <= 2 * height && self.fits_within(0, 0, (width, 2 * height), 0)
            }
            TranscriptScroll::Anchored { seq, row, .. } => {
                let mut above = row;
                for place in 0..self.messages.partition_point(|message| message.seq < seq) {
                    above += self.message_height(place, width);
                    if above >= 2 * height {
                        return false;
                    }
                }
                above < 2 * height
            }
        }
    }

    /// Inserts a message by its `seq`, once. Its partial text is dropped.
    pub fn insert_message(&mut self, message: Message) {
        self.partial_answers.retain(|(id, _)| *id != message.id);
        let answers = |awaited: &mut AwaitedAnswer| {
            message.role != MessageRole::User && message.seq > awaited.after_seq
        };
        self.awaited_answer.take_if(answers);
        match self.messages.binary_search_by_key(&message.seq, |known| known.seq) {
            Ok(place) => self.messages[place] = message,
            Err(place) => self.messages.insert(place, message),
        }
    }

    /// The draft: the text of the composer, unless it is a recalled message that was not changed.
    pub fn draft_text(&self) -> String {
        let text = self.composer.text();
        match &self.recalled_message {
            Some(recalled) if recalled.text == text => recalled.draft.clone(),
            Some(_) | None => text,
        }
    }

    /// The `seq` of the newest message; 0 if there is none.
    pub fn newest_seq(&self) -> u32 {
        self.messages.last().map_or(0, |message| message.seq)
    }

    /// The message with this `seq`.
    pub fn message(&self, seq: u32) -> Option<&Message> {
        let place = self.messages.binary_search_by_key(&seq, |message| message.seq).ok()?;
        self.messages.get(place)
    }

    /// The rows of a message at a width: its header, its text, an empty row, and what happened after it.
    pub fn message_height(&self, index: usize, width: usize) -> usize {
        let text = |message| self.wrap_cache.rows(message, width.saturating_sub(2)).len();
        self.messages.get(index).map_or(0, text) + 2 + self.story_rows(index, width).len()
    }

    /// The rows of what happened after a message and before the next one.
    pub fn story_rows(&self, index: usize, width: usize) -> Vec<SafeLine> {
        let Some(message) = self.messages.get(index) else { return Vec::new() };
        self.story.rows_after(message, self.messages.get(index + 1), width)
    }

    /// Whether everything from a row of a message on fits into `width` columns and `height` rows, with `tail` more rows after
    /// the messages. The empty row at the end needs no room.
    pub fn fits_within(
        &self,
        index: usize,
        row: usize,
        (width, height): (usize, usize),
        tail: usize,
    ) -> bool {
        let room = row + height + 1;
        let mut rows = tail;
        for place in index..self.messages.len() {
            if rows > room {
                break;
            }
            rows += self.message_height(place, width);
        }
        rows <= room
    }

    /// Whether the handoff of the session is open and someone else's.
    pub fn is_read_only(&self, me: Option<UserId>) -> bool {
        let waits = |briefing: &Briefing| {
            briefing.item.status == HandoffStatus::Open && Some(briefing.item.handed_off_by) != me
        };
        self.briefing.as_ref().is_some_and(waits)
    }

    /// Whether others handed the session off, and the user has not claimed it.
    pub fn is_others_handoff(&self, me: Option<UserId>) -> bool {
        let others =
            |briefing: &Briefing| briefing.item.claimed_by != me && Some(briefing.item.handed_off_by) != me;
        me.is_some() && self.briefing.as_ref().is_some_and(others)
    }

    /// Whether a person has taken the session over from its opener.
    pub fn is_taken_over(&self) -> bool {
        let is_claimed =
            self.briefing.as_ref().is_some_and(|briefing| briefing.item.status == HandoffStatus::Claimed);
        is_claimed || self.session().is_some_and(|session| session.assignee_id != session.user_id)
    }

    /// The name of the other person in a session that was taken over.
    pub fn partner_name(&self, me: Option<UserId>) -> Option<&str> {
        let session = self.session().filter(|session| session.assignee_id != session.user_id)?;
        if Some(session.assignee_id) == me { Some(&session.user_name) } else { Some(&session.assignee_name) }
    }

    /// The number of messages that arrived since the user scrolled up.
    pub fn unseen_count(&self) -> u32 {
        match self.scroll {
            TranscriptScroll::Follow => 0,
            TranscriptScroll::Anchored { newest_seq: newest, .. } => self.newest_seq().saturating_sub(newest),
        }
    }

    /// The handoff, while the user works on it.
    pub fn own_handoff(&self, me: Option<UserId>) -> Option<&QueueItem> {
        let item = self.briefing.as_ref().map(|briefing| &briefing.item);
        item.filter(|item| item.status == HandoffStatus::Claimed && item.claimed_by == me && me.is_some())
    }

    /// The assessment, while the user works on the handoff.
    pub fn own_assessment(&self, me: Option<UserId>) -> Option<&Assessment> {
        self.own_handoff(me).and_then(|item| item.ai_assessment_data.as_deref())
    }

    /// The suggested steps, while the user works on the handoff.
    pub fn suggested_steps(&self, me: Option<UserId>) -> &[Step] {
        self.own_assessment(me).map_or(&[], |assessment| &assessment.suggested_steps)
    }

    /// The session, as far as it is known.
    pub const fn session(&self) -> Option<&SessionItem> {
        match &self.source {
            ChatSource::StandIn(session) => session.as_ref(),
            ChatSource::Fetched(session) => Some(session),
        }
    }

    /// The session, to change it.
    pub const fn session_mut(&mut self) -> Option<&mut SessionItem> {
        match &mut self.source {
            ChatSource::StandIn(session) => session.as_mut(),
            ChatSource::Fetched(session) => Some(session),
        }
    }

    /// Whether the session was fetched in this visit.
    pub const fn is_fetched(&self) -> bool {
        matches!(self.source, ChatSource::Fetched(_))
    }

    /// The status of the session, as far as it is known.
    pub fn status(&self) -> Option<SessionStatus> {
        self.session().map(|session| session.status)
    }

    /// The title of the session, in one line.
    pub fn title(&self) -> String {
        match (&self.briefing, self.session()) {
            (Some(briefing), _) => format!("#{} {}", briefing.item.number, briefing.item.problem_summary),
            (None, Some(session)) => format!("session {} {}", session.number, session.title()),
            (None, None) => "session".into(),
        }
    }
}
