//! Available actions are offered; for others the console gives the reason without asking the server.

use crate::fixtures::{escalate_and_assess, open_claimed_session, world_with_assessment};
use tierup_e2e::{TWO_STEP_ASSESSMENT, World};

#[tokio::test]
async fn no_dialog_opens_for_what_the_server_would_refuse() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let dana = world.engineer("Dana Wu").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("U").await;
    priya.sees("Only a claimed handoff can be released").await;
    priya.press("<enter>").await;
    priya.sees("start here").await;
    priya.press("a").await;
    priya.sees("Not claimed yet: claim it first").await;
    priya.press("v").await;
    priya.sees("Alt-p pick up").await;
    priya.sees("escalated, with Sam Ortiz").await;
    priya.press("<alt-z>").await;
    priya.sees("Only Sam Ortiz, the opener and admins").await;
    priya.does_not_see("╭ Park").await;
    priya.press("<esc><esc><esc>").await;
    priya.sees("Escalations").await;
    dana.claim(&vpn).await;
    priya.sees("claimed by Dana Wu").await;
    priya.press("p").await;
    priya.sees("Already claimed by Dana Wu").await;
    priya.press("U").await;
    priya.sees("Claimed by Dana Wu: only they or an admin").await;
    priya.does_not_see("pick up").await;
}

#[tokio::test]
async fn footer_and_palette_offer_only_available_actions() {
    let world = World::new().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;
    let screen = priya.screen().await;
    assert!(!screen.contains("pick up") && screen.contains("c new session"), "{screen}");
    priya.press("<ctrl-p>pick").await;
    priya.sees("╭ Palette").await;
    priya.does_not_see("Pick up: claim it").await;
    priya.press("<esc>cThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    let screen = priya.screen().await;
    assert!(!screen.contains("Tab step") && screen.contains("Ctrl-X menu"), "{screen}");
}

#[tokio::test]
async fn arrivals_on_other_screens_are_announced() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;
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
async fn an_unambiguous_prefix_of_a_command_is_enough() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<esc><esc>2:rel<enter>").await;
    priya.sees("What the next engineer should know").await;
    priya.press("<esc>:claim <enter>").await;
    priya.sees("Which handoff?").await;
}

#[tokio::test]
async fn key_hints_in_texts_follow_the_settings() {
    let world = World::new().await;
    let settings = "[keys]\n\"list.new-session\" = \"C\"\n\"list.parked\" = \"7\"\n\"session.hide-steps\" = \"f9\"\n\
        \"session.use-step-1\" = \"f5\"\n\"session.help\" = \"f1\"";
    let mut priya = world.console_with_settings("Priya Nair", settings, (120, 36)).await;
    priya.sees("C starts a session.").await;
    priya.press("CThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    // These characters are no longer keys: they are typed.
    priya.press("?1").await;
    priya.sees("│ ?1").await;
    priya.press("<alt-z>").await;
    priya.sees("only you can see this").await;
    priya.press("<enter>").await;
    priya.sees("Parked: press 7").await;
}
