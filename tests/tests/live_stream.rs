//! The event stream: in order, without gaps or repeats, filtered by subscriber.
//!
//! Mutant seen to fail: one channel for all accounts.

use std::time::Duration;

use serde_json::json;
use tierup_common::user::Role;
use tierup_e2e::sse_client::SseEvent;
use tierup_e2e::{ApiClient, FakeModel, ModelBehavior, SseClient, World};

#[tokio::test]
async fn the_first_frames_give_the_position() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.open_session("VPN is down").await;
    let mut stream = sam.subscribe("").await;
    let hello = stream.wait_for_event("hello").await;
    assert_eq!((&hello["seq"], &hello["oldest_seq"]), (&json!(2), &json!(1)));
    assert_eq!(hello["now"], "2026-11-22T09:30:00.000Z");
}

#[tokio::test]
async fn a_stream_resumes_where_it_ended() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    priya.claim(&vpn).await;
    let printer = sam.escalate("Printer jams").await;
    sam.wait_for_assessment(&printer).await;

    let mut all = priya.subscribe_after("0").await;
    let all = all.collect_until("caught_up").await;
    let ids: Vec<u64> = all.iter().filter_map(|frame| frame.id.as_ref()?.parse().ok()).collect();
    assert!(ids.is_sorted() && !ids.is_empty());
    let middle = ids[ids.len() / 2];

    let mut rest = priya.subscribe_after(&middle.to_string()).await;
    let rest = rest.collect_until("caught_up").await;
    let wanted: Vec<_> = all.iter().filter(|frame| frame.id.is_some()).skip(ids.len() / 2 + 1).collect();
    let came: Vec<_> = rest.iter().filter(|frame| frame.id.is_some()).collect();
    assert_eq!(came, wanted);
}

#[tokio::test]
async fn an_unknown_event_id_is_answered_with_a_reset() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.open_session("VPN is down").await;
    for (place, newest) in [("999", 2), ("never", 4), ("-1", 6), ("1.5", 8)] {
        let mut stream = sam.subscribe_after(place).await;
        let reset = stream.wait_for_event("reset").await;
        assert_eq!(reset["seq"], newest, "{place}");
        // Live from there on: opening a session logs two events.
        sam.open_session("the next thing").await;
        stream.wait_for_event("session_created").await;
    }
}

#[tokio::test]
async fn events_during_a_server_restart_are_not_missed() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;
    let vpn = sam.escalate("VPN is down").await;
    let last = loop {
        let frame = stream.next().await.expect("an event");
        if frame.name == "handoff_assessment_ready" {
            break frame.id.expect("a place");
        }
    };

    world.restart().await;
    stream.wait_for_end().await;
    priya.claim(&vpn).await;
    sam.escalate("Printer jams").await;

    let mut stream = priya.subscribe_after(&last).await;
    let names: Vec<String> = {
        let events = stream.collect_until("handoff_created").await;
        events.into_iter().filter(|frame| frame.id.is_some()).map(|frame| frame.name).collect()
    };
    assert_eq!(names, ["handoff_claimed", "session_created", "handoff_created"]);
}

#[tokio::test]
async fn every_reconnecting_client_gets_what_it_missed() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    for number in 0..100 {
        let session = sam.open_session(&format!("problem {number}")).await;
        if number == 50 {
            sam.park(&session).await;
        }
    }
    world.restart().await;

    let (sam, priya) = (&sam, &priya);
    let missed = async |who: &ApiClient, place: u64| -> Vec<u64> {
        let mut stream = who.subscribe_after(&place.to_string()).await;
        let events = stream.collect_until("caught_up").await;
        events.iter().filter_map(|frame| frame.id.as_ref()?.parse().ok()).collect()
    };
    let all = missed(priya, 0).await;
    assert_eq!(all.len(), 100, "messages and parks are not for her");
    assert_eq!(missed(sam, 0).await.len(), 201, "his sessions' messages and his park are for him");
    let places = [0, 1, 63, 64, 100, 127, 128, 129, 150, 200];
    let back = futures_util::future::join_all(places.map(|place| missed(priya, place))).await;
    for (place, came) in places.into_iter().zip(back) {
        let wanted: Vec<u64> = all.iter().copied().filter(|seq| *seq > place).collect();
        assert_eq!(came, wanted, "after {place}");
    }
}

