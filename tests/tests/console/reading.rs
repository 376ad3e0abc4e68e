//! Reading: pasted text, folded logs, the pager, the search and the filter of the help, with their pictures.

use crate::screen_snapshot::assert_screen_snapshot;
use tierup_e2e::{ApiClient, Console, Escalation, World};

/// The sizes of the pictures.
const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (60, 20)];

/// A log of this many lines, with an error after two thirds.
fn log(lines: usize) -> String {
    let error = lines * 2 / 3;
    let line = |number: usize| match number {
        _ if number == error => format!("{number:>4}  ERROR  gateway refused the certificate (809)"),
        _ => format!("{number:>4}  info   keepalive {number}"),
    };
    (1..=lines).map(line).collect::<Vec<String>>().join("\n")
}

/// Sam pastes a configuration, a table and a long log.
async fn escalate_with_pasted_text(sam: &ApiClient) -> Escalation {
    let session = sam.open_session("VPN is down").await;
    let config = "# /etc/vpn.conf\n[tunnel]\n    mtu = 1400   # was 1500\n    *.corp = split";
    sam.add_note(&session, config).await;
    sam.add_note(&session, "PID    USER     CPU\n  1    root     0.3\n 4242  vpnd    99.0").await;
    sam.add_note(&session, &format!("The **whole** log:\n{}\nAny idea?", log(120))).await;
    sam.escalate_session(&session, "normal").await
}

async fn priya_reads(world: &World, (columns, rows): (u16, u16)) -> Console {
    let mut priya = world.console_with_size("Priya Nair", columns, rows).await;
    priya.sees("VPN is down").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    priya
}

#[tokio::test]
async fn pasted_text_stays_as_it_was_pasted_and_long_logs_fold() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    escalate_with_pasted_text(&sam).await;
    sam.escalate("Another").await;
    let mut priya = priya_reads(&world, (120, 36)).await;
    for line in
        ["# /etc/vpn.conf ", "    mtu = 1400   # was 1500", "    *.corp = split", " 4242  vpnd    99.0"]
    {
        priya.still_sees(line).await;
    }
    priya.press("<tab>G").await;
    priya.sees("Any idea?").await;
    priya.still_sees("… 106 lines  f opens").await;
    // The key and a click open it.
    priya.press("f").await;
    priya.sees("╭ Sam Ortiz  09:30 ── 122 lines ─").await;
    priya.press("q").await;
    priya.sees("start here").await;
    priya.click("… 106 lines").await;
    priya.sees("── 122 lines ─").await;
    priya.press("/809<enter>").await;
    priya.sees("gateway refused the certificate (809)").await;
    priya.still_sees("/809 1 of 1").await;
}

#[tokio::test]
async fn pictures_of_a_folded_log_and_the_pager() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    escalate_with_pasted_text(&sam).await;
    sam.escalate("Another").await;
    for size in SIZES {
        let mut priya = priya_reads(&world, size).await;
        priya.press("<tab>G").await;
        priya.sees("Any idea?").await;
        assert_screen_snapshot("briefing_folded", &priya).await;
        priya.press("f").await;
        priya.sees("── 122 lines ─").await;
        priya.press("/error<enter>").await;
        priya.sees("/error 1 of 1").await;
        assert_screen_snapshot("pager_search", &priya).await;
    }
}

#[tokio::test]
async fn pictures_of_a_search_in_a_briefing() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    escalate_with_pasted_text(&sam).await;
    sam.escalate("Another").await;
    for size in SIZES {
        let mut priya = priya_reads(&world, size).await;
        priya.press("/vpn").await;
        priya.sees(" of ").await;
        assert_screen_snapshot("briefing_search_typing", &priya).await;
        priya.press("<enter>n").await;
        priya.sees("next match").await;
        assert_screen_snapshot("briefing_search", &priya).await;
    }
}

#[tokio::test]
async fn pictures_of_a_claim_by_another_while_one_reads() {
    let world = World::without_assessments().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let vpn = escalate_with_pasted_text(&sam).await;
    sam.escalate("Another").await;
    for size in SIZES {
        let mut priya = priya_reads(&world, size).await;
        dana.claim(&vpn).await;
        priya.sees(" Claimed by Dana Wu just now").await;
        assert_screen_snapshot("briefing_claimed", &priya).await;
        let reason = serde_json::json!({"reason": "Lunch"});
        dana.post(&format!("/handoffs/{}/release", vpn.handoff_id), reason).await.expect(200);
    }
}

#[tokio::test]
async fn pictures_of_a_filtered_help_and_of_rows_above_the_fold() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    for number in 1..=2 {
        sam.escalate_with_priority(&format!("burning {number}"), "urgent").await;
    }
    for number in 1..=30 {
        sam.escalate(&format!("problem {number}")).await;
    }
    for (columns, rows) in SIZES {
        let mut priya = world.console_with_size("Priya Nair", columns, rows).await;
        priya.sees("▌URGENT   burning 1").await;
        priya.press("G").await;
        priya.sees("▲ 2 urgent").await;
        assert_screen_snapshot("queue_above_the_fold", &priya).await;
        priya.press("?unread").await;
        priya.sees("Mark as unread").await;
        assert_screen_snapshot("queue_help_filtered", &priya).await;
    }
}
