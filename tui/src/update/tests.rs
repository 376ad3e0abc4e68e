//! Stories of `update`: events in, effects out. This file has the fixtures: people, handoffs and a console.

mod appearance;
mod assessments;
mod claims;
mod earlier_messages;
mod hints;
mod inbox;
mod lists;
mod messaging;
mod note_or_question;
mod polling;
mod reading;
mod reconnect;
mod search;
mod secrets;
mod text_cursor;
mod tried;
mod writing;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use tierup_common::assessment::{Assessment, AssessmentStatus, Basis, Confidence, Step};
use tierup_common::event::{
    Event as AccountEvent, EventBody, HandoffSummary, SessionSummary, Signal, StreamFrame,
};
use tierup_common::handoff::{Handoff, HandoffStatus, Priority, QueueCounts, QueueItem, QueuePage, Snapshot};
use tierup_common::id::{HandoffId, MessageId, Number, Seq, SessionId, StepId, UserId};
use tierup_common::session::{
    ConfidenceTier, IntakeContent, IntakeType, Message, MessageRole, Session, SessionItem, SessionStatus,
    SessionType,
};
use tierup_common::time::Timestamp;
use tierup_common::user::{Me, Person, Role, User};

use crate::effect::{Call, CallId, Effect};
use crate::event::{CallError, Event, Reply, ReplyBody, TransportError};
use crate::state::layer::Layer;
use crate::state::{Screen, State};
use crate::update::{start, update};

const PRIYA: u8 = 1;
const DANA: u8 = 2;
const SAM: u8 = 3;

/// Sunday, 2026-11-22, 09:30 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_339_800_000);

fn person(who: u8) -> Person {
    let name = match who {
        PRIYA => "Priya Nair",
        DANA => "Dana Wu",
        _ => "Sam Ortiz",
    };
    Person { id: UserId::from_bytes([who; 16]), name: name.into() }
}

fn handoff_id(number: u8) -> HandoffId {
    HandoffId::from_bytes([number; 16])
}

fn session_id(number: u8) -> SessionId {
    SessionId::from_bytes([number; 16])
}

/// An open handoff by Sam; its session has the same number.
fn item(number: u8) -> QueueItem {
    let summary = HandoffSummary {
        handoff_id: handoff_id(number),
        session_id: session_id(number),
        number: Number(number.into()),
        priority: Priority::Normal,
        problem_summary: format!("problem {number}"),
        created_at: NOW,
        due_at: None,
        version: 1,
        handed_off_by: None,
    };
    QueueItem { assessment_status: AssessmentStatus::Pending, ..summary.into_open_item(person(SAM)) }
}

fn claimed_by(who: u8, mut item: QueueItem) -> QueueItem {
    item.status = HandoffStatus::Claimed;
    (item.claimed_by, item.claimed_by_name) = (Some(person(who).id), Some(person(who).name));
    item.claimed_at = Some(NOW);
    item.version += 1;
    item
}

fn with_steps(mut item: QueueItem, count: u8) -> QueueItem {
    let step = |number| Step {
        id: StepId::from_bytes([number; 16]),
        text: format!("step {number}"),
        already_tried: false,
        outcome: None,
        why: None,
    };
    item.assessment_status = AssessmentStatus::Ready;
    item.ai_assessment_data = Some(Box::new(Assessment {
        likely_cause: "DNS".into(),
        suggested_steps: (1..=count).map(step).collect(),
        confidence: Confidence::Low,
        ..Assessment::default()
    }));
    item
}

fn handoff_with_snapshot(item: QueueItem) -> Handoff {
    let snapshot = Snapshot {
        problem_summary: None,
        intake_content: IntakeContent { text: item.problem_summary.clone() },
        confidence_tier: ConfidenceTier::Discovery,
        branch_map: Vec::new(),
        messages: vec![message(31, SAM, "the last of many")],
        message_count: 31,
        taken_at: NOW,
        changes_since: None,
    };
    Handoff { item, snapshot }
}

fn message(seq: u8, who: u8, text: &str) -> Message {
    Message {
        id: MessageId::from_bytes([seq; 16]),
        seq: seq.into(),
        role: MessageRole::User,
        author_id: Some(person(who).id),
        author_name: Some(person(who).name),
        content: text.into(),
        created_at: NOW,
        mentions: Vec::new(),
    }
}

fn message_added(session_id: SessionId, message: Message) -> EventBody {
    EventBody::MessageAdded { session_id, message, session_number: None, problem_summary: None }
}

fn assistant_message(seq: u8, text: &str) -> Message {
    Message { role: MessageRole::Assistant, author_id: None, author_name: None, ..message(seq, SAM, text) }
}