#[tokio::test]
async fn messages_go_only_to_streams_of_their_session_and_to_whom_it_concerns() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("VPN is down").await;
    let mut team = priya.subscribe("").await;
    let mut narrowed = priya.subscribe(&format!("?session_id={session}")).await;
    let mut own = sam.subscribe("").await;

    sam.add_note(&session, "Reinstalled.").await;
    sam.escalate_session(&session, "normal").await;

    let added = narrowed.wait_for_event("message_added").await;
    assert_eq!(added["message"]["content"], "Reinstalled.");
    assert_eq!(own.wait_for_event("message_added").await, added);
    narrowed.wait_for_event("handoff_created").await;
    let events = team.collect_until("handoff_created").await;
    assert!(events.iter().all(|frame| frame.name != "message_added"), "{events:?}");
}

#[tokio::test]
async fn all_readers_see_the_same_streamed_text() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let narrow = format!("?handoff_id={}", vpn.handoff_id);
    let mut first = priya.subscribe(&narrow).await;

    model.send_delta("**Likely cause:** The certificate ");
    let delta = first.wait_for_event("handoff_assessment_delta").await;
    assert_eq!((&delta["offset"], &delta["text"]), (&json!(0), &json!("**Likely cause**\nThe certificate")));

    let mut late_stream = sam.subscribe(&narrow).await;
    let delta = late_stream.wait_for_event("handoff_assessment_delta").await;
    assert_eq!((&delta["offset"], &delta["text"]), (&json!(0), &json!("**Likely cause**\nThe certificate")));

    model.send_delta("was reissued — so.");
    for stream in [&mut first, &mut late_stream] {
        let delta = stream.wait_for_event("handoff_assessment_delta").await;
        assert_eq!((&delta["offset"], &delta["text"]), (&json!(32), &json!(" was reissued — so.")));
    }
    model.finish_answer();
    for stream in [&mut first, &mut late_stream] {
        let ready = stream.wait_for_event("handoff_assessment_ready").await;
        let text = "**Likely cause**\nThe certificate was reissued — so.\n\n**Confidence**\nlow confidence\n";
        assert_eq!(ready["ai_assessment"], text);
    }
}

#[tokio::test]
async fn a_filtered_stream_counts_as_reading() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    let mut team = sam.subscribe("").await;

    let reading = priya.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;
    let presence = team.wait_for_event("presence").await;
    assert_eq!(presence["viewers"][0]["name"], "Priya Nair");
    assert_eq!(sam.handoff(&vpn).await["viewers"][0]["name"], "Priya Nair");

    drop(reading);
    let presence = team.wait_for_event("presence").await;
    assert_eq!(presence["viewers"], json!([]));
}

#[tokio::test]
async fn reading_a_park_is_not_shown_to_others() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.open_session("Private").await;
    let parked = sam.park(&session).await;
    let vpn = sam.escalate("VPN is down").await;
    let mut team = priya.subscribe("").await;

    let mut own = sam.subscribe(&format!("?handoff_id={parked}")).await;
    own.wait_for_event("hello").await;
    let _reading = sam.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await;

    let presence = team.wait_for_event("presence").await;
    assert_eq!(presence["handoff_id"], vpn.handoff_id.as_str(), "of the park");
}

