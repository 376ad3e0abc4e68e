//! Plays the dataset to a server over HTTP, as a team would: resolves the sessions, escalates the cases, and reads the
//! assessments.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tierup_common::assessment::Assessment;
use tierup_common::user::Role;
use tierup_e2e::api_client::string_field;
use tierup_e2e::{ApiClient, SseClient};
use tierup_server::clock::Clock;
use tierup_server::config::Settings;
use tierup_server::{Server, admin};

use crate::dataset::{Case, Dataset, Hypothesis, Split};
use crate::filler::FillerSession;
use crate::verdict::{self, Answer, Verdict};

/// Sessions resolved at once; the server commits them together.
const CONCURRENCY: usize = 16;

/// A server with the team's history.
pub struct Replay {
    server: Server,
    engineer: ApiClient,
    events: SseClient,
    /// The cause of each resolved session by the session's number.
    causes: HashMap<u64, String>,
    _folder: TempDir,
}

#[derive(Deserialize)]
struct AssessedHandoff {
    ai_assessment_data: Option<Assessment>,
    assessment_error: Option<String>,
}

impl Replay {
    /// Starts a server with these settings of an engine, and resolves the dataset's sessions and the filler on it.
    pub async fn start(
        settings: Settings,
        dataset: &Dataset,
        filler: &[FillerSession],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let data = folder.path().join("data");
        let owner = admin::init(&data, "Acme", "ana@acme.test", "Ana Ruiz")?;
        let runbooks = copy_runbooks(&dataset.runbooks, folder.path())?;
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let settings = Settings { listen, runbooks: Some(runbooks), ..settings };
        let server = Server::start(&data, settings.into_config()?, Clock::system()).await?;
        let owner = ApiClient::new("Ana Ruiz", &server.url(), &owner.token);
        let engineer = owner.add_user("Sam Ortiz", Role::Engineer).await;
        let history = filler.iter().map(|session| session.resolve(&engineer));
        stream::iter(history).buffer_unordered(CONCURRENCY).for_each(|()| async {}).await;
        let mut causes = HashMap::new();
        for session in dataset.sessions() {
            let id = open(&engineer, &session.title, &session.intake).await;
            write_down(&engineer, &id, &session.messages, &session.branches).await;
            let resolved = engineer.resolve(&id, &session.resolution).await;
            let number = resolved["number"].as_u64().unwrap_or_default();
            causes.insert(number, session.cause.clone());
        }
        let events = engineer.subscribe("").await;
        Ok(Self { server, engineer, events, causes, _folder: folder })
    }

    /// Assesses the cases of a half that are wanted, and judges the answers.
    pub async fn judge_cases<'d>(
        &mut self,
        dataset: &'d Dataset,
        split: Split,
        is_wanted: impl Fn(&Case) -> bool,
    ) -> anyhow::Result<Vec<(&'d Case, Verdict)>> {
        let mut verdicts = Vec::new();
        for (domain, case) in dataset.cases().filter(|(_, case)| split.has(case) && is_wanted(case)) {
            let answer = self.assess(case).await?;
            verdicts.push((case, verdict::judge(domain, case, &answer)));
        }
        Ok(verdicts)
    }

    /// Escalates a case and waits for its assessment.
    async fn assess(&mut self, case: &Case) -> anyhow::Result<Answer> {
        let id = open(&self.engineer, &case.title, &case.intake).await;
        write_down(&self.engineer, &id, &case.messages, &case.branches).await;
        let body = json!({"intent": "escalate", "engineer_notes": case.notes});
        let handoff = self.engineer.post(&format!("/ai-sessions/{id}/handoff"), body).await.expect(201);
        let id = string_field(&handoff, "id");
        let ends = ["handoff_assessment_ready", "handoff_assessment_failed"];
        while self.events.wait_for_any_event(&ends).await["handoff_id"] != id.as_str() {}
        let handoff = self.engineer.get(&format!("/handoffs/{id}")).await.expect(200);
        self.read_answer(handoff)
    }

    fn read_answer(&self, handoff: Value) -> anyhow::Result<Answer> {
        let handoff: AssessedHandoff = serde_json::from_value(handoff)?;
        Ok(match handoff.ai_assessment_data {
            Some(assessment) => {
                let number = |similar: &tierup_common::assessment::Similar| u64::from(similar.number.0);
                let causes = assessment.similar.iter().map(|it| self.causes.get(&number(it)).cloned());
                let causes = causes.collect();
                Answer::Assessed(Box::new(assessment), causes)
            }
            None => Answer::Failed(handoff.assessment_error.unwrap_or_default()),
        })
    }

    /// Stops the server.
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

/// Copies the runbooks: the server looks for changes in its folder, and people may edit the dataset meanwhile.
fn copy_runbooks(from: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let to = folder.join("runbooks");
    std::fs::create_dir(&to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        std::fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(to)
}

/// Opens a session and returns its id.
pub(crate) async fn open(engineer: &ApiClient, title: &str, intake: &str) -> String {
    let body = json!({
        "intake_type": "free_text",
        "intake_content": {"text": intake},
        "problem_summary": title,
    });
    string_field(&engineer.post("/ai-sessions", body).await.expect(201), "id")
}

async fn write_down(engineer: &ApiClient, session: &str, messages: &[String], branches: &[Hypothesis]) {
    for message in messages {
        engineer.add_note(session, message).await;
    }
    for branch in branches {
        let id = uuid::Uuid::now_v7();
        engineer.put(&format!("/ai-sessions/{session}/branches/{id}"), json!(branch)).await.expect(201);
    }
}
