//! Webhooks tell chat tools and programs what happens to escalations.
//!
//! Mutants seen to fail: a signature without the id, sending an event for one user only, following redirects, retrying
//! after a rejection.

use std::time::Duration;

use serde_json::json;
use standardwebhooks::Webhook;
use tierup_e2e::{WebhookReceiver, World};
use tierup_server::config::Settings;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn webhook_settings(webhooks: &serde_json::Value) -> Settings {
    Settings { webhooks: Some(webhooks.to_string().into()), ..Settings::default() }
}

#[tokio::test]
async fn waiting_claimed_and_resolved_go_to_the_same_webhook() {
    let mut chat = WebhookReceiver::start().await;
    let world = World::with_settings(webhook_settings(
        &json!([{"kind": "slack", "url": chat.url("/services/T0/B0")}]),
    ))
    .await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);

    let vpn = sam.escalate_with_priority("VPN <!channel> is down", "urgent").await;
    chat.wait_for_requests(1).await;
    priya.claim(&vpn).await;
    chat.wait_for_requests(2).await;
    priya.resolve(&vpn.session_id, "renewed\nthe certificate").await;

    let calls = chat.wait_for_requests(3).await;
    let texts: Vec<_> = calls.iter().map(|call| call.json()["text"].as_str().unwrap().to_owned()).collect();
    let about = format!("#{} VPN &lt;!channel&gt; is down", vpn.number);
    assert_eq!(
        texts,
        [
            format!(
                "URGENT: {about}: Sam Ortiz needs a senior engineer. Claim it: tierup claim {}",
                vpn.number
            ),
            format!("{about} was claimed by Priya Nair"),
            format!("{about} was resolved by Priya Nair: renewed the certificate"),
        ]
    );
    assert!(calls.iter().all(|call| call.path == "/services/T0/B0"));
}

#[tokio::test]
async fn a_json_webhook_gets_the_event_with_a_standard_signature() {
    let mut program = WebhookReceiver::start().await;
    let webhooks = json!([{"kind": "json", "url": program.url("/hook"), "secret": SECRET, "events": ["handoff_created"]}]);
    let world = World::with_settings(webhook_settings(&webhooks)).await;
    let sam = world.engineer("Sam Ortiz").await;

    let vpn = sam.escalate("VPN is down").await;

    let call = program.wait_for_requests(1).await.remove(0);
    let body = call.json();
    assert_eq!(body["type"], "handoff_created");
    assert_eq!(body["data"]["handoff_id"], json!(vpn.handoff_id));
    assert_eq!(body["timestamp"], body["data"]["at"]);
    // The signature is checked with the standard's own library.
    let header = |name: &str| call.headers[name].to_str().unwrap().to_owned();
    let moment = header("webhook-timestamp").parse().unwrap();
    let good = Webhook::new(SECRET).unwrap().sign(&header("webhook-id"), moment, &call.body).unwrap();
    assert_eq!(header("webhook-signature"), good);
}

#[tokio::test]
async fn ntfy_alerts_for_waiting_handoffs_only() {
    let mut receiver = WebhookReceiver::start().await;
    let events =
        ["handoff_created", "handoff_claimed", "handoff_released", "handoff_assigned", "handoff_resolved"];
    let webhooks = json!([{"kind": "ntfy", "url": receiver.url("/ops"), "events": events}]);
    let world = World::with_settings(webhook_settings(&webhooks)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);

    let vpn = sam.escalate_with_priority("VPN is down", "urgent").await;
    receiver.wait_for_requests(1).await;
    priya.claim(&vpn).await;
    receiver.wait_for_requests(2).await;
    priya
        .post(&format!("/handoffs/{}/release", vpn.handoff_id), json!({"reason": "lunch"}))
        .await
        .expect(200);
    receiver.wait_for_requests(3).await;
    priya.claim(&vpn).await;
    receiver.wait_for_requests(4).await;
    let sams = sam.get("/me").await.expect(200)["id"].clone();
    priya.post(&format!("/handoffs/{}/assign", vpn.handoff_id), json!({"user_id": sams})).await.expect(200);
    receiver.wait_for_requests(5).await;
    sam.resolve(&vpn.session_id, "Renewed the certificate.").await;

    let priorities: Vec<_> =
        receiver.wait_for_requests(6).await.iter().map(|call| call.json()["priority"].clone()).collect();
    assert_eq!(priorities, [5, 2, 5, 2, 3, 2]);
}

