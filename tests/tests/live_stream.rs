//! The event stream: in order, nothing lost, nothing twice, to whom it concerns.
//!
//! A mutant seen to fail: one channel for all accounts.

use std::time::Duration;

use serde_json::json;
use tierup_common::user::Role;
use tierup_e2e::listener::Heard;
use tierup_e2e::{Engineer, Listener, Model, Temper, World};

#[tokio::test]
async fn the_first_frames_say_where_one_is() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.opens("VPN is down").await;
    let mut stream = sam.listens("").await;
    let hello = stream.hears("hello").await;
    assert_eq!((&hello["seq"], &hello["oldest_seq"]), (&json!(2), &json!(1)));
    assert_eq!(hello["now"], "2026-11-22T09:30:00.000Z");
}

#[tokio::test]
async fn a_stream_resumes_where_it_was() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    sam.waits_for_assessment(&vpn).await;
    priya.claims(&vpn).await;
    let printer = sam.escalates("Printer jams").await;
    sam.waits_for_assessment(&printer).await;

    let mut all = priya.resumes("0").await;
    let all = all.hears_all_until("caught_up").await;
    let ids: Vec<u64> = all.iter().filter_map(|frame| frame.id.as_ref()?.parse().ok()).collect();
    assert!(ids.is_sorted() && !ids.is_empty());
    let middle = ids[ids.len() / 2];

    let mut rest = priya.resumes(&middle.to_string()).await;
    let rest = rest.hears_all_until("caught_up").await;
    let wanted: Vec<_> = all.iter().filter(|frame| frame.id.is_some()).skip(ids.len() / 2 + 1).collect();
    let came: Vec<_> = rest.iter().filter(|frame| frame.id.is_some()).collect();
    assert_eq!(came, wanted);
}

#[tokio::test]
async fn a_place_that_is_not_in_the_log_is_answered_with_a_reset() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.opens("VPN is down").await;
    for (place, newest) in [("999", 2), ("never", 4), ("-1", 6), ("1.5", 8)] {
        let mut stream = sam.resumes(place).await;
        let reset = stream.hears("reset").await;
        assert_eq!(reset["seq"], newest, "{place}");
        // Live from there: opening a session is two events.
        sam.opens("the next thing").await;
        stream.hears("session_created").await;
    }
}

#[tokio::test]
async fn what_happens_while_the_server_restarts_is_not_missed() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.listens("").await;
    let vpn = sam.escalates("VPN is down").await;
    let last = loop {
        let frame = stream.next().await.expect("an event");
        if frame.name == "handoff_assessment_ready" {
            break frame.id.expect("a place");
        }
    };

    world.restarts().await;
    stream.ends().await;
    priya.claims(&vpn).await;
    sam.escalates("Printer jams").await;

    let mut stream = priya.resumes(&last).await;
    let names: Vec<String> = {
        let heard = stream.hears_all_until("handoff_created").await;
        heard.into_iter().filter(|frame| frame.id.is_some()).map(|frame| frame.name).collect()
    };
    assert_eq!(names, ["handoff_claimed", "session_created", "handoff_created"]);
}

#[tokio::test]
async fn all_who_come_back_at_once_get_each_what_they_missed() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    for number in 0..100 {
        let session = sam.opens(&format!("problem {number}")).await;
        if number == 50 {
            sam.parks(&session).await;
        }
    }
    world.restarts().await;

    let (sam, priya) = (&sam, &priya);
    let missed = async |who: &Engineer, place: u64| -> Vec<u64> {
        let mut stream = who.resumes(&place.to_string()).await;
        let heard = stream.hears_all_until("caught_up").await;
        heard.iter().filter_map(|frame| frame.id.as_ref()?.parse().ok()).collect()
    };
    let all = missed(priya, 0).await;
    assert_eq!(all.len(), 100, "what is said and what is parked is not for her");
    assert_eq!(missed(sam, 0).await.len(), 101);
    let places = [0, 1, 63, 64, 100, 127, 128, 129, 150, 200];
    let back = futures_util::future::join_all(places.map(|place| missed(priya, place))).await;
    for (place, came) in places.into_iter().zip(back) {
        let wanted: Vec<u64> = all.iter().copied().filter(|seq| *seq > place).collect();
        assert_eq!(came, wanted, "after {place}");
    }
}

