//! Secrets that people write reach no model, webhook or mail server. The team itself sees what was written.
//!
//! Mutants seen to fail: a field of an event that is not visited, a runbook or a resolution that goes to a model as it
//! is, a name in the header of a mail, patterns of the settings that are ignored.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use tierup_common::secrets;
use tierup_e2e::{
    ApiClient, FakeMailServer, FakeModel, MailBehavior, ModelBehavior, TWO_STEP_ASSESSMENT, WebhookReceiver,
    World, quick_or_soak,
};
use tierup_server::config::Settings;

const EVENTS: [&str; 11] = [
    "handoff_created",
    "handoff_assessment_ready",
    "handoff_assessment_failed",
    "handoff_claimed",
    "handoff_released",
    "handoff_assigned",
    "handoff_sent_back",
    "handoff_withdrawn",
    "handoff_changed",
    "handoff_resolved",
    "handoff_reminder",
];

/// Secrets as they are written, and what of each must not leave.
struct Planter {
    runner: TestRunner,
    planted: Vec<String>,
}

impl Planter {
    /// Another secret, and how it is written.
    fn secret(&mut self) -> String {
        let strategy = prop_oneof![
            "AKIA[A-Z0-9]{16}".prop_map(|key| (key.clone(), key)),
            "ghp_[A-Za-z0-9]{36}".prop_map(|token| (token.clone(), token)),
            "xoxb-[0-9]{12}-[A-Za-z0-9]{24}".prop_map(|token| (token.clone(), token)),
            "sk-ant-api03-[A-Za-z0-9]{40}".prop_map(|key| (key.clone(), key)),
            "tup_[A-Za-z0-9]{49}".prop_map(|token| (token.clone(), token)),
            "eyJhbGciOiJI[A-Za-z0-9]{9}\\.eyJ[A-Za-z0-9]{20}\\.[A-Za-z0-9]{43}"
                .prop_map(|token| (token.clone(), token)),
            "[A-Za-z]{4}[0-9]{4}[a-z]{2}".prop_map(|word| (format!("password={word}"), word)),
            "[A-Za-z]{4}[0-9]{4}[a-z]{2}".prop_map(|word| (format!("api_key: \"{word}\""), word)),
            "[A-Za-z]{4}[0-9]{4}[a-z]{2}".prop_map(|word| (format!("Authorization: Bearer {word}"), word)),
            "[A-Za-z]{4}[0-9]{4}[a-z]{2}"
                .prop_map(|word| (format!("smtp://ana:{word}@mail.acme.test"), word)),
            "[A-Za-z0-9+/]{64}".prop_map(|line| {
                (format!("-----BEGIN RSA PRIVATE KEY-----\n{line}\n-----END RSA PRIVATE KEY-----"), line)
            }),
            "[A-Za-z0-9+/]{64}".prop_map(|line| (format!("-----BEGIN PRIVATE KEY-----\n{line}"), line)),
            Just(("4111 1111 1111 1111".to_owned(), "4111 1111 1111 1111".to_owned())),
            "[0-9]{8}".prop_map(|number| (format!("ACME-{number}"), number)),
        ];
        let (written, secret) = strategy.new_tree(&mut self.runner).unwrap().current();
        self.planted.push(secret);
        written
    }

    /// The same on one line.
    fn line(&mut self) -> String {
        loop {
            let written = self.secret();
            if !written.contains('\n') {
                return written;
            }
            self.planted.pop();
        }
    }
}

/// Everything that receives text from the server.
struct Receivers {
    model: FakeModel,
    webhooks: WebhookReceiver,
    mail: FakeMailServer,
}

impl Receivers {
    async fn start() -> Self {
        Self {
            model: FakeModel::start(ModelBehavior::Answers(TWO_STEP_ASSESSMENT.into())).await,
            webhooks: WebhookReceiver::start().await,
            mail: FakeMailServer::start(MailBehavior::AcceptsAll).await,
        }
    }

    fn settings(&self, runbooks: &std::path::Path) -> Settings {
        let webhook = |kind: &str| json!({"kind": kind, "url": self.webhooks.url(&format!("/{kind}")), "events": EVENTS});
        Settings {
            webhooks: Some(
                ["slack", "mattermost", "ntfy", "json"]
                    .map(webhook)
                    .into_iter()
                    .collect::<Value>()
                    .to_string()
                    .into(),
            ),
            mail_url: Some(self.mail.url().to_owned().into()),
            runbooks: Some(runbooks.into()),
            redact_patterns: Some(vec!["ACME-[0-9]{8}".to_owned()].into()),
            ..self.model.server_settings(60)
        }
    }

    /// All texts that were received.
    async fn texts(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.model.requests().await.iter().map(Value::to_string).collect();
        texts.extend(self.webhooks.calls().iter().map(|call| call.json().to_string()));
        for mail in self.mail.emails() {
            texts.extend(mail.headers.iter().map(|(name, value)| format!("{name}: {value}")));
            texts.extend([mail.subject, mail.text, mail.html]);
        }
        texts
    }
}

async fn add_engineer(world: &World, number: usize, planter: &mut Planter) -> ApiClient {
    let name = format!("Sam {}", planter.line());
    let body = json!({"name": name, "email": format!("sam{number}@acme.test"), "role": "engineer"});
    let user = world.owner().post("/users", body).await.expect(201);
    let path = format!("/users/{}/tokens", user["id"].as_str().unwrap());
    let token = world.owner().post(&path, json!({"name": "test"})).await.expect(201);
    ApiClient::new(&name, &world.url(), token["token"].as_str().unwrap())
}