/// A session of Sam's, with the user who works on it.
fn session(number: u8, status: SessionStatus, assignee: u8, messages: Vec<Message>) -> Session {
    let item = SessionItem {
        id: session_id(number),
        number: Number(number.into()),
        session_type: SessionType::Guided,
        intake_type: IntakeType::FreeText,
        intake_content: IntakeContent { text: format!("problem {number}") },
        problem_summary: None,
        status,
        confidence_tier: ConfidenceTier::Discovery,
        user_id: person(SAM).id,
        user_name: person(SAM).name,
        assignee_id: person(assignee).id,
        assignee_name: person(assignee).name,
        handoff_count: 0,
        handoff_id: None,
        latest_escalation: None,
        resolution: None,
        duplicate_of: None,
        duplicates: Vec::new(),
        branch_map: Vec::new(),
        created_at: NOW,
        updated_at: NOW,
        resolved_at: None,
        version: 1,
    };
    Session { item, escalation_package: None, conversation_messages: messages }
}

/// An event with the next version of a handoff.
fn handoff_summary(item: &QueueItem) -> HandoffSummary {
    HandoffSummary {
        handoff_id: item.id,
        session_id: item.session_id,
        number: item.number,
        priority: item.priority,
        problem_summary: item.problem_summary.clone(),
        created_at: item.created_at,
        due_at: None,
        version: item.version + 1,
        handed_off_by: Some(Person { id: item.handed_off_by, name: item.handed_off_by_name.clone() }),
    }
}

fn session_summary(session: &Session) -> SessionSummary {
    SessionSummary {
        session_id: session.item.id,
        number: session.item.number,
        problem_summary: "problem".into(),
        status: session.item.status,
        confidence_tier: session.item.confidence_tier,
        assignee: Person { id: session.item.assignee_id, name: session.item.assignee_name.clone() },
    }
}

/// Priya at her console.
struct TestConsole {
    state: State,
    /// Effects that no test has taken yet.
    effects: Vec<Effect>,
    seq: u64,
}

impl TestConsole {
    /// A connected console with these handoffs in its lists.
    fn with_items(items: Vec<QueueItem>) -> Self {
        let mut console = Self::just_opened();
        console.receive_hello(10);
        let (claimed, open) = items.into_iter().partition(|item| item.status == HandoffStatus::Claimed);
        for items in [open, claimed] {
            let call_id = console.take_call(|call| matches!(call, Call::Queue { .. }));
            console.reply(call_id, Ok(ReplyBody::Queue(queue_page(items))));
        }
        for status in [SessionStatus::Paused, SessionStatus::Active] {
            console.reply_own_sessions(status, Vec::new());
        }
        console.paint();
        console.effects.clear();
        console
    }

    /// A console that has just started: the user is known, all other calls wait for their replies.
    fn just_opened() -> Self {
        let mut state = State::default();
        (state.terminal_size, state.now, state.server_url) =
            ((120, 36), NOW, Some("https://acme.test".into()));
        let effects = start(&mut state);
        let mut console = Self { state, effects, seq: 10 };
        let call_id = console.take_call(|call| matches!(call, Call::Me));
        let (Person { id, name }, email) = (person(PRIYA), "priya@acme.test".into());
        let user = User { id, email, name, role: Role::Engineer, active: true, created_at: NOW };
        console.reply(call_id, Ok(ReplyBody::Me(Me { user, account_name: "Acme".into() })));
        console
    }

    fn dispatch(&mut self, event: Event) {
        let effects = update(&mut self.state, event);
        self.effects.extend(effects);
    }

    fn paint_buffer(&mut self) -> Buffer {
        let mut buffer =
            Buffer::empty(Rect::new(0, 0, self.state.terminal_size.0, self.state.terminal_size.1));
        self.state.last_paint = crate::view::paint(&self.state, &mut buffer);
        buffer
    }

    fn paint(&mut self) -> String {
        let buffer = self.paint_buffer();
        let rows = buffer.content.chunks(usize::from(buffer.area.width));
        rows.map(|row| row.iter().map(Cell::symbol).collect::<String>() + "\n").collect()
    }

