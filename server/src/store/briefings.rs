//! What engines read of a session, from several tables: the session as it is now, not as it was at a handoff.

use rusqlite::params;
use tierup_common::event::{Event, EventBody, Kind};
use tierup_common::handoff::ChangesSince;
use tierup_common::id::HandoffId;
use tierup_common::limit;

use crate::domain::briefing::Briefing;
use crate::domain::changes::{AskedQuestion, EarlierEscalation};
use crate::domain::hand_off::HandoffContext;
use crate::domain::handoff::{Handoff, HandoffState};
use crate::domain::session::Session;
use crate::store::error::Result;
use crate::store::tx::AccountScope;

impl AccountScope<'_> {
    /// A session as an engine reads it, with what was written at its latest escalation.
    pub fn session_briefing(&self, session: Session) -> Result<Briefing> {
        let escalation = session.latest_escalation.map(|id| self.handoff(id)).transpose()?;
        self.briefing(session, escalation.map(|handoff| handoff.notes).unwrap_or_default())
    }

    /// A handoff as an engine reads it, with all that was said and tried in its session since.
    pub fn handoff_briefing(&self, handoff: Handoff) -> Result<Briefing> {
        let changes_since = self.changes_since(handoff.id)?;
        let session = self.session(handoff.session_id)?;
        Ok(Briefing { changes_since, title: handoff.title, ..self.briefing(session, handoff.notes)? })
    }

    /// A session with all that a handoff needs.
    pub fn handoff_context(&self, session: Session) -> Result<HandoffContext> {
        let escalation = session.latest_escalation.map(|id| self.earlier_escalation(id)).transpose()?;
        Ok(HandoffContext {
            escalation,
            intake: self.intake(session.id)?,
            branches: self.branches(session.id)?,
            messages: self.last_messages(session.id, limit::MAX_SNAPSHOT_MESSAGES)?,
            session,
        })
    }

    fn briefing(&self, session: Session, notes: String) -> Result<Briefing> {
        Ok(Briefing {
            intake: self.intake(session.id)?,
            notes,
            branches: self.branches(session.id)?,
            messages: self.last_messages(session.id, limit::MAX_SNAPSHOT_MESSAGES)?,
            earlier_steps: self.step_outcomes(session.id)?,
            changes_since: None,
            title: session.title,
        })
    }

    fn earlier_escalation(&self, id: HandoffId) -> Result<EarlierEscalation> {
        let handoff = self.handoff(id)?;
        let steps = self.handoff_step_outcomes(handoff.session_id, id)?;
        let question = self.question_about(&handoff)?;
        Ok(EarlierEscalation { snapshot: self.snapshot(id)?, steps, question, handoff })
    }

    /// The question with which a handoff was sent back, if it was. The log keeps it for good.
    fn question_about(&self, handoff: &Handoff) -> Result<Option<AskedQuestion>> {
        if !matches!(handoff.state, HandoffState::Withdrawn(_)) {
            return Ok(None);
        }
        let body: Option<String> = self.query_first(
            "SELECT body FROM event WHERE account_id = ?1 AND session_id = ?2 AND handoff_id = ?3 AND type = ?4
             ORDER BY seq DESC LIMIT 1",
            params![self.account, handoff.session_id, handoff.id, Kind::HandoffSentBack],
            |row| row.get(0),
        )?;
        let event: Option<Event> = body.map(|body| serde_json::from_str(&body)).transpose()?;
        Ok(event.and_then(|event| {
            let EventBody::HandoffSentBack { by, question, .. } = event.body else { return None };
            Some(AskedQuestion { by, at: event.at, text: question })
        }))
    }

    fn changes_since(&self, handoff: HandoffId) -> Result<Option<ChangesSince>> {
        let json: Option<Option<String>> = self.query_first(
            "SELECT body -> '$.changes_since' FROM snapshot WHERE account_id = ?1 AND handoff_id = ?2",
            params![self.account, handoff],
            |row| row.get(0),
        )?;
        Ok(json.flatten().map(|json| serde_json::from_str(&json)).transpose()?)
    }
}