/// A case with a secret in each of its texts, from its opening to its resolution.
async fn live_through_a_case(world: &World, number: usize, planter: &mut Planter) {
    let (sam, priya) = (add_engineer(world, number, planter).await, world.engineer("Priya Nair").await);
    let earlier = sam.open_session(&format!("VPN error 809 after the update {}", planter.line())).await;
    sam.resolve(&earlier, &format!("The VPN certificate of the update had expired {}", planter.secret()))
        .await;
    let body = json!({
        "intake_type": "free_text",
        "intake_content": {"text": format!("VPN error 809 after the update\n{}", planter.secret())},
        "problem_summary": format!("VPN error 809 after the update {}", planter.line()),
    });
    let session = sam.post("/ai-sessions", body).await.expect(201)["id"].as_str().unwrap().to_owned();
    sam.add_note(&session, &format!("{}{}", "long ".repeat(790), planter.secret())).await;
    let branch = json!({"hypothesis": format!("DNS {}", planter.line()), "status": "open", "evidence": planter.secret()});
    sam.put(&format!("/ai-sessions/{session}/branches/{}", uuid::Uuid::now_v7()), branch).await.expect(201);
    sam.ask_assistant(&session, &format!("What next?\n{}", planter.secret())).await;
    let notes = format!("Stuck.\n{}", planter.secret());
    let body = json!({"intent": "escalate", "engineer_notes": notes, "priority": "urgent"});
    let handoff = sam.post(&format!("/ai-sessions/{session}/handoff"), body).await.expect(201);
    let id = handoff["id"].as_str().unwrap().to_owned();
    let path = |verb: &str| format!("/handoffs/{id}/{verb}");
    priya.post(&path("claim"), json!({})).await.expect(200);
    priya.post(&path("release"), json!({"reason": planter.secret()})).await.expect(200);
    priya.post(&path("claim"), json!({})).await.expect(200);
    let own = priya.get("/me").await.expect(200)["id"].clone();
    world.owner().post(&path("assign"), json!({"user_id": own})).await.expect(200);
    let unredacted = priya.get(&format!("/handoffs/{id}")).await.expect(200);
    assert_eq!(unredacted["engineer_notes"], notes, "the team reads what was written");
    priya.post(&path("send-back"), json!({"question": planter.secret()})).await.expect(200);
    let again = sam.escalate_session(&session, "normal").await;
    priya.claim(&again).await;
    sam.wait_for_assessment(&again).await;
    priya.resolve(&session, &format!("Renewed it {}", planter.secret())).await;
}

#[tokio::test]
async fn no_secret_leaves_the_server() {
    let receivers = Receivers::start().await;
    let mut planter = Planter { runner: TestRunner::deterministic(), planted: Vec::new() };
    let runbooks = tempfile::tempdir().unwrap();
    let runbook = format!(
        "# VPN error 809 after the update\n\nCheck the certificate.\n\n- renew it {}\n",
        planter.line()
    );
    std::fs::write(runbooks.path().join("vpn.md"), runbook).unwrap();
    let world = World::with_settings(receivers.settings(runbooks.path())).await;
    let cases = quick_or_soak(6, 200);
    for number in 0..cases {
        live_through_a_case(&world, number, &mut planter).await;
    }
    // Every job has ended.
    for kind in ["assess", "reply", "announce", "mail", "call"] {
        world.wait_for_metric(&format!("tierup_jobs_waiting{{kind=\"{kind}\"}}"), "0").await;
    }
    let texts = receivers.texts().await;
    assert!(receivers.model.requests().await.len() >= 2 * cases, "too few prompts");
    assert!(receivers.webhooks.calls().len() >= 4 * 7 * cases, "too few calls");
    assert!(receivers.mail.emails().len() >= cases, "too few mails");
    for text in &texts {
        let left = planter.planted.iter().find(|secret| text.contains(secret.as_str()));
        assert_eq!(left, None, "is left in {text}");
    }
    let metrics = world.metrics().await;
    for (kind, destination) in
        [("aws_key", "model"), ("password", "webhook"), ("private_key", "mail"), ("custom", "model")]
    {
        let name = format!("tierup_redactions_total{{kind=\"{kind}\",destination=\"{destination}\"}}");
        assert!(metrics.contains_key(&name), "{name} is not in {metrics:?}");
    }
}

#[tokio::test]
async fn marks_name_what_was_removed() {
    let receivers = Receivers::start().await;
    let runbooks = tempfile::tempdir().unwrap();
    let world = World::with_settings(receivers.settings(runbooks.path())).await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN of ACME-12345678 rejects AKIAIOSFODNN7EXAMPLE").await;
    sam.wait_for_assessment(&vpn).await;
    let prompt = receivers.model.requests().await[0].to_string();
    let marked = "VPN of [redacted: custom pattern] rejects [redacted: AWS key]";
    assert!(prompt.contains(marked), "{prompt}");
    assert!(secrets::find_secrets(&prompt).is_empty());
    assert_eq!(sam.queue_summaries().await, ["VPN of ACME-12345678 rejects AKIAIOSFODNN7EXAMPLE"]);
    let metrics = world.metrics().await;
    assert_eq!(
        metrics[r#"tierup_redactions_total{kind="custom",destination="model"}"#], "3",
        "title, request and first message"
    );
}
