//! Applies decisions: their rows, their events and their jobs.

use tierup_common::time::Timestamp;

use crate::domain::{AssessmentChange, Change, Decision};
use crate::store::counters::CounterDelta;
use crate::store::error::Result;
use crate::store::tx::AccountTx;

impl AccountTx<'_> {
    /// Applies a decision in the open transaction.
    pub fn apply(&mut self, decision: Decision, now: Timestamp) -> Result<()> {
        let mut counters = CounterDelta::default();
        for change in decision.changes {
            counters += self.apply_change(change)?;
        }
        let appended = self.append_events(decision.events, counters, now)?;
        self.effects.events.extend(appended);
        decision.jobs.into_iter().try_for_each(|job| self.enqueue(job, now))
    }

    fn apply_change(&mut self, change: Change) -> Result<CounterDelta> {
        match change {
            Change::InsertHandoff(handoff, snapshot) => return self.insert_handoff(&handoff, &snapshot),
            Change::UpdateHandoff(handoff) => return self.update_handoff(&handoff),
            Change::InsertSession(session) => return self.insert_session(&session),
            Change::UpdateSession(session) => self.update_session(&session),
            Change::InsertMessage(session, message) => self.insert_message(session, &message),
            Change::PutBranch(session, branch) => self.put_branch(session, &branch),
            Change::PutAssessment(handoff, AssessmentChange::Ready(text, data)) => {
                self.put_assessment(handoff, &text, &data)
            }
            Change::PutAssessment(handoff, AssessmentChange::Failed(reason, detail)) => {
                self.put_assessment_error(handoff, &reason, detail.as_deref())
            }
            Change::PutAssessment(handoff, AssessmentChange::StepsUpdated(data)) => {
                self.put_assessment_data(handoff, &data)
            }
            Change::InsertUser(new) => self.insert_user(&new),
            Change::UpdateUser(update) => self.update_user(&update),
            Change::InsertToken(token) => self.insert_token(&token),
            Change::DeleteToken(token) => self.delete_token(token),
        }?;
        Ok(CounterDelta::default())
    }
}
