//! Searches by field: the same rows on the server as by the rule in common, which the console asks.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use std::time::Duration;

use serde_json::Value;
use tierup_common::handoff::{QueueItem, QueuePage};
use tierup_common::id::UserId;
use tierup_common::search_query::SearchQuery;
use tierup_common::session::{SessionItem, SessionPage};
use tierup_e2e::{ApiClient, World};

async fn handoffs(who: &ApiClient, query: &str) -> Vec<QueueItem> {
    let page = who.get(&format!("/escalations?state=all&q={query}")).await.expect(200);
    serde_json::from_value::<QueuePage>(page).unwrap().items
}

async fn sessions(who: &ApiClient, query: &str) -> Vec<SessionItem> {
    let page = who.get(&format!("/ai-sessions?q={query}")).await.expect(200);
    serde_json::from_value::<SessionPage>(page).unwrap().items
}

fn numbers(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|item| item["number"].as_u64().unwrap()).collect()
}

async fn my_id(who: &ApiClient) -> UserId {
    who.get("/me").await.expect(200)["id"].as_str().unwrap().parse().unwrap()
}

/// Handoffs of two people in every status and of several ages.
async fn busy_team(world: &World) -> (ApiClient, ApiClient) {
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let old = sam.escalate_with_priority("VPN drops every hour", "urgent").await;
    let solved = sam.escalate_with_priority("Printer on floor 3 jams", "high").await;
    dana.claim(&solved).await;
    dana.resolve(&solved.session_id, "The fuser was worn out.").await;
    world.clock().advance(Duration::from_hours(2));
    let claimed = dana.escalate_with_priority("Mail bounces", "urgent").await;
    sam.claim(&claimed).await;
    sam.park(&claimed.session_id).await;
    let asked = dana.escalate("Outlook is slow").await;
    let path = format!("/handoffs/{}/send-back", asked.number);
    sam.post(&path, serde_json::json!({"question": "Which build?"})).await.expect(200);
    let again = sam.escalate("Nothing prints").await;
    dana.claim(&again).await;
    dana.escalate_session(&again.session_id, "low").await;
    dana.open_session("A new laptop").await;
    world.clock().advance(Duration::from_mins(10));
    assert_eq!(old.number, 1);
    (sam, dana)
}

const QUERIES: [&str; 22] = [
    "from:sam",
    "from:wu",
    "from:nobody",
    "from:me",
    "by:dana",
    "by:me",
    "by:sam by:dana",
    "is:mine",
    "priority:urgent",
    "priority:low priority:high",
    "status:open",
    "status:claimed",
    "status:resolved",
    "status:withdrawn",
    "status:superseded",
    "status:active status:paused",
    "status:resolved status:withdrawn",
    "older:30m",
    "newer:30m",
    "older:5m newer:1d",
    "from:sam priority:urgent older:1h",
    "by:\"Dana Wu\" status:resolved is:mine",
];

#[tokio::test]
async fn the_server_finds_by_fields_what_the_console_would() {
    let world = World::without_assessments().await;
    let (sam, dana) = busy_team(&world).await;
    let now = world.clock().now();
    for who in [&sam, &dana] {
        let me = my_id(who).await;
        let (all_handoffs, all_sessions) = (handoffs(who, "").await, sessions(who, "").await);
        for text in QUERIES {
            let query = SearchQuery::parse(text).unwrap();
            let mut expected = all_handoffs.clone();
            expected.retain(|item| query.matches_handoff(item, Some(me), now));
            assert_eq!(handoffs(who, text).await, expected, "{text}");
            let mut expected = all_sessions.clone();
            expected.retain(|session| query.matches_session(session, Some(me), now));
            assert_eq!(sessions(who, text).await, expected, "{text}");
        }
    }
}

#[tokio::test]
async fn fields_words_and_phrases_narrow_one_another() {
    let world = World::without_assessments().await;
    let (sam, _) = busy_team(&world).await;
    let find = async |q: &str| numbers(&sam.get(&format!("/ai-sessions?q={q}")).await.expect(200));
    assert_eq!(find("printer by:dana status:resolved").await, [2], "what Dana solved");
    assert!(find("printer by:sam").await.is_empty());
    assert_eq!(find("\"every hour\"").await, [1]);
    assert!(find("\"hour every\"").await.is_empty(), "in this order");
    assert_eq!(find("hour every").await, [1], "in any order");
    let queue = async |q: &str| numbers(&sam.get(&format!("/escalations?q={q}")).await.expect(200));
    assert_eq!(queue("priority:urgent").await, [1], "open ones, unless it asks for a status");
    assert_eq!(queue("status:resolved").await, [2]);
}

#[tokio::test]
async fn a_search_that_cannot_be_understood_says_why() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (q, reason) in [
        ("priority:hi", "query, q: priority: \"hi\" is not one of low, normal, high, urgent"),
        ("older:soon", "query, q: older: \"soon\" is not an age; write it like 30m, 2h, 7d or 4w"),
        ("is:unread", "query, q: only the console knows what is unread; leave is:unread out"),
    ] {
        for list in ["/escalations", "/ai-sessions"] {
            let problem = sam.get(&format!("{list}?q={q}")).await.expect(400);
            assert_eq!(problem["detail"], reason);
        }
    }
    assert!(numbers(&sam.get("/ai-sessions?q=error:809").await.expect(200)).is_empty());
}
