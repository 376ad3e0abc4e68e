//! Outcomes of suggested steps as rows: what was learned in a session, over all its handoffs and assessments.

use rusqlite::params;
use tierup_common::assessment::{Assessment, Outcome};
use tierup_common::handoff::StepOutcome;
use tierup_common::id::{HandoffId, SessionId};

use crate::store::error::Result;
use crate::store::tx::{AccountScope, AccountTx};

/// Outcomes kept of one session, the newest ones: more than people try.
const MAX_OUTCOMES: u32 = 100;

impl AccountScope<'_> {
    /// The suggested steps of a session with an outcome, over all its handoffs, in the order they were suggested. Of a step
    /// that was suggested several times, the last outcome counts.
    pub fn step_outcomes(&self, session: SessionId) -> Result<Vec<StepOutcome>> {
        self.step_outcomes_of(session, None)
    }

    /// The same for the steps of one handoff.
    pub fn handoff_step_outcomes(&self, session: SessionId, handoff: HandoffId) -> Result<Vec<StepOutcome>> {
        self.step_outcomes_of(session, Some(handoff))
    }

    /// The suggested steps of a session that worked, over all its handoffs.
    pub fn worked_steps(&self, session: SessionId) -> Result<Vec<String>> {
        let steps = self.step_outcomes(session)?.into_iter();
        Ok(steps.filter(|step| step.outcome == Outcome::Worked).map(|step| step.text).collect())
    }

    fn step_outcomes_of(&self, session: SessionId, handoff: Option<HandoffId>) -> Result<Vec<StepOutcome>> {
        self.query_all(
            // With max(), the other columns are those of its row.
            "SELECT text, outcome, max(step_id) FROM step_outcome
             WHERE account_id = ?1 AND session_id = ?2 AND (?3 IS NULL OR handoff_id = ?3)
             GROUP BY text ORDER BY 3",
            params![self.account, session, handoff],
            |row| Ok(StepOutcome { text: row.get(0)?, outcome: row.get(1)? }),
        )
    }
}

