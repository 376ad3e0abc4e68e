//! The team: what its members do, over the HTTP API.

use futures_util::future::try_join_all;
use secrecy::SecretString;
use tierup_common::handoff::{Handoff, Intent};
use tierup_common::id::{BranchId, HandoffId, SessionId, UserId};
use tierup_common::session::{
    CreateMessage, CreateSession, HandOff, IntakeContent, IntakeType, Message, MessageKind, PutBranch,
    Resolve, Session,
};
use tierup_common::user::{CreateToken, CreateUser, Role};

use crate::demo::story::{Problem, ResolvedProblem, Story};
use crate::event::CallError;
use crate::runtime::api::{ApiClient, requests};
use crate::runtime::clock;

/// A user with a token.
#[derive(Clone)]
pub(super) struct TeamMember {
    pub(super) id: UserId,
    pub(super) name: &'static str,
    pub(super) api: ApiClient,
}

/// Everyone but you.
#[derive(Clone)]
pub(super) struct Team {
    /// They escalate problems.
    pub(super) juniors: Vec<TeamMember>,
    /// A senior engineer who claims what has waited for long.
    pub(super) dana: TeamMember,
    /// The owner, who sometimes claims before you do.
    pub(super) ana: TeamMember,
}

impl Team {
    /// Replays the problems that the team has resolved before: the playbook engine learns from them.
    pub(super) async fn seed_history(&self, story: &Story) -> Result<(), CallError> {
        let resolved = story.history.iter().zip(self.juniors.iter().cycle());
        try_join_all(resolved.map(|(problem, junior)| junior.replay_resolved(problem))).await?;
        Ok(())
    }
}

impl TeamMember {
    /// Adds a user, with a token.
    pub(super) async fn add_user(
        &self,
        name: &'static str,
        email: &str,
        role: Role,
    ) -> Result<Self, CallError> {
        let user = CreateUser { email: email.into(), name: name.into(), role, password: None };
        let user = self.api.send(requests::create_user(&user)).await?;
        let token = CreateToken { name: "demo".into(), expires_in_days: Some(1) };
        let token = self.api.send(requests::create_token(user.id, &token)).await?;
        let api = self.api.with_token(SecretString::from(token.token));
        Ok(Self { id: user.id, name, api })
    }

    /// Opens a session about a problem, records what was tried, and escalates it.
    pub(super) async fn escalate(&self, problem: &Problem) -> Result<Handoff, CallError> {
        let session = self.open_session(&problem.summary, &problem.intake).await?;
        for text in &problem.said {
            self.send_message(session, text, MessageKind::Note).await?;
        }
        for tried in &problem.tried {
            let branch = PutBranch {
                hypothesis: tried.hypothesis.clone(),
                status: tried.status,
                evidence: tried.evidence.clone(),
            };
            self.api.send(requests::put_branch(session, BranchId::new(clock::now()), &branch)).await?;
        }
        let handoff = HandOff {
            intent: Intent::Escalate,
            engineer_notes: problem.notes.clone(),
            priority: Some(problem.priority),
            wake_at: None,
        };
        self.api.send(requests::hand_off(session, &handoff)).await
    }

    /// Claims a handoff.
    pub(super) async fn claim(&self, handoff: HandoffId) -> Result<Handoff, CallError> {
        self.api.send(requests::claim(handoff)).await
    }

    /// Sends a message that the assistant answers.
    pub(super) async fn ask(&self, session: SessionId, text: &str) -> Result<Message, CallError> {
        self.send_message(session, text, MessageKind::Ask).await
    }

    /// Resolves a session.
    pub(super) async fn resolve(&self, session: SessionId, resolution: &str) -> Result<Session, CallError> {
        let body = Resolve { resolution: resolution.into(), worked_step_ids: Vec::new(), duplicate_of: None };
        self.api.send(requests::resolve(session, &body)).await
    }

    async fn replay_resolved(&self, resolved: &ResolvedProblem) -> Result<(), CallError> {
        let session = self.open_session(&resolved.summary, &resolved.intake).await?;
        for text in &resolved.said {
            self.send_message(session, text, MessageKind::Note).await?;
        }
        self.resolve(session, &resolved.resolution).await.map(drop)
    }

    async fn open_session(&self, summary: &str, intake: &str) -> Result<SessionId, CallError> {
        let body = CreateSession {
            intake_type: IntakeType::FreeText,
            intake_content: IntakeContent { text: intake.trim().into() },
            problem_summary: Some(summary.into()),
        };
        Ok(self.api.send(requests::create_session(&body)).await?.item.id)
    }

    async fn send_message(
        &self,
        session: SessionId,
        text: &str,
        kind: MessageKind,
    ) -> Result<Message, CallError> {
        let body = CreateMessage { content: text.into(), kind };
        self.api.send(requests::create_message(session, &body)).await
    }
}