#[tokio::test]
async fn what_is_said_goes_only_to_streams_of_its_session() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.opens("VPN is down").await;
    let mut team = priya.listens("").await;
    let mut narrowed = priya.listens(&format!("?session_id={session}")).await;

    sam.notes(&session, "Reinstalled.").await;
    sam.hands_off(&session, "normal").await;

    let said = narrowed.hears("message_added").await;
    assert_eq!(said["message"]["content"], "Reinstalled.");
    narrowed.hears("handoff_created").await;
    let heard = team.hears_all_until("handoff_created").await;
    assert!(heard.iter().all(|frame| frame.name != "message_added"), "{heard:?}");
}

#[tokio::test]
async fn everybody_who_reads_sees_the_same_text_grow() {
    let model = Model::with(Temper::AsTold).await;
    let world = World::with(model.settings(30)).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    let narrow = format!("?handoff_id={}", vpn.handoff);
    let mut first = priya.listens(&narrow).await;

    model.says("**Likely cause:** The certificate ");
    let delta = first.hears("handoff_assessment_delta").await;
    assert_eq!((&delta["offset"], &delta["text"]), (&json!(0), &json!("**Likely cause:** The certificate ")));

    let mut late = sam.listens(&narrow).await;
    let delta = late.hears("handoff_assessment_delta").await;
    assert_eq!((&delta["offset"], &delta["text"]), (&json!(0), &json!("**Likely cause:** The certificate ")));

    model.says("was reissued — so.");
    for stream in [&mut first, &mut late] {
        let delta = stream.hears("handoff_assessment_delta").await;
        assert_eq!((&delta["offset"], &delta["text"]), (&json!(34), &json!("was reissued — so.")));
    }
    model.is_done();
    for stream in [&mut first, &mut late] {
        let ready = stream.hears("handoff_assessment_ready").await;
        assert_eq!(ready["ai_assessment"], "**Likely cause:** The certificate was reissued — so.");
    }
}

#[tokio::test]
async fn whoever_holds_a_narrowed_stream_is_reading() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    let mut team = sam.listens("").await;

    let reading = priya.listens(&format!("?handoff_id={}", vpn.handoff)).await;
    let presence = team.hears("presence").await;
    assert_eq!(presence["viewers"][0]["name"], "Priya Nair");
    assert_eq!(sam.handoff(&vpn).await["viewers"][0]["name"], "Priya Nair");

    drop(reading);
    let presence = team.hears("presence").await;
    assert_eq!(presence["viewers"], json!([]));
}

#[tokio::test]
async fn nobody_sees_that_a_park_is_read() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let session = sam.opens("Private").await;
    let parked = sam.parks(&session).await;
    let vpn = sam.escalates("VPN is down").await;
    let mut team = priya.listens("").await;

    let mut own = sam.listens(&format!("?handoff_id={parked}")).await;
    own.hears("hello").await;
    let _reading = sam.listens(&format!("?handoff_id={}", vpn.handoff)).await;

    let presence = team.hears("presence").await;
    assert_eq!(presence["handoff_id"], vpn.handoff.as_str(), "of the park");
}

