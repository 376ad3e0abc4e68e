//! Queries about what is open: the session, the briefing, the top layer and the text input.

use tierup_common::assessment::{Assessment, Similar, Step};
use tierup_common::handoff::{HandoffStatus, QueueItem};
use tierup_common::id::{HandoffId, SessionId};
use tierup_common::permission;
use tierup_common::session::{MessageKind, Session};
use tierup_common::time::Timestamp;

use crate::keymap::Context;
use crate::state::briefing::Briefing;
use crate::state::briefing::is_being_assessed;
use crate::state::chat::Chat;
use crate::state::command_line::CommandLine;
use crate::state::composer::Composer;
use crate::state::dialog::Dialog;
use crate::state::layer::{Conflict, Layer, Picker};
use crate::state::login::LogInForm;
use crate::state::palette::Palette;
use crate::state::{Screen, State};

/// Columns from which on a session has its briefing beside it.
const BRIEFING_BESIDE_MIN_WIDTH: u16 = 160;

/// The text that typed and pasted characters go to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextInput {
    /// The message in the open session.
    Composer,
    /// A field of the log-in form.
    LogIn,
    /// A field of the dialog.
    Dialog,
    /// The filter of the list.
    Filter,
    /// The query of the palette.
    Palette,
    /// The command line.
    CommandLine,
    /// The filter of the help.
    Help,
    /// The search in what is read.
    Search,
}

/// The session or the briefing on the screen.
impl State {
    /// The open session.
    pub fn open_chat(&self) -> Option<&Chat> {
        match &self.screen {
            Screen::Session(chat) => Some(chat),
            Screen::Queue | Screen::Briefing(_) => None,
        }
    }

    /// The open session, to change it.
    pub fn open_chat_mut(&mut self) -> Option<&mut Chat> {
        match &mut self.screen {
            Screen::Session(chat) => Some(chat),
            Screen::Queue | Screen::Briefing(_) => None,
        }
    }

    /// The open session, if it is this one.
    pub fn open_chat_of_mut(&mut self, id: SessionId) -> Option<&mut Chat> {
        self.open_chat_mut().filter(|chat| chat.id == id)
    }

    /// The open briefing: a screen of its own, or the one of the open session.
    pub fn open_briefing(&self) -> Option<&Briefing> {
        match &self.screen {
            Screen::Queue => None,
            Screen::Briefing(briefing) => Some(briefing),
            Screen::Session(chat) => chat.briefing.as_ref(),
        }
    }

    /// The open briefing, to change it.
    pub fn open_briefing_mut(&mut self) -> Option<&mut Briefing> {
        match &mut self.screen {
            Screen::Queue => None,
            Screen::Briefing(briefing) => Some(briefing),
            Screen::Session(chat) => chat.briefing.as_mut(),
        }
    }

    /// Whether there is room for the briefing beside the open session.
    pub fn is_briefing_beside_session(&self) -> bool {
        let has_briefing = self.open_chat().is_some_and(|chat| chat.briefing.is_some());
        has_briefing && self.terminal_size.0 >= BRIEFING_BESIDE_MIN_WIDTH
    }

    /// The open briefing, if it is the one of this handoff.
    pub fn open_briefing_of_mut(&mut self, id: HandoffId) -> Option<&mut Briefing> {
        self.open_briefing_mut().filter(|briefing| briefing.item.id == id)
    }

    /// A handoff from the lists, or else from the open briefing.
    pub fn known_handoff(&self, id: HandoffId) -> Option<&QueueItem> {
        let open = self.open_briefing().map(|briefing| &briefing.item);
        self.queue.item(id).or(open.filter(|item| item.id == id))
    }

    /// The title of a handoff, like `#42 VPN is down`; empty if the handoff is unknown.
    pub fn handoff_title(&self, id: HandoffId) -> String {
        self.known_handoff(id)
            .map(|item| format!("#{} {}", item.number, item.problem_summary))
            .unwrap_or_default()
    }

    /// How the user knows a session: by the handoff that brought them there, or else by its own number.
    pub fn session_label(&self, session: &Session) -> String {
        let chat = self.open_chat().filter(|chat| chat.id == session.item.id);
        match chat.and_then(|chat| chat.briefing.as_ref()) {
            Some(briefing) => format!("#{}", briefing.item.number),
            None => format!("Session {}", session.item.number),
        }
    }

