//! Rows of one line, and wide screens.

use tierup_e2e::{Console, World};

/// The row of the screen that has this text.
async fn row_with(console: &Console, text: &str) -> String {
    let screen = console.screen().await;
    screen.lines().find(|row| row.contains(text)).unwrap_or_default().to_owned()
}

/// Seen to fail: with rows of two lines after a restart.
#[tokio::test]
async fn rows_of_one_line_are_kept_for_the_next_start() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let priya = world.engineer("Priya Nair").await;
    sam.escalate("VPN is down").await;
    let home = world.folder().join("home");
    let mut console = Console::open(&world.url(), priya.token(), &home, 80, 24);
    console.sees("VPN is down").await;
    console.sees("#1").await;
    assert!(!row_with(&console, "VPN is down").await.contains("#1"), "the number is on the second line");
    console.press("d").await;
    let row = row_with(&console, "VPN is down").await;
    assert!(row.contains("Sam Ortiz") && row.contains("#1"), "{row}");
    console.press("q").await;
    console.wait_for_exit().await;

    let mut console = Console::open(&world.url(), priya.token(), &home, 80, 24);
    console.sees("VPN is down").await;
    console.sees("#1").await;
    let row = row_with(&console, "VPN is down").await;
    assert!(row.contains("#1"), "{row}");
    console.press("d").await;
    assert!(!row_with(&console, "VPN is down").await.contains("#1"));
}

/// Seen to fail: with the session alone on every screen.
#[tokio::test]
async fn on_a_wide_screen_the_briefing_stands_beside_the_session() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = sam.escalate("VPN is down").await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = world.console_with_size("Priya Nair", 200, 60).await;
    priya.sees("VPN is down").await;
    priya.press("p").await;
    priya.sees("active, yours").await;
    priya.sees("Assessment").await;
    // The keys are in the message; the briefing's own key gives them to the briefing, and only there.
    priya.press("half a thought").await;
    priya.sees("half a thought").await;
    priya.press("<alt-v>").await;
    priya.still_sees("half a thought").await;
    priya.press("<esc>, and more").await;
    priya.sees("half a thought, and more").await;
    // Where there is no room, it is a screen of its own.
    priya.resize(120, 36).await;
    priya.no_longer_sees("Assessment ").await;
    priya.still_sees("half a thought, and more").await;
}
