//! The team: what people do, over the same HTTP API as everybody.

use futures_util::future::try_join_all;
use reqwest::Method;
use secrecy::SecretString;
use serde::Serialize;
use tierup_common::handoff::{Handoff, Intent};
use tierup_common::id::{BranchId, HandoffId, SessionId, UserId};
use tierup_common::route;
use tierup_common::session::{
    Branch, CreateMessage, CreateSession, HandOff, IntakeContent, IntakeType, Message, MessageKind,
    PutBranch, Resolve, Session,
};
use tierup_common::user::{CreateToken, CreateUser, NewToken, Role, User};

use crate::demo::story::{Problem, ResolvedProblem, Story};
use crate::event::CallError;
use crate::runtime::api::ApiClient;
use crate::runtime::clock;

/// Somebody with a token.
#[derive(Clone)]
pub(super) struct TeamMember {
    pub(super) id: UserId,
    pub(super) name: &'static str,
    pub(super) api: ApiClient,
}

/// Everybody but you.
#[derive(Clone)]
pub(super) struct Team {
    /// Who run into problems.
    pub(super) juniors: Vec<TeamMember>,
    /// A senior who takes what waits.
    pub(super) dana: TeamMember,
    /// The owner, who sometimes is faster than you.
    pub(super) ana: TeamMember,
}

impl Team {
    /// What the team solved before: the playbook learns from it.
    pub(super) async fn seed_history(&self, story: &Story) -> Result<(), CallError> {
        let solved = story.history.iter().zip(self.juniors.iter().cycle());
        try_join_all(solved.map(|(resolved, who)| who.replay_resolved(resolved))).await?;
        Ok(())
    }
}

impl TeamMember {
    /// Adds somebody to the team, with a token to come with.
    pub(super) async fn add_user(
        &self,
        name: &'static str,
        email: &str,
        role: Role,
    ) -> Result<Self, CallError> {
        let user = CreateUser { email: email.into(), name: name.into(), role, password: None };
        let user: User = self.post(&route::USERS.path(&[]), &user).await?;
        let token = CreateToken { name: "demo".into(), expires_in_days: Some(1) };
        let token: NewToken = self.post(&route::USER_TOKENS.path(&[&user.id]), &token).await?;
        let api = self.api.with_token(SecretString::from(token.token));
        Ok(Self { id: user.id, name, api })
    }

    /// Runs into a problem, tries this and that, and gets stuck.
    pub(super) async fn escalate(&self, problem: &Problem) -> Result<Handoff, CallError> {
        let session = self.open_session(&problem.summary, &problem.intake).await?;
        for text in &problem.said {
            self.add_note(session, text).await?;
        }
        for attempt in &problem.tried {
            let body = PutBranch {
                hypothesis: attempt.hypothesis.clone(),
                status: attempt.status,
                evidence: attempt.evidence.clone(),
            };
            let path = route::BRANCH.path(&[&session, &BranchId::new(clock::now())]);
            let _: Branch = self.api.mutate(Method::PUT, &path, Some(&body)).await?;
        }
        let request = HandOff {
            intent: Intent::Escalate,
            engineer_notes: problem.notes.clone(),
            priority: Some(problem.priority),
            wake_at: None,
        };
        self.post(&route::HAND_OFF.path(&[&session]), &request).await
    }

    /// Claims a handoff.
    pub(super) async fn claim(&self, handoff: HandoffId) -> Result<Handoff, CallError> {
        self.api.claim(handoff.into()).await
    }

    /// Asks the assistant, or says something to it.
    pub(super) async fn ask(&self, session: SessionId, text: &str) -> Result<Message, CallError> {
        let message = CreateMessage { content: text.into(), kind: MessageKind::Ask };
        self.post(&route::MESSAGES.path(&[&session]), &message).await
    }

    /// Ends a session.
    pub(super) async fn resolve(&self, session: SessionId, resolution: &str) -> Result<Session, CallError> {
        let request = Resolve { resolution: resolution.into(), worked_step_ids: Vec::new() };
        self.post(&route::RESOLVE.path(&[&session]), &request).await
    }

    async fn replay_resolved(&self, resolved: &ResolvedProblem) -> Result<(), CallError> {
        let session = self.open_session(&resolved.summary, &resolved.intake).await?;
        for text in &resolved.said {
            self.add_note(session, text).await?;
        }
        self.resolve(session, &resolved.resolution).await.map(drop)
    }

    async fn open_session(&self, summary: &str, intake: &str) -> Result<SessionId, CallError> {
        let request = CreateSession {
            intake_type: IntakeType::FreeText,
            intake_content: IntakeContent { text: intake.trim().into() },
            problem_summary: Some(summary.into()),
        };
        let session: Session = self.post(&route::SESSIONS.path(&[]), &request).await?;
        Ok(session.item.id)
    }

    async fn add_note(&self, session: SessionId, text: &str) -> Result<(), CallError> {
        let message = CreateMessage { content: text.into(), kind: MessageKind::Note };
        let path = route::MESSAGES.path(&[&session]);
        self.post::<Message>(&path, &message).await.map(drop)
    }

    async fn post<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> Result<T, CallError> {
        self.api.mutate(Method::POST, path, Some(body)).await
    }
}
