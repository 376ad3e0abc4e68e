//! Conversations with thousands of messages, and messages with hundreds of lines.

use std::time::{Duration, Instant};

use tierup_e2e::{Console, World, quick_or_soak};

/// Waits for a text and returns how long it took.
async fn time_until_seen(console: &mut Console, text: &str) -> Duration {
    let begin = Instant::now();
    console.sees(text).await;
    begin.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_five_thousand_messages_opens_and_scrolls_at_once() {
    let world = World::new().await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalate("VPN is down").await;
    priya.claim(&vpn).await;
    let text = "Some **words** of a message, with `code` in it and a [link](https://a.test/) besides.\n\n\
        - one\n- two";
    for _ in 0..312 {
        let notes = (0..16).map(|_| priya.add_note(&vpn.session_id, text));
        futures_util::future::join_all(notes).await;
    }
    let lines: Vec<String> = (1..=300).map(|line| format!("line {line}")).collect();
    priya.add_note(&vpn.session_id, &lines.join("\n")).await;
    priya.add_note(&vpn.session_id, "the very last").await;

    let mut console = world.console("Priya Nair").await;
    console.sees("Mine 1").await;
    console.press("2").await;
    console.sees("your claims and sessions").await;
    console.press("<enter>").await;
    let opens = time_until_seen(&mut console, "the very last").await;
    console.still_sees("… 284 lines  Esc f opens").await;
    let begin = Instant::now();
    console.press(&"<ctrl-up>".repeat(100)).await;
    console.no_longer_sees("the very last").await;
    let hundred = begin.elapsed();
    // Down through the long message, a row at a time, and to a match.
    console.press("<ctrl-end><esc>f").await;
    console.sees("── 300 lines ─").await;
    console.press(&"j".repeat(100)).await;
    console.sees("line 130").await;
    console.press("/line 250<enter>").await;
    let found = time_until_seen(&mut console, "/line 250 1 of 1").await;
    console.press("<esc>q").await;
    console.sees("the very last").await;
    console.press("<alt-/>link").await;
    let searched = time_until_seen(&mut console, "/link").await;
    console.press("<esc>").await;
    console.sees("the very last").await;
    console.press("<ctrl-home>").await;
    let top = time_until_seen(&mut console, "Sam Ortiz  09:30").await;
    console.press("<ctrl-end>").await;
    let end = time_until_seen(&mut console, "the very last").await;
    println!("found in the text {found:?}, in the conversation {searched:?}");
    println!("opens {opens:?}, 100 rows up {hundred:?}, to the first {top:?}, to the end {end:?}");
    // Far above the usual time, even unoptimized on a busy machine: this checks the order of magnitude.
    let most = Duration::from_secs(quick_or_soak(20, 2));
    assert!(opens < most && hundred < most, "{opens:?}, {hundred:?}");
}