impl AccountTx<'_> {
    /// Stores or removes the outcomes of the steps of an assessment.
    pub(super) fn put_step_outcomes(&self, handoff: HandoffId, assessment: &Assessment) -> Result<()> {
        let session = self.handoff(handoff)?.session_id;
        for step in &assessment.suggested_steps {
            match step.outcome {
                Some(outcome) => self.execute(
                    "INSERT INTO step_outcome (account_id, session_id, step_id, handoff_id, text, outcome)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET outcome = excluded.outcome",
                    params![self.account, session, step.id, handoff, step.text, outcome],
                ),
                None => self.execute(
                    "DELETE FROM step_outcome WHERE account_id = ?1 AND session_id = ?2 AND step_id = ?3",
                    params![self.account, session, step.id],
                ),
            }?;
        }
        self.execute(
            "DELETE FROM step_outcome WHERE account_id = ?1 AND session_id = ?2 AND step_id <=
               (SELECT step_id FROM step_outcome WHERE account_id = ?1 AND session_id = ?2
                ORDER BY step_id DESC LIMIT 1 OFFSET ?3)",
            params![self.account, session, MAX_OUTCOMES],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use tierup_common::assessment::Step;
    use tierup_common::id::{AccountId, StepId, UserId};

    use super::*;
    use crate::store::database::{MIGRATIONS, migrate};
    use crate::store::effects::CommitEffects;
    use crate::store::tx::SystemTx;

    const ACCOUNT: AccountId = AccountId::from_bytes([1; 16]);
    const SESSION: SessionId = SessionId::from_bytes([2; 16]);
    const HANDOFFS: [HandoffId; 2] = [HandoffId::from_bytes([3; 16]), HandoffId::from_bytes([4; 16])];

    /// A database with two handoffs of one session, in an old version if one is given.
    fn database(version: Option<usize>) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        match version {
            Some(version) => MIGRATIONS.to_version(&mut connection, version).unwrap(),
            None => migrate(&mut connection).unwrap(),
        }
        connection
            .execute("INSERT INTO account (id, name, created_at) VALUES (?1, 'Acme', 0)", [ACCOUNT])
            .unwrap();
        let user = UserId::from_bytes([5; 16]);
        let insert = "INSERT INTO user (account_id, id, email, name, role, created_at)
             VALUES (?1, ?2, 'sam@acme.test', 'Sam Ortiz', 'engineer', 0)";
        connection.execute(insert, params![ACCOUNT, user]).unwrap();
        for (number, id) in (1..).zip(HANDOFFS) {
            connection
                .execute(
                    "INSERT INTO handoff (account_id, id, number, session_id, intent, status, since, priority, title,
                       notes, assessment_status, handed_off_by, created_at, updated_at, version)
                     VALUES (?1, ?2, ?3, ?4, 'escalate', 'withdrawn', 0, 1, 't', '', 'ready', ?5, 0, 0, 1)",
                    params![ACCOUNT, id, number, SESSION, user],
                )
                .unwrap();
        }
        connection
    }

    fn assessment(steps: &[(u8, &str, Option<Outcome>)]) -> Assessment {
        let step = |(id, text, outcome): &(u8, &str, Option<Outcome>)| Step {
            id: StepId::from_bytes([*id; 16]),
            text: (*text).into(),
            already_tried: false,
            outcome: *outcome,
            why: None,
        };
        Assessment {
            likely_cause: "DNS".into(),
            suggested_steps: steps.iter().map(step).collect(),
            ..Assessment::default()
        }
    }

    fn put(connection: &Connection, handoff: HandoffId, steps: &[(u8, &str, Option<Outcome>)]) {
        let mut effects = CommitEffects::default();
        let mut system = SystemTx::new(connection, &mut effects);
        system.account_tx(ACCOUNT).put_step_outcomes(handoff, &assessment(steps)).unwrap();
    }

    fn failed_steps(scope: &AccountScope<'_>) -> Vec<String> {
        let steps = scope.step_outcomes(SESSION).unwrap().into_iter();
        steps.filter(|step| step.outcome == Outcome::Failed).map(|step| step.text).collect()
    }

    /// Mutants seen to fail: the outcome of one handoff only; the first outcome of a repeated step.
    #[test]
    fn outcomes_are_those_of_all_handoffs_and_the_last_one_of_a_step_counts() {
        let connection = database(None);
        let (worked, failed) = (Some(Outcome::Worked), Some(Outcome::Failed));
        put(&connection, HANDOFFS[0], &[(1, "Reboot", failed), (2, "Flush", failed), (3, "Wait", None)]);
        put(&connection, HANDOFFS[1], &[(4, "Renew", worked), (5, "Reboot", worked)]);
        let scope = AccountScope::new(&connection, ACCOUNT);
        assert_eq!(scope.worked_steps(SESSION).unwrap(), ["Renew", "Reboot"]);
        assert_eq!(failed_steps(&scope), ["Flush"]);
        let first = scope.handoff_step_outcomes(SESSION, HANDOFFS[0]).unwrap();
        assert_eq!(first.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["Reboot", "Flush"]);
        let other = AccountScope::new(&connection, AccountId::from_bytes([9; 16]));
        assert!(other.worked_steps(SESSION).unwrap().is_empty(), "of another account");
        // An outcome that is taken back is forgotten.
        put(&connection, HANDOFFS[1], &[(4, "Renew", None)]);
        assert_eq!(scope.worked_steps(SESSION).unwrap(), ["Reboot"]);
    }

    /// Mutants seen to fail: no limit; the oldest are kept.
    #[test]
    fn only_the_newest_outcomes_of_a_session_are_kept() {
        let connection = database(None);
        for id in 1..=120 {
            put(&connection, HANDOFFS[0], &[(id, &format!("step {id}"), Some(Outcome::Failed))]);
        }
        let kept = failed_steps(&AccountScope::new(&connection, ACCOUNT));
        assert_eq!((kept.len(), kept[0].as_str(), kept[99].as_str()), (100, "step 21", "step 120"));
    }

    /// Mutant seen to fail: a migration without rows.
    #[test]
    fn a_migration_keeps_the_outcomes_of_older_assessments() {
        let mut connection = database(Some(3));
        let data =
            serde_json::to_string(&assessment(&[(1, "Reboot", Some(Outcome::Worked)), (2, "Wait", None)]));
        connection
            .execute(
                "INSERT INTO assessment (account_id, handoff_id, text, data) VALUES (?1, ?2, 't', ?3),
                   (?1, ?4, NULL, NULL)",
                params![ACCOUNT, HANDOFFS[0], data.unwrap(), HANDOFFS[1]],
            )
            .unwrap();
        migrate(&mut connection).unwrap();
        let scope = AccountScope::new(&connection, ACCOUNT);
        assert_eq!(scope.worked_steps(SESSION).unwrap(), ["Reboot"]);
        assert!(failed_steps(&scope).is_empty());
        put(&connection, HANDOFFS[0], &[(1, "Reboot", None)]);
        assert!(scope.worked_steps(SESSION).unwrap().is_empty(), "the id is the same");
    }
}