#[tokio::test]
async fn a_stream_reports_when_it_has_caught_up() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.open_session("VPN is down").await;
    let mut silent = sam.subscribe("?last_event_id=0").await;
    let mut stream_with_caught_up = sam.subscribe("?last_event_id=0&caught_up=true").await;
    sam.open_session("the next thing").await;
    let names = async |stream: &mut SseClient| -> Vec<String> {
        let mut events = stream.collect_until("session_created").await;
        events.extend(stream.collect_until("session_created").await);
        events.into_iter().map(|frame| frame.name).collect()
    };
    assert_eq!(names(&mut silent).await, ["hello", "session_created", "message_added", "session_created"]);
    assert!(names(&mut stream_with_caught_up).await.contains(&"caught_up".to_owned()));
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_server() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.subscribe("").await;
    let mut other = sam.subscribe("").await;
    assert_eq!(priya.post("/auth/logout", json!({})).await.status, 204);
    stream.wait_for_end().await;
    assert_eq!(priya.get("/me").await.status, 401);

    let stopping = tokio::time::timeout(Duration::from_secs(5), world.stop());
    let (stopped, ()) = tokio::join!(stopping, other.wait_for_end());
    stopped.expect("the server stops within five seconds");
}

#[tokio::test]
async fn a_stopping_server_spreads_the_reconnects_of_its_clients() {
    let mut world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(sam.subscribe("").await);
    }
    let ((), ()) = tokio::join!(world.stop(), async {
        for stream in &mut crowd {
            stream.wait_for_end().await;
            assert_eq!(stream.retry, Some(2_400), "the first viewer sees the later ones");
        }
    });
    world.start(0).await;
    let mut alone = ApiClient::new("Sam Ortiz", &world.url(), sam.token()).subscribe("").await;
    alone.wait_for_event("hello").await;
    assert_eq!(alone.retry, Some(500));
}

#[tokio::test]
async fn streams_carry_only_events_their_user_may_see() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let hank = world.other_account_owner();
    let vpn = sam.escalate("VPN is down").await;
    let parked = sam.open_session("Private").await;
    let parked = sam.park(&parked).await;

    assert_eq!(hank.subscribe(&format!("?handoff_id={}", vpn.handoff_id)).await.status, 404);
    assert_eq!(hank.subscribe(&format!("?session_id={}", vpn.session_id)).await.status, 404);
    let priya = world.user("Priya Nair", Role::Admin).await;
    assert_eq!(priya.subscribe(&format!("?handoff_id={parked}")).await.status, 404);

    let mut stream = hank.subscribe("?last_event_id=0").await;
    let mut team = priya.subscribe("?last_event_id=0").await;
    // Past events, live events, and presence; then the events that they do receive.
    let again = sam.escalate("Mail is slow").await;
    let _reading = sam.subscribe(&format!("?handoff_id={}", again.handoff_id)).await;
    let another = sam.open_session("Also private").await;
    let another = sam.park(&another).await;
    sam.wait_for_assessment(&vpn).await;
    hank.open_session("Globex is down").await;
    let last = sam.escalate("Printer jams").await;

    let received = stream.collect_until("session_created").await;
    let names: Vec<&str> = received.iter().map(|frame| frame.name.as_str()).collect();
    assert_eq!(names, ["hello", "session_created"], "{received:?}");
    assert_eq!(received[0].data["seq"], 0, "one team's numbers tell another nothing");
    assert!(received[1].data.to_string().contains("Globex is down"), "{received:?}");

    let of_last = |frame: &SseEvent| frame.data["handoff_id"] == last.handoff_id.as_str();
    let mut received = team.collect_until("handoff_created").await;
    while !received.last().is_some_and(of_last) {
        received.extend(team.collect_until("handoff_created").await);
    }
    assert!(
        received.iter().any(|frame| frame.data["handoff_id"] == again.handoff_id.as_str()),
        "{received:?}"
    );
    for frame in &received {
        let frame_text = frame.data.to_string();
        assert!(
            !frame_text.contains(&parked) && !frame_text.contains(&another),
            "a park of somebody else's: {frame:?}"
        );
    }
}
