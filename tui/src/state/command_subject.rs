//! What a command of the user's own is run on: what is open, or the selected row.

use tierup_common::handoff::QueueItem;
use tierup_common::session::SessionItem;

use crate::settings::CommandSubject;
use crate::state::lists::RowId;
use crate::state::{Screen, State};

impl State {
    /// The handoff or session that is open or selected; none if nothing is.
    pub fn command_subject(&self) -> Option<CommandSubject> {
        match &self.screen {
            Screen::Briefing(briefing) => Some(of_handoff(&briefing.item)),
            Screen::Session(chat) => match (&chat.briefing, chat.session()) {
                (Some(briefing), _) => Some(of_handoff(&briefing.item)),
                (None, session) => session.map(of_session),
            },
            Screen::Queue => match self.queue.selected_row()? {
                RowId::Handoff(id) => self.queue.item(id).map(of_handoff),
                RowId::Session(id) => {
                    self.queue.selected_past_session().or_else(|| self.queue.own_session(id)).map(of_session)
                }
            },
        }
    }
}

fn of_handoff(item: &QueueItem) -> CommandSubject {
    CommandSubject {
        id: item.id.to_string(),
        number: item.number.to_string(),
        session_id: item.session_id.to_string(),
        problem: item.problem_summary.clone(),
    }
}

/// A session that was escalated counts as its latest handoff.
fn of_session(session: &SessionItem) -> CommandSubject {
    let latest = session.latest_escalation.as_ref();
    CommandSubject {
        id: latest.map_or_else(|| session.id.to_string(), |latest| latest.handoff_id.to_string()),
        number: latest.map_or(session.number, |latest| latest.number).to_string(),
        session_id: session.id.to_string(),
        problem: session.title(),
    }
}