    /// Whether the user may ask the assistant in a session. A note they may leave anywhere.
    pub fn can_ask(&self, chat: &Chat) -> bool {
        match chat.session().filter(|_| self.me.is_some()) {
            Some(session) => permission::add_message(self.actor(), session.into(), MessageKind::Ask).is_ok(),
            None => !chat.is_others_handoff(self.my_id()),
        }
    }

    /// Whether the assistant answers the next message in a session: as the user chose there, or else only until a person
    /// takes the session over. From then on people talk to each other.
    pub fn message_kind(&self, chat: &Chat) -> MessageKind {
        if !self.can_ask(chat) {
            return MessageKind::Note;
        }
        let chosen = self.chosen_message_kinds.get(&chat.id).copied();
        chosen.unwrap_or(if chat.is_taken_over() { MessageKind::Note } else { MessageKind::Ask })
    }

    /// The steps that were suggested for the open handoff.
    pub fn suggested_steps(&self) -> &[Step] {
        self.open_assessment().map_or(&[], |assessment| &assessment.suggested_steps)
    }

    /// Resolved sessions that resemble the open handoff.
    pub fn similar_cases(&self) -> &[Similar] {
        self.open_assessment().map_or(&[], |assessment| &assessment.similar)
    }

    /// The assessment of the open handoff.
    pub fn open_assessment(&self) -> Option<&Assessment> {
        self.open_briefing().and_then(Briefing::assessment)
    }

    /// Whether the strip of suggested steps is on the screen.
    pub fn is_step_strip_shown(&self) -> bool {
        let me = self.my_id();
        self.open_chat().is_some_and(|chat| {
            !chat.suggested_steps(me).is_empty() && !self.sessions_hiding_steps.contains(&chat.id)
        })
    }

    /// Hides the strip of suggested steps of a session.
    pub fn hide_steps(&mut self, id: SessionId) {
        if !self.sessions_hiding_steps.contains(&id) {
            self.sessions_hiding_steps.push(id);
        }
    }

    /// Hides the strip, or shows it again.
    pub fn toggle_steps(&mut self, id: SessionId) {
        if self.sessions_hiding_steps.contains(&id) {
            self.sessions_hiding_steps.retain(|hiding| *hiding != id);
        } else {
            self.hide_steps(id);
        }
    }

    /// Whether the strip waits for steps: the assessment of a handoff that the user claimed is being written.
    pub fn is_awaiting_steps(&self) -> bool {
        let me = self.my_id();
        self.open_chat().is_some_and(|chat| {
            !self.sessions_hiding_steps.contains(&chat.id)
                && chat.suggested_steps(me).is_empty()
                && chat.own_handoff(me).is_some_and(is_being_assessed)
        })
    }
}

/// The stage of a handoff, from the user's point of view.
impl State {
    /// Whether the user has claimed a handoff and works on it.
    pub fn is_mine(&self, item: &QueueItem) -> bool {
        item.status == HandoffStatus::Claimed && item.claimed_by.is_some() && item.claimed_by == self.my_id()
    }

    /// Whether a listed handoff is one that the user works on.
    pub fn is_claimed_by_me(&self, id: HandoffId) -> bool {
        self.queue.item(id).is_some_and(|item| self.is_mine(item))
    }

    /// Whether a listed handoff was handed off by the user.
    pub fn is_handed_off_by_me(&self, id: HandoffId) -> bool {
        let me = self.my_id();
        self.queue.item(id).is_some_and(|item| Some(item.handed_off_by) == me)
    }
}

/// The layers over the screen.
impl State {
    /// Opens a dialog on top.
    pub fn open_dialog(&mut self, dialog: Dialog) {
        self.layers.push(Layer::Dialog(Box::new(dialog)));
    }

    /// The dialog, if it is the top layer.
    pub fn top_dialog_mut(&mut self) -> Option<&mut Dialog> {
        self.layers.last_mut().and_then(Layer::as_dialog_mut)
    }

