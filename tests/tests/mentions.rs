//! Mentions, and whose streams of the whole team carry the messages of a session; the log as pages.
//!
//! Mutants seen to fail: messages for every admin; a mention of an address that two users share the beginning of.
#![expect(clippy::unwrap_used, reason = "tests may panic")]

use serde_json::{Value, json};
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, SseClient, World};

async fn id_and_name(user: &ApiClient) -> (Value, String) {
    let me = user.get("/me").await.expect(200);
    let name = me["email"].as_str().unwrap().split('@').next().unwrap().to_owned();
    (me["id"].clone(), name)
}

/// The messages that a stream carries before the next event of another kind.
async fn messages_before(stream: &mut SseClient, event: &str) -> Vec<String> {
    let events = stream.collect_until(event).await;
    let messages = events.into_iter().filter(|frame| frame.name == "message_added");
    messages.map(|frame| frame.data["message"]["content"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_mention_is_the_beginning_of_an_address_that_only_one_user_has() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let (priya_id, name) = id_and_name(&priya).await;
    let session = sam.open_session("VPN is down").await;
    let mentions = async |content: String| {
        let body = json!({"content": content, "kind": "note"});
        let message = sam.post(&format!("/ai-sessions/{session}/messages"), body).await.expect(201);
        message["mentions"].clone()
    };
    assert_eq!(mentions(format!("@{name} have you seen this?")).await, json!([priya_id]));
    assert_eq!(mentions(format!("@{name}, @{name} and @nobody")).await, json!([priya_id]));
    assert_eq!(mentions(format!("a{name}@{name} @{}", id_and_name(&sam).await.1)).await, json!([]));

    let body = json!({"email": format!("{name}@other.test"), "name": "Another", "role": "engineer"});
    let other = world.owner().post("/users", body).await.expect(201);
    assert_eq!(mentions(format!("@{name}?")).await, json!([]), "two users have this name");
    let path = format!("/users/{}", other["id"].as_str().unwrap());
    world
        .owner()
        .send_json(reqwest::Method::PATCH, &path, Some(json!({"active": false})), &[])
        .await
        .expect(200);
    assert_eq!(mentions(format!("@{name}!")).await, json!([priya_id]));

    let messages = sam.session(&session).await["conversation_messages"].clone();
    let stored: Vec<&Value> =
        messages.as_array().unwrap().iter().map(|message| &message["mentions"]).collect();
    let (nobody, her) = (json!([]), json!([priya_id]));
    assert_eq!(stored, [&nobody, &her, &her, &nobody, &nobody, &her]);
    let page = sam.get(&format!("/ai-sessions/{session}/messages")).await.expect(200);
    assert_eq!(page["items"][1]["mentions"], her);
}

#[tokio::test]
async fn messages_reach_the_team_streams_of_those_whom_the_session_concerns() {
    let world = World::new().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let (lee, priya) = (world.engineer("Lee Chan").await, world.engineer("Priya Nair").await);
    let admin = world.user("Ida Berg", Role::Admin).await;
    let vpn = sam.escalate("VPN is down").await;
    dana.claim(&vpn).await;
    let mut streams = Vec::new();
    for user in [&sam, &dana, &lee, &priya, &admin] {
        streams.push(user.subscribe("").await);
    }
    sam.add_note(&vpn.session_id, "STOP, do not kill it").await;
    let name = id_and_name(&lee).await.1;
    dana.add_note(&vpn.session_id, &format!("@{name} is it yours?")).await;
    sam.add_note(&vpn.session_id, "It is his.").await;
    sam.escalate("The end").await;

    let question = format!("@{name} is it yours?");
    let all = vec!["STOP, do not kill it".to_owned(), question.clone(), "It is his.".to_owned()];
    let mut came = Vec::new();
    for stream in &mut streams {
        came.push(messages_before(stream, "session_created").await);
    }
    assert_eq!(came, [all.clone(), all.clone(), all[1..].to_vec(), vec![], vec![]]);

    // The same after a reconnect, whoever takes part by then.
    let body = json!({"reason": "Lunch"});
    dana.post(&format!("/handoffs/{}/release", vpn.handoff_id), body).await.expect(200);
    for (user, wanted) in [(&sam, 4), (&dana, 3), (&lee, 2), (&priya, 0), (&admin, 0)] {
        let mut stream = user.subscribe_after("0").await;
        let messages = messages_before(&mut stream, "caught_up").await;
        let of_vpn = messages.iter().filter(|text| *text != "The end").count();
        assert_eq!(of_vpn, wanted, "{}: {messages:?}", user.name);
    }
    priya.claim(&vpn).await;
    let mut stream = dana.subscribe("").await;
    sam.add_note(&vpn.session_id, "Thanks for taking it").await;
    sam.open_session("another").await;
    assert!(messages_before(&mut stream, "session_created").await.is_empty(), "she no longer works on it");
}

#[tokio::test]
async fn the_log_is_read_in_pages_of_what_a_stream_would_carry() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let hank = world.other_account_owner();
    let vpn = sam.escalate("VPN is down").await;
    let parked = sam.open_session("Private").await;
    sam.park(&parked).await;
    sam.wait_for_assessment(&vpn).await;
    for who in [&sam, &priya, &hank] {
        let mut stream = who.subscribe_after("0").await;
        let frames = stream.collect_until("caught_up").await;
        let wanted: Vec<Value> =
            frames.into_iter().filter(|frame| frame.id.is_some()).map(|frame| frame.data).collect();
        let (mut read, mut before) = (Vec::new(), String::new());
        loop {
            let page = who.get(&format!("/events?limit=2{before}")).await.expect(200);
            let items = page["items"].as_array().unwrap().clone();
            assert!(items.len() <= 2);
            read.splice(0..0, items);
            let Some(next) = page["next_before"].as_u64() else { break };
            before = format!("&before={next}");
        }
        assert_eq!(read, wanted, "{}", who.name);
    }
    let page = sam.get("/events?types=handoff_created,message_added&after=1").await.expect(200);
    let types: Vec<&Value> = page["items"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["message_added", "handoff_created", "message_added"]);
    assert!(page["next_before"].is_null());
    let refused = sam.get("/events?types=messages").await;
    assert_eq!((refused.status, refused.problem_code()), (400, "bad-request"));
    assert!(refused.body["detail"].as_str().unwrap().contains("message_added"), "{}", refused.body);
}
