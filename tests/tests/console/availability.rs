//! What can be done now is offered, what cannot is not, and whoever tries is told why before the server is asked.

use crate::fixtures::{escalate_and_assess, open_claimed_session, world_with_assessment};
use tierup_e2e::World;

const ASSESSMENT: &str = "**Likely cause:** DNS\n**Steps**\n1. Flush the cache\n**Confidence:** low";

#[tokio::test]
async fn what_the_server_would_refuse_opens_no_dialog() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let dana = world.engineer("Dana Wu").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("x").await;
    priya.sees("Only a claim can be given back").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    priya.press("a").await;
    priya.sees("Nobody has claimed it: claim it first").await;
    priya.press("v").await;
    priya.sees("Alt-p pick up").await;
    priya.sees("escalated, with Sam Ortiz").await;
    priya.press("<ctrl-k>").await;
    priya.sees("Only Sam Ortiz, who works on it").await;
    priya.does_not_see("╭ Park").await;
    priya.press("<esc><esc>").await;
    priya.sees("Escalations").await;
    dana.claim(&vpn).await;
    priya.sees("claimed by Dana Wu").await;
    priya.press("p").await;
    priya.sees("Dana Wu has claimed it").await;
    priya.press("x").await;
    priya.sees("Dana Wu claimed it; they or an admin decide").await;
    priya.does_not_see("pick up").await;
}

#[tokio::test]
async fn the_last_line_and_the_palette_offer_what_can_be_done() {
    let world = World::new().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("Nothing is waiting").await;
    let screen = priya.screen().await;
    assert!(!screen.contains("pick up") && screen.contains("c new session"), "{screen}");
    priya.press("<ctrl-p>pick").await;
    priya.sees("╭ Palette").await;
    priya.does_not_see("Pick up: claim it").await;
    priya.press("<esc>cThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    let screen = priya.screen().await;
    assert!(!screen.contains("use step") && screen.contains("Ctrl-R resolve"), "{screen}");
}

#[tokio::test]
async fn what_arrives_out_of_sight_is_told() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("Nothing is waiting").await;
    sam.escalate("In sight").await;
    priya.sees("1 unread").await;
    priya.does_not_see("● #1 In sight").await;
    for (keys, problem, toast) in [
        ("2", "Behind a tab", "#2 Behind a tab"),
        ("1c", "Under a dialog", "#3 Under a dialog"),
        ("<esc>/zzz<enter>", "Filtered away", "#4 Filtered away"),
    ] {
        priya.press(keys).await;
        sam.escalate(problem).await;
        priya.sees(toast).await;
    }
}

#[tokio::test]
async fn a_command_need_not_be_typed_to_its_end_where_it_means_one_thing() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<esc>2:rel<enter>").await;
    priya.sees("For whoever picks it up next").await;
    priya.press("<esc>:claim <enter>").await;
    priya.sees("Which? Tab shows the handoffs").await;
}

#[tokio::test]
async fn keys_in_words_are_those_of_the_settings() {
    let world = World::new().await;
    let settings = "[keys]\n\"list.new-session\" = \"C\"\n\"list.parked\" = \"7\"\n\"session.hide-steps\" = \"f9\"\n\
        \"session.use-step-1\" = \"f5\"\n\"session.help\" = \"f1\"";
    let mut priya = world.console_with_settings("Priya Nair", settings, (120, 36)).await;
    priya.sees("C starts a session.").await;
    priya.press("CThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    // No sign is a key any more: it types.
    priya.press("?1").await;
    priya.sees("│ ?1").await;
    priya.press("<ctrl-k>").await;
    priya.sees("only you see this").await;
    priya.press("<enter>").await;
    priya.sees("Parked: you find it under 7").await;
}