#[tokio::test]
async fn user_text_stays_text_in_webhooks() {
    let (mut slack, mut mattermost) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    let mut receiver = WebhookReceiver::start().await;
    let webhooks = json!([
        {"kind": "slack", "url": slack.url("/")},
        {"kind": "mattermost", "url": mattermost.url("/")},
        {"kind": "ntfy", "url": receiver.url("/ops")},
    ]);
    let world = World::with_settings(webhook_settings(&webhooks)).await;
    let problem = "@all @channel <!here> *b* _i_ `c` [x](https://evil.test) ~town \u{202e}x";

    world.engineer("Sam Ortiz").await.escalate(problem).await;

    let message = slack.wait_for_requests(1).await[0].json();
    assert_eq!(
        (&message["mrkdwn"], &message["parse"], &message["link_names"]),
        (&json!(false), &json!("none"), &json!(false))
    );
    let text = message["text"].as_str().unwrap();
    assert!(!text.contains('<') && !text.contains("@all") && !text.contains('\u{202e}'), "{text}");
    let message = mattermost.wait_for_requests(1).await[0].json();
    let text = message["text"].as_str().unwrap();
    for acts in
        ["@all", "@channel", "<!here>", " *b*", " _i_", " `c`", " [x]", "https://", "~town", "\u{202e}"]
    {
        assert!(!text.contains(acts), "{acts} acts in {text}");
    }
    assert_eq!(receiver.wait_for_requests(1).await[0].json()["markdown"], json!(false));
}

#[tokio::test]
async fn ntfy_gets_a_topic_and_a_priority() {
    let mut receiver = WebhookReceiver::start().await;
    let world =
        World::with_settings(webhook_settings(&json!([{"kind": "ntfy", "url": receiver.url("/ops")}]))).await;

    let vpn = world.engineer("Sam Ortiz").await.escalate_with_priority("VPN is down", "urgent").await;

    let call = receiver.wait_for_requests(1).await.remove(0);
    let body = call.json();
    assert_eq!((call.path.as_str(), &body["topic"], &body["priority"]), ("/", &json!("ops"), &json!(5)));
    assert_eq!(body["title"], json!(format!("#{}", vpn.number)));
}