    /// Presses keys. Keys other than characters have a name in `<>`.
    fn press_keys(&mut self, keys: &str) {
        let mut rest = keys;
        while let Some(c) = rest.chars().next() {
            let (name, after) = match rest.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
                Some((name, after)) => (name, after),
                None => ("", &rest[c.len_utf8()..]),
            };
            let (code, modifiers) = match name {
                "" => (KeyCode::Char(c), KeyModifiers::NONE),
                "enter" => (KeyCode::Enter, KeyModifiers::NONE),
                "esc" => (KeyCode::Esc, KeyModifiers::NONE),
                "up" => (KeyCode::Up, KeyModifiers::NONE),
                "tab" => (KeyCode::Tab, KeyModifiers::NONE),
                "s-tab" => (KeyCode::BackTab, KeyModifiers::SHIFT),
                "pageup" => (KeyCode::PageUp, KeyModifiers::NONE),
                "alt-up" => (KeyCode::Up, KeyModifiers::ALT),
                name => {
                    let (modifier, letter) = name.split_once('-').unwrap();
                    let modifier = if modifier == "alt" { KeyModifiers::ALT } else { KeyModifiers::CONTROL };
                    (KeyCode::Char(letter.chars().next().unwrap()), modifier)
                }
            };
            self.dispatch(Event::Key(KeyEvent::new(code, modifiers)));
            rest = after;
        }
    }

    /// Advances the clock.
    fn advance_clock(&mut self, span: Duration) {
        let now = self.state.now.plus(span);
        self.dispatch(Event::Tick(now));
    }

    /// Delivers an event by the team's stream.
    fn receive_team_event(&mut self, body: EventBody) {
        self.seq += 1;
        let event = AccountEvent { seq: Seq(self.seq), at: self.state.now, body };
        self.dispatch(Event::TeamStreamFrame(StreamFrame::Event(Box::new(event))));
    }

    /// Delivers an event by a filtered stream.
    fn receive_filtered_event(&mut self, body: EventBody) {
        self.seq += 1;
        let event = AccountEvent { seq: Seq(self.seq), at: self.state.now, body };
        self.dispatch(Event::FilteredStreamFrame(StreamFrame::Event(Box::new(event))));
    }

    fn receive_hello(&mut self, newest: u64) {
        let hello = Signal::Hello { seq: Seq(newest), oldest_seq: Seq(1), now: NOW };
        self.dispatch(Event::TeamStreamFrame(StreamFrame::Signal(hello)));
    }

    /// The id of the first call without a reply that the predicate accepts.
    #[track_caller]
    fn take_call(&mut self, predicate: impl Fn(&Call) -> bool) -> CallId {
        let is_call = |effect: &Effect| matches!(effect, Effect::Call(_, call) if predicate(call));
        let index = self.effects.iter().position(is_call);
        let index = index.unwrap_or_else(|| panic!("no such call: {:?}", self.effects));
        let Effect::Call(call_id, _) = self.effects.remove(index) else { unreachable!("a call") };
        call_id
    }

    /// The number of calls without a reply that the predicate accepts.
    fn count_calls(&self, predicate: impl Fn(&Call) -> bool) -> usize {
        self.effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Call(_, call) if predicate(call)))
            .count()
    }

    fn reply(&mut self, call_id: CallId, result: Result<ReplyBody, CallError>) {
        let call = self.state.pending_calls[&call_id].clone();
        self.dispatch(Event::Reply(Box::new(Reply { call_id, call, result })));
    }

    fn reply_own_sessions(&mut self, status: SessionStatus, sessions: Vec<Session>) {
        let items = sessions.into_iter().map(|session| session.item).collect();
        let page = tierup_common::session::SessionPage { items, next_cursor: None };
        let call_id = self.take_call(|call| *call == Call::OwnSessions(status));
        self.reply(call_id, Ok(ReplyBody::Sessions(page)));
    }

    /// Another console of Priya parks her session, which this one learns from the event and the list.
    fn park_own_session(&mut self, number: u8, handoff: u8) {
        let mut parked = session(number, SessionStatus::Paused, PRIYA, Vec::new());
        parked.item.handoff_id = Some(handoff_id(handoff));
        self.receive_team_event(EventBody::SessionUpdated {
            session: session_summary(&parked),
            by: person(PRIYA),
            branch: None,
            handoff_id: Some(handoff_id(handoff)),
            duplicate: None,
        });
        self.reply_own_sessions(SessionStatus::Paused, vec![parked]);
    }

    /// A console in the session of a handoff that Priya has claimed.
    fn in_claimed_session(item: QueueItem, messages: Vec<Message>) -> Self {
        let number = u8::try_from(item.number.0).unwrap();
        let mut console = Self::with_items(vec![claimed_by(PRIYA, item)]);
        console.press_keys("2<enter>");
        let call_id = console.take_call(|call| matches!(call, Call::Session(_)));
        let session = session(number, SessionStatus::Active, PRIYA, messages);
        console.reply(call_id, Ok(ReplyBody::Session(session)));
        console.paint();
        console.effects.clear();
        console
    }

    fn chat(&self) -> &crate::state::chat::Chat {
        let Screen::Session(chat) = &self.state.screen else { panic!("no session is open") };
        chat
    }

    fn make_admin(&mut self) {
        if let Some(me) = &mut self.state.me {
            me.user.role = Role::Admin;
        }
    }

    fn has_conflict(&self) -> bool {
        self.state.layers.iter().any(|layer| matches!(layer, Layer::Conflict(_)))
    }

    fn has_logged_toast(&self, words: &str) -> bool {
        self.state.toasts.log().any(|toast| toast.text.contains(words))
    }
}

fn queue_page(items: Vec<QueueItem>) -> QueuePage {
    QueuePage { items, next_cursor: None, counts: QueueCounts::default(), as_of_seq: Seq(10) }
}

fn unreachable_error() -> CallError {
    CallError::Unreachable(TransportError::NoConnection)
}
