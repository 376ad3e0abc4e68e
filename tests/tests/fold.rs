//! State and event together: whatever is done, in whatever order, folding the log gives what the tables say.
//!
//! Mutants seen to fail: a release without its event, a claim whose version is not the event's.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told fails, and says where")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tierup_e2e::{Engineer, World};
use tierup_server::config::Settings;

/// What a client knows of a handoff who has only ever heard events.
#[derive(Clone, PartialEq, Debug)]
struct Known {
    status: &'static str,
    claimed_by: Value,
    version: Value,
}

fn fold(known: &mut BTreeMap<String, Known>, name: &str, event: &Value) {
    let Some(id) = event["handoff_id"].as_str() else { return };
    let (status, claimed_by) = match name {
        "handoff_created" | "handoff_released" => ("open", Value::Null),
        "handoff_claimed" => ("claimed", event["by"]["id"].clone()),
        "handoff_assigned" => ("claimed", event["to"]["id"].clone()),
        "handoff_withdrawn" | "handoff_sent_back" => ("withdrawn", known[id].claimed_by.clone()),
        "handoff_resolved" => ("resolved", known[id].claimed_by.clone()),
        _ => return,
    };
    let now = Known { status, claimed_by, version: event["version"].clone() };
    if let Some(before) = known.insert(id.to_owned(), now) {
        let expected = json!(before.version.as_u64().unwrap() + 1);
        assert_eq!(event["version"], expected, "something happened to a handoff that nobody was told");
    }
    if let Some(old) = event["supersedes"].as_str() {
        let old = known.get_mut(old).unwrap();
        old.status = "superseded";
        // A handoff that is superseded has no event of its own.
        old.version = json!(old.version.as_u64().unwrap() + 1);
    }
}

/// Does something, allowed or not, to some session or handoff.
async fn does_anything(random: &mut fastrand::Rng, who: &Engineer, others: &[String], seen: &mut Seen) {
    let session = random.choice(&seen.sessions).cloned();
    let handoff = random.choice(&seen.handoffs).cloned();
    let (Some(session), Some(handoff)) = (session, handoff) else {
        seen.sessions.push(who.opens("a problem").await);
        seen.handoffs.push("1".into());
        return;
    };
    let escalate = json!({"intent": "escalate", "engineer_notes": "stuck"});
    let park = json!({"intent": "park", "engineer_notes": "later"});
    let (path, body) = match random.u8(0..12) {
        0 => {
            seen.sessions.push(who.opens("another problem").await);
            return;
        }
        1..=3 => (format!("/ai-sessions/{session}/handoff"), escalate),
        4 => (format!("/ai-sessions/{session}/handoff"), park),
        5 => (format!("/ai-sessions/{session}/resume"), Value::Null),
        6 => (format!("/ai-sessions/{session}/resolve"), json!({"resolution": "done"})),
        7 => (format!("/handoffs/{handoff}/release"), json!({"reason": "not mine"})),
        8 => (format!("/handoffs/{handoff}/send-back"), json!({"question": "which version?"})),
        9 => (format!("/handoffs/{handoff}/assign"), json!({"user_id": random.choice(others)})),
        _ => (format!("/handoffs/{handoff}/claim"), Value::Null),
    };
    let answer = who.post(&path, body).await;
    assert!(answer.status < 500, "{path}: {}", answer.body);
    if answer.status == 201 && answer.body["intent"] == "escalate" {
        seen.handoffs.push(answer.body["id"].as_str().unwrap().to_owned());
    }
}

#[derive(Default)]
struct Seen {
    sessions: Vec<String>,
    handoffs: Vec<String>,
}

#[tokio::test]
async fn folding_the_log_gives_what_the_tables_say() {
    let settings = Settings { assessment_engine: Some("off".into()), ..Settings::default() };
    let world = World::with(settings).await;
    let mut team = vec![world.owner()];
    for name in ["Sam Ortiz", "Priya Nair", "Dana Wu"] {
        team.push(world.engineer(name).await);
    }
    let mut ids = Vec::new();
    for person in &team {
        ids.push(person.get("/me").await.expect(200)["id"].as_str().unwrap().to_owned());
    }
    let mut stream = team[1].resumes("0").await;
    let mut random = fastrand::Rng::with_seed(20_261_122);
    let mut seen = Seen::default();

    for _ in 0..800 {
        let who = random.choice(&team).unwrap().clone();
        does_anything(&mut random, &who, &ids, &mut seen).await;
    }

    team[0].opens("the end").await;
    let mut known = BTreeMap::new();
    loop {
        let frame = stream.next().await.unwrap();
        fold(&mut known, &frame.name, &frame.data);
        if frame.data["problem_summary"] == "the end" {
            break;
        }
    }
    let statuses: std::collections::BTreeSet<&str> = known.values().map(|known| known.status).collect();
    assert_eq!(statuses.len(), 5, "the walk met only {statuses:?}");
    for (id, known) in &known {
        let handoff = team[0].get(&format!("/handoffs/{id}")).await.expect(200);
        let table = (&handoff["status"], &handoff["claimed_by"], &handoff["version"]);
        assert_eq!(table, (&json!(known.status), &known.claimed_by, &known.version), "{id}");
    }
    assert!(tierup_server::admin::check(&world.data()).unwrap().is_sound());
}