#[tokio::test]
async fn failed_webhooks_are_retried_and_refused_ones_are_not() {
    let mut flaky = WebhookReceiver::start_with_statuses(&[500, 503]).await;
    let mut strict = WebhookReceiver::start_with_statuses(&[410]).await;
    let mut elsewhere = WebhookReceiver::start_with_statuses(&[302]).await;
    let webhooks = json!([
        {"kind": "mattermost", "url": flaky.url("/a")},
        {"kind": "mattermost", "url": strict.url("/b")},
        {"kind": "mattermost", "url": elsewhere.url("/c")},
    ]);
    let world = World::with_settings(webhook_settings(&webhooks)).await;
    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;
    strict.wait_for_requests(1).await;
    elsewhere.wait_for_requests(1).await;
    world.wait_for_metric(r#"tierup_jobs_total{kind="call",outcome="failed"}"#, "2").await;

    for (tries, put_off) in [(2, "1"), (3, "2")] {
        // Only the server knows when it deferred the call; from then on the clock decides.
        world.wait_for_metric(r#"tierup_jobs_total{kind="call",outcome="again"}"#, put_off).await;
        world.clock().advance(Duration::from_secs(40));
        flaky.wait_for_requests(tries).await;
    }

    let ids: Vec<_> = flaky.calls().iter().map(|call| call.json()["text"].clone()).collect();
    assert!(ids.iter().all(|text| *text == ids[0]), "{ids:?}");
    assert_eq!((strict.calls().len(), elsewhere.calls().len()), (1, 1));
}

#[tokio::test]
async fn parks_are_not_sent_to_webhooks_and_each_account_has_its_own() {
    let mut chat = WebhookReceiver::start().await;
    let events = ["handoff_created", "handoff_withdrawn", "handoff_resolved", "handoff_reminder"];
    let webhooks = json!([{"kind": "json", "url": chat.url("/"), "events": events, "account": "Acme"}]);
    let world = World::with_settings(webhook_settings(&webhooks)).await;
    let (sam, hank) = (world.engineer("Sam Ortiz").await, world.other_account_owner());

    let private = sam.open_session("a private matter").await;
    let park = json!({"intent": "park", "engineer_notes": "", "wake_at": "2026-11-22T11:30:00Z"});
    sam.post(&format!("/ai-sessions/{private}/handoff"), park).await.expect(201);
    let mut sams = sam.subscribe("").await;
    world.clock().advance(Duration::from_hours(3));
    sams.wait_for_event("handoff_reminder").await;
    hank.escalate("Globex is down").await;
    let vpn = sam.escalate("VPN is down").await;

    let call = chat.wait_for_requests(1).await.remove(0);
    assert_eq!(call.json()["data"]["handoff_id"], json!(vpn.handoff_id));
}

#[tokio::test]
async fn events_during_an_outage_are_delivered_once() {
    let mut chat = WebhookReceiver::start_with_statuses(&[500]).await;
    let mut world =
        World::with_settings(webhook_settings(&json!([{"kind": "slack", "url": chat.url("/")}]))).await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.escalate("VPN is down").await;
    chat.wait_for_requests(1).await;
    world.wait_for_metric(r#"tierup_jobs_total{kind="call",outcome="again"}"#, "1").await;

    world.restart().await;
    world.clock().advance(Duration::from_secs(40));
    chat.wait_for_requests(2).await;
    sam.escalate("Printer jams").await;

    let texts: Vec<_> =
        chat.wait_for_requests(3).await.iter().map(|call| call.json()["text"].to_string()).collect();
    assert_eq!(texts[0], texts[1]);
    assert!(texts[2].contains("Printer jams"), "{texts:?}");
}

#[tokio::test]
async fn a_proxy_is_used_only_if_configured_and_only_for_other_hosts() {
    let (mut proxy, mut here) = (WebhookReceiver::start().await, WebhookReceiver::start().await);
    let webhooks =
        json!([{"kind": "slack", "url": "http://chat.test/hook"}, {"kind": "slack", "url": here.url("/")}]);
    let named =
        Settings { outgoing_proxy: Some(proxy.url("").parse().unwrap()), ..webhook_settings(&webhooks) };
    let world = World::with_settings(named).await;

    world.engineer("Sam Ortiz").await.escalate("VPN is down").await;

    here.wait_for_requests(1).await;
    assert_eq!(proxy.wait_for_requests(1).await[0].headers["host"], "chat.test");
    world.wait_for_metric(r#"tierup_jobs_total{kind="call",outcome="done"}"#, "2").await;
    assert_eq!((here.calls().len(), proxy.calls().len()), (1, 1));
}

#[test]
fn invalid_webhooks_are_reported_with_a_hint() {
    let error_of = |webhooks: &str| {
        let settings = Settings { webhooks: Some(webhooks.to_owned().into()), ..Settings::default() };
        settings.into_config().err().unwrap().to_string()
    };
    assert!(error_of("hunter2").contains(r#"[{"kind": "slack""#));
    assert!(!error_of("hunter2").contains("hunter2"), "values that may be secret are not repeated");
    assert!(error_of(r#"[{"kind": "json", "url": "ftp://x"}]"#).contains("http://"));
    assert!(
        error_of(r#"[{"kind": "json", "url": "http://x", "secret": "hunter2"}]"#).contains("openssl rand")
    );
    assert!(
        error_of(r#"[{"kind": "json", "url": "http://x", "events": ["nope"]}]"#).contains("handoff_created")
    );
    assert!(error_of(r#"[{"kind": "jsn", "url": "http://x"}]"#).contains("column 15: unknown word"));
    assert!(error_of(r#"[{"kind": "ntfy", "url": "http://x"}]"#).contains("topic"));
    assert!(error_of(r#"[{"kind": "json", "url": "http://169.254.169.254/"}]"#).contains("metadata"));
    let in_a_file = "[[webhooks]]\nkind = 'slack'\nurl = 'http://x'\nsecrte = 'x'";
    let error = toml::from_str::<Settings>(in_a_file).unwrap_err().to_string();
    assert!(error.contains("unknown field `secrte`"), "{error}");
}