    /// The dialog nearest to the top, whatever lies over it.
    pub fn dialog(&self) -> Option<&Dialog> {
        self.layers.iter().rev().find_map(Layer::as_dialog)
    }

    /// Every open dialog.
    pub fn dialogs_mut(&mut self) -> impl Iterator<Item = &mut Dialog> {
        self.layers.iter_mut().filter_map(Layer::as_dialog_mut)
    }

    /// The picker, if it is the top layer.
    pub fn top_picker(&self) -> Option<&Picker> {
        self.layers.last().and_then(Layer::as_picker)
    }

    /// The picker, if it is the top layer, to change it.
    pub fn top_picker_mut(&mut self) -> Option<&mut Picker> {
        self.layers.last_mut().and_then(Layer::as_picker_mut)
    }

    /// The palette, if it is the top layer.
    pub fn top_palette_mut(&mut self) -> Option<&mut Palette> {
        self.layers.last_mut().and_then(Layer::as_palette_mut)
    }

    /// The command line, if it is the top layer.
    pub fn top_command_line_mut(&mut self) -> Option<&mut CommandLine> {
        self.layers.last_mut().and_then(Layer::as_command_line_mut)
    }

    /// The line of the palette or of the command line, if one is the top layer.
    pub fn top_line_mut(&mut self) -> Option<&mut Composer> {
        self.layers.last_mut().and_then(Layer::as_line_mut)
    }

    /// The popup about a lost claim, whatever lies over it.
    pub fn conflict(&self) -> Option<&Conflict> {
        self.layers.iter().rev().find_map(Layer::as_conflict)
    }

    /// Whether the log-in form is the top layer.
    pub fn is_login_on_top(&self) -> bool {
        matches!(self.layers.last(), Some(Layer::LogIn(_)))
    }

    /// The log-in form, whatever lies over it.
    pub fn login_form_mut(&mut self) -> Option<&mut LogInForm> {
        self.layers.iter_mut().rev().find_map(Layer::as_login_mut)
    }

    /// The text that has the keys, if one has.
    pub fn text_input(&self) -> Option<TextInput> {
        match self.context() {
            Context::Session => Some(TextInput::Composer),
            Context::Dialog if self.is_login_on_top() => Some(TextInput::LogIn),
            Context::Dialog => Some(TextInput::Dialog),
            Context::Filter => Some(TextInput::Filter),
            Context::Palette => Some(TextInput::Palette),
            Context::CommandLine => Some(TextInput::CommandLine),
            Context::Help => Some(TextInput::Help),
            Context::SearchLine => Some(TextInput::Search),
            Context::Global
            | Context::Queue
            | Context::Briefing
            | Context::BriefingOverlay
            | Context::Conversation
            | Context::SessionMenu
            | Context::Editing
            | Context::Conflict
            | Context::Branches
            | Context::Steps
            | Context::SimilarCases
            | Context::Confirm
            | Context::SecretWarning
            | Context::Log
            | Context::Pager
            | Context::Search => None,
        }
    }

    /// The text that has the keys, to edit it, and whether it has one line. The last field of the log-in form is none: what
    /// is typed there is not shown.
    pub fn focused_text_mut(&mut self) -> Option<(&mut Composer, bool)> {
        match self.text_input()? {
            TextInput::Composer => self.open_chat_mut().map(|chat| (&mut chat.composer, false)),
            TextInput::LogIn => self.login_form_mut()?.focused_text_mut().map(|text| (text, true)),
            TextInput::Dialog => self.top_dialog_mut()?.focused_field_mut()?.text_mut(),
            TextInput::Filter => Some((&mut self.queue.filter.input, true)),
            TextInput::Palette | TextInput::CommandLine => self.top_line_mut().map(|line| (line, true)),
            TextInput::Help => self.layers.last_mut()?.help_filter_mut().map(|filter| (filter, true)),
            TextInput::Search => self.active_search_mut().map(|search| (&mut search.input, true)),
        }
    }

    /// The time until which keys are ignored, because the top layer has just opened by itself.
    pub fn input_blocked_until(&self) -> Option<Timestamp> {
        self.layers.last().and_then(Layer::accepts_input_from).filter(|from| *from > self.now)
    }
}