#[tokio::test]
async fn that_one_has_caught_up_is_said_to_those_who_ask() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    sam.opens("VPN is down").await;
    let mut silent = sam.listens("?last_event_id=0").await;
    let mut asked = sam.listens("?last_event_id=0&caught_up=true").await;
    sam.opens("the next thing").await;
    let names = async |stream: &mut Listener| -> Vec<String> {
        let mut heard = stream.hears_all_until("session_created").await;
        heard.extend(stream.hears_all_until("session_created").await);
        heard.into_iter().map(|frame| frame.name).collect()
    };
    assert_eq!(names(&mut silent).await, ["hello", "session_created", "session_created"]);
    assert!(names(&mut asked).await.contains(&"caught_up".to_owned()));
}

#[tokio::test]
async fn a_stream_ends_with_its_token_and_with_the_server() {
    let mut world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let mut stream = priya.listens("").await;
    let mut other = sam.listens("").await;
    assert_eq!(priya.post("/auth/logout", json!({})).await.status, 204);
    stream.ends().await;
    assert_eq!(priya.get("/me").await.status, 401);

    let stopping = tokio::time::timeout(Duration::from_secs(5), world.stops());
    let (stopped, ()) = tokio::join!(stopping, other.ends());
    stopped.expect("the server stops within five seconds");
}

#[tokio::test]
async fn a_crowd_that_a_server_ends_is_told_to_come_back_gently() {
    let mut world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut crowd = Vec::new();
    for _ in 0..200 {
        crowd.push(sam.listens("").await);
    }
    let ((), ()) = tokio::join!(world.stops(), async {
        for stream in &mut crowd {
            stream.ends().await;
            assert_eq!(stream.retry, Some(2_400), "the first to come is told of all who came later");
        }
    });
    world.starts(0).await;
    let mut alone = Engineer::new("Sam Ortiz", &world.url(), sam.token()).listens("").await;
    alone.hears("hello").await;
    assert_eq!(alone.retry, Some(500));
}

#[tokio::test]
async fn nobody_hears_of_another_account_or_of_what_they_may_not_see() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let hank = world.stranger();
    let vpn = sam.escalates("VPN is down").await;
    let parked = sam.opens("Private").await;
    let parked = sam.parks(&parked).await;

    assert_eq!(hank.listens(&format!("?handoff_id={}", vpn.handoff)).await.status, 404);
    assert_eq!(hank.listens(&format!("?session_id={}", vpn.session)).await.status, 404);
    let priya = world.person("Priya Nair", Role::Admin).await;
    assert_eq!(priya.listens(&format!("?handoff_id={parked}")).await.status, 404);

    let mut stream = hank.listens("?last_event_id=0").await;
    let mut team = priya.listens("?last_event_id=0").await;
    // What happened before the streams, what happens now, and what somebody reads; then what they do hear.
    let again = sam.escalates("Mail is slow").await;
    let _reading = sam.listens(&format!("?handoff_id={}", again.handoff)).await;
    let another = sam.opens("Also private").await;
    let another = sam.parks(&another).await;
    sam.waits_for_assessment(&vpn).await;
    hank.opens("Globex is down").await;
    let last = sam.escalates("Printer jams").await;

    let heard = stream.hears_all_until("session_created").await;
    let names: Vec<&str> = heard.iter().map(|frame| frame.name.as_str()).collect();
    assert_eq!(names, ["hello", "session_created"], "{heard:?}");
    assert_eq!(heard[0].data["seq"], 0, "one team's numbers tell another nothing");
    assert!(heard[1].data.to_string().contains("Globex is down"), "{heard:?}");

    let of_last = |frame: &Heard| frame.data["handoff_id"] == last.handoff.as_str();
    let mut heard = team.hears_all_until("handoff_created").await;
    while !heard.last().is_some_and(of_last) {
        heard.extend(team.hears_all_until("handoff_created").await);
    }
    assert!(heard.iter().any(|frame| frame.data["handoff_id"] == again.handoff.as_str()), "{heard:?}");
    for frame in &heard {
        let said = frame.data.to_string();
        assert!(!said.contains(&parked) && !said.contains(&another), "a park of somebody else's: {frame:?}");
    }
}
