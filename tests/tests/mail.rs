//! Mail servers that work, reject, defer or hang: claims stay fast, and each mail ends in one state with a reason.
//!
//! Mutants seen to fail: a rejected mail that is retried, a fourth attempt, a handoff that waits for its mail, mail
//! that delays assessments, mail without `References`, an address sent unencoded.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use serde_json::json;
use tierup_e2e::{
    FakeMailServer, FakeModel, MailBehavior, ModelBehavior, TWO_STEP_ASSESSMENT, World, quick_or_soak,
};
use tierup_server::config::Settings;

fn mail_settings(url: &str) -> Settings {
    let off = Some("off".into());
    Settings { mail_url: Some(url.to_owned().into()), assessment_engine: off, ..Settings::default() }
}

/// An escalation with mail to Ana and Priya, claimed by Priya.
async fn escalate_and_claim(world: &World) {
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
}

/// The failed mails: attempts and reason of each.
fn failed_jobs(world: &World) -> Vec<(u32, String)> {
    let database = rusqlite::Connection::open(world.data_dir().join("tierup.db")).unwrap();
    let mut rows = database.prepare("SELECT attempt, error FROM job WHERE failed = 1").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// The last error of each pending job.
fn retry_errors(world: &World) -> Vec<String> {
    let database = rusqlite::Connection::open(world.data_dir().join("tierup.db")).unwrap();
    let mut rows = database.prepare("SELECT error FROM job WHERE kind = 'mail' AND attempt > 0").unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Waits until both mails have failed after this many attempts.
async fn wait_until_given_up(world: &World, attempts: u32) {
    for again in 1..attempts {
        let retries = (2 * again).to_string();
        world.wait_for_metric(r#"tierup_jobs_total{kind="mail",outcome="again"}"#, &retries).await;
        world.clock().advance(Duration::from_mins(1));
    }
    world.wait_for_metric(r#"tierup_jobs_total{kind="mail",outcome="failed"}"#, "2").await;
    let metrics = world.metrics().await;
    assert_eq!(metrics.get(r#"tierup_jobs_total{kind="mail",outcome="done"}"#), None);
}

#[tokio::test]
async fn rejected_mail_is_not_retried() {
    let mail_server = FakeMailServer::start(MailBehavior::RejectsPermanently).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    escalate_and_claim(&world).await;

    wait_until_given_up(&world, 1).await;

    assert_eq!(mail_server.attempts(), 2);
    assert_eq!(failed_jobs(&world), vec![(1, "the mail server rejected the mail (550)".to_owned()); 2]);
}

#[tokio::test]
async fn deferred_mail_is_tried_three_times() {
    let mail_server = FakeMailServer::start(MailBehavior::RejectsTemporarily).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    escalate_and_claim(&world).await;

    wait_until_given_up(&world, 3).await;

    assert_eq!(mail_server.attempts(), 6);
    assert_eq!(failed_jobs(&world), vec![(3, "the mail server deferred the mail (451)".to_owned()); 2]);
}

#[tokio::test]
async fn interrupted_mail_is_tried_three_times() {
    let disconnected = || (3, "the mail server could not be reached or disconnected".to_owned());
    let mail_server = FakeMailServer::start(MailBehavior::DisconnectsAfterData).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    escalate_and_claim(&world).await;
    wait_until_given_up(&world, 3).await;
    assert_eq!((mail_server.attempts(), failed_jobs(&world)), (6, vec![disconnected(); 2]));

    let nowhere = World::with_settings(mail_settings("smtp://127.0.0.1:1")).await;
    escalate_and_claim(&nowhere).await;
    wait_until_given_up(&nowhere, 3).await;
    assert_eq!(failed_jobs(&nowhere), vec![disconnected(); 2]);
}

#[tokio::test]
async fn a_silent_mail_server_delays_nothing_else() {
    let mut mail_server = FakeMailServer::start(MailBehavior::SilentAfterGreeting).await;
    let model = FakeModel::start(ModelBehavior::Answers(TWO_STEP_ASSESSMENT.into())).await;
    let url = Some(mail_server.url().to_owned().into());
    let mut world = World::with_settings(Settings { mail_url: url, ..model.server_settings(60) }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let first = sam.escalate("VPN is down").await;
    sam.escalate("Printer jams").await;
    // Every mail worker waits for a reply now.
    mail_server.wait_for_connections(4).await;

    priya.claim(&first).await;
    let later = sam.escalate("No network").await;
    let handoff = priya.wait_for_assessment(&later).await;
    priya.claim(&later).await;

    assert_eq!(handoff["assessment_status"], "ready");
    assert_eq!(
        mail_server.closed_connections(),
        0,
        "claims and assessments were waiting for the mail to be given up"
    );
    let metrics = world.metrics().await;
    let ended = metrics.keys().find(|name| name.starts_with(r#"tierup_jobs_total{kind="mail""#));
    assert_eq!(ended, None, "mail ended before anybody had answered");

    // Interrupted mails are deferred with a reason, and a stopping server waits for none.
    mail_server.stop();
    world.wait_for_metric(r#"tierup_jobs_total{kind="mail",outcome="again"}"#, "6").await;
    world.stop().await;
    let disconnected = "the mail server could not be reached or disconnected";
    assert!(retry_errors(&world).iter().all(|reason| reason == disconnected), "{:?}", retry_errors(&world));

    // Each attempt has twenty seconds and four run at a time: all end within a minute.
    if quick_or_soak(false, true) {
        let mail_server = FakeMailServer::start(MailBehavior::SilentAfterGreeting).await;
        let world = World::with_settings(mail_settings(mail_server.url())).await;
        escalate_and_claim(&world).await;
        wait_until_given_up(&world, 3).await;
        assert_eq!(failed_jobs(&world), vec![(3, "the mail server took too long".to_owned()); 2]);
    }
}

#[tokio::test]
async fn mail_is_marked_as_automatic_and_has_a_reply_address() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let world = World::with_settings(Settings {
        unclaimed_reminder_minutes: Some(15),
        ..mail_settings(mail_server.url())
    })
    .await;
    let (sam, _priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let me = sam.get("/me").await.expect(200);
    sam.escalate("VPN is down").await;
    mail_server.wait_for_emails(2).await;
    world.clock().advance(Duration::from_mins(15));

    let emails = mail_server.wait_for_emails(4).await;

    for letter in &emails {
        assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"), "{letter:?}");
        assert_eq!(letter.header("X-Auto-Response-Suppress"), Some("All"));
        let answers = letter.header("Reply-To").unwrap_or_default();
        assert!(
            answers.contains("Sam Ortiz") && answers.contains(me["email"].as_str().unwrap()),
            "{answers}"
        );
    }
    let (first, again) = emails.split_at(2);
    for letter in first {
        assert_eq!((letter.header("In-Reply-To"), letter.header("References")), (None, None));
    }
    for letter in again {
        let named = first.iter().find(|first| first.to == letter.to).unwrap();
        let id = format!("<{}>", named.message_id);
        assert_eq!(letter.header("In-Reply-To"), Some(id.as_str()));
        assert_eq!(letter.header("References"), Some(id.as_str()));
        assert_ne!(letter.message_id, named.message_id);
    }
}

/// Adds an engineer with this address.
async fn add_engineer(world: &World, email: &str) {
    let body = json!({"email": email, "name": "Pia Krüger", "role": "engineer"});
    world.owner().post("/users", body).await.expect(201);
}

#[tokio::test]
async fn an_international_domain_is_sent_in_ascii() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let from = Some("Störung <tierup@bücher.test>".into());
    let world = World::with_settings(Settings { mail_from: from, ..mail_settings(mail_server.url()) }).await;
    add_engineer(&world, "pia@bücher.test").await;

    world.engineer("Sam Ortiz").await.escalate("Drucker läuft heiß").await;

    let emails = mail_server.wait_for_emails(2).await;
    let letter = emails.iter().find(|letter| letter.to == "pia@xn--bcher-kva.test").expect("Pia's letter");
    assert!(letter.header("To").unwrap().contains("<pia@xn--bcher-kva.test>"), "{letter:?}");
    assert!(letter.header("From").unwrap().contains("<tierup@xn--bcher-kva.test>"), "{letter:?}");
    assert!(letter.subject.contains("läuft heiß"));
}

/// Seen to fail: a subject that is sent unencoded.
#[tokio::test]
async fn a_subject_that_looks_encoded_arrives_as_written() {
    let mut mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    add_engineer(&world, "pia@acme.test").await;
    let problem = "=?utf-8?q?=5BRESOLVED=5D=0d=0aBcc:_x@y?= läuft heiß";
    world.engineer("Sam Ortiz").await.escalate(problem).await;
    for letter in mail_server.wait_for_emails(2).await {
        assert!(letter.subject.contains(problem), "{letter:?}");
        assert!(letter.header("Bcc").is_none(), "{letter:?}");
    }
}

#[tokio::test]
async fn a_non_ascii_local_part_needs_smtputf8() {
    let mail_server = FakeMailServer::start(MailBehavior::AcceptsAll).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    add_engineer(&world, "jürgen@bücher.test").await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    world.wait_for_metric(r#"tierup_jobs_total{kind="mail",outcome="done"}"#, "1").await;
    world.wait_for_metric(r#"tierup_jobs_total{kind="mail",outcome="failed"}"#, "1").await;
    let reason = "the address is not ASCII before the @, and the mail server does not support SMTPUTF8";
    assert_eq!(failed_jobs(&world), [(1, reason.to_owned())]);

    let mut mail_server = FakeMailServer::start(MailBehavior::SmtpUtf8).await;
    let world = World::with_settings(mail_settings(mail_server.url())).await;
    add_engineer(&world, "jürgen@bücher.test").await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    let emails = mail_server.wait_for_emails(2).await;
    assert!(emails.iter().any(|letter| letter.to == "jürgen@xn--bcher-kva.test"), "{emails:?}");
}
