//! The mouse: clicks, the wheel, and targets that are covered.

use crate::fixtures::{escalate_and_assess, open_claimed_session, world_with_assessment};
use tierup_e2e::World;

const ASSESSMENT: &str = "**Likely cause:** DNS\n**Steps**\n1. Flush the cache\n2. Ask the resolver\n\
    **Confidence:** low\n**Evidence**\n- [2] \"no such host\"";

#[tokio::test]
async fn tabs_open_lists_from_any_screen_but_not_under_a_dialog() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("half a thought<alt-R>").await;
    priya.sees("╭ Resolve").await;
    priya.click("Queue").await;
    priya.press("x").await;
    priya.sees("▌ x").await;
    priya.press("<esc>y").await;
    priya.no_longer_sees("╭ Resolve").await;
    priya.click("Mine 1").await;
    priya.sees("your claims and sessions").await;
    priya.click("VPN is down").await;
    priya.sees("half a thought").await;
    priya.press("<alt-v>").await;
    priya.sees("Likely cause").await;
    priya.click("3 Parked").await;
    priya.sees("visible only to you").await;
    priya.click("Queue").await;
    priya.sees("Escalations").await;
}

#[tokio::test]
async fn rows_panes_and_evidence_respond_to_clicks_and_scrolling() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let long: Vec<String> = (0..39).map(|line| format!("line {line}")).collect();
    let session = sam.open_session("Printer jams").await;
    sam.add_note(&session, &long.join("\n")).await;
    let printer = sam.escalate_session(&session, "low").await;
    sam.wait_for_assessment(&printer).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("1 of 2").await;
    priya.scroll_wheel(true, "Printer jams").await;
    priya.sees("2 of 2").await;
    priya.scroll_wheel(false, "Printer jams").await;
    priya.sees("1 of 2").await;
    priya.click("low      Printer jams").await;
    priya.sees("2 of 2").await;
    priya.click("low      Printer jams").await;
    priya.sees("▌Assessment").await;
    priya.sees("line 2").await;
    priya.scroll_wheel(true, "line 2").await;
    priya.sees("▌#2").await;
    priya.no_longer_sees("just now, low").await;
    priya.scroll_wheel(false, "line 2").await;
    priya.sees("just now, low").await;
    priya.click("Likely cause").await;
    priya.sees("▌Assessment").await;
    priya.press("<esc>g<enter>").await;
    priya.sees("╭ #1").await;
    assert_eq!(vpn.number, 1);
    priya.click("“no such host”").await;
    priya.sees("│▌• [2]").await;
    priya.sees("│▌nslookup").await;
}

#[tokio::test]
async fn steps_are_used_and_hidden_and_the_transcript_scrolls() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    let long: Vec<String> = (0..39).map(|line| format!("line {line}")).collect();
    sam.add_note(&vpn.session_id, &long.join("\n")).await;
    priya.sees("line 38").await;
    priya.click("2 Ask the resolver").await;
    priya.sees("│ Ask the resolver").await;
    priya.click("✕").await;
    priya.no_longer_sees("Suggested").await;
    priya.scroll_wheel(false, "line 37").await;
    priya.no_longer_sees("line 38").await;
    priya.scroll_wheel(true, "line 30").await;
    priya.sees("line 38").await;
}

#[tokio::test]
async fn a_click_uses_a_step_in_a_lower_row_of_the_strip() {
    let assessment = "**Likely cause:** x\n\n**Steps**\n\
        1. Flush the cache of the resolver on the machine, and look whether the name is found then\n\
        2. Ask the resolver of the other site, and look whether it knows the name\n\
        3. Restart it\n\n**Confidence:** low";
    let (world, _model) = world_with_assessment(assessment).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    let rows: Vec<String> = priya.screen().await.lines().map(str::to_owned).collect();
    let row = |text: &str| rows.iter().position(|row| row.contains(text));
    assert!(row("▏1 Flush") < row("▏2 Ask") && row("▏2 Ask").is_some(), "{rows:?}");
    priya.click("2 Ask the resolver").await;
    priya.sees("│ Ask the resolver of the other site, and look whether it knows the name").await;
    priya.click("3 Restart it").await;
    priya.sees("knows the name Restart it").await;
}

#[tokio::test]
async fn a_click_chooses_a_palette_line_or_a_picker_row() {
    let (world, _model) = world_with_assessment(ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-w>").await;
    priya.sees("Step outcomes").await;
    priya.click("2. Ask the resolver").await;
    priya.sees("▌ 2. Ask").await;
    priya.press("<esc><ctrl-p>mouse").await;
    priya.sees("Mouse on or off").await;
    priya.click("Mouse on or off").await;
    priya.wait_for_host(|host| host.mouse_captured == Some(false)).await;
}

#[tokio::test]
async fn the_mouse_is_switched_off_and_on_by_command() {
    let world = World::new().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;
    priya.press(":mouse<enter>").await;
    priya.wait_for_host(|host| host.mouse_captured == Some(false)).await;
    priya.press(":mouse on<enter>").await;
    priya.wait_for_host(|host| host.mouse_captured == Some(true)).await;
    priya.press("c").await;
    priya.sees("╭ New session").await;
    priya.press("<alt-m>").await;
    priya.wait_for_host(|host| host.mouse_captured == Some(false)).await;
    priya.press("<f1>").await;
    priya.sees("Keys: dialogs").await;
}

#[tokio::test]
async fn links_under_a_popup_are_inactive() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("VPN is down").await;
    let links: Vec<String> = (0..40).map(|page| format!("https://kb.test/{page}")).collect();
    sam.add_note(&session, &links.join("\n")).await;
    let vpn = sam.escalate_session(&session, "normal").await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("VPN is down").await;
    priya.press("<enter>").await;
    priya.sees("https://kb.test/5").await;
    priya.wait_for_host(|host| host.hyperlink_output.contains("]8;;https://kb.test/5")).await;
    let before = priya.host().await.hyperlink_output.len();
    priya.press(":").await;
    priya.sees("Claim a handoff by its number").await;
    let new_links = priya.host().await.hyperlink_output[before..].to_owned();
    assert!(!new_links.contains("]8;;http"), "{new_links:?}");
}
