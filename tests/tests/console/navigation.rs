//! Filter, sort order, palette, commands, log, themes and custom keys.

use std::time::Duration;

use ratatui::style::Color;
use tierup_common::user::Role;
use tierup_e2e::{ApiClient, Console, World};

/// A world without assessments, with three problems of one engineer.
async fn world_with_three_handoffs() -> (World, ApiClient) {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (problem, priority) in [("Printer jams", "low"), ("VPN is down", "urgent"), ("Mail is slow", "high")]
    {
        world.clock().advance(Duration::from_secs(1));
        sam.escalate_with_priority(problem, priority).await;
    }
    (world, sam)
}

/// The problems on the screen, from top to bottom.
async fn problems_on_screen(console: &Console, problems: &[&str]) -> Vec<String> {
    let screen = console.screen().await;
    let mut found: Vec<(usize, &str)> =
        problems.iter().filter_map(|problem| screen.find(problem).map(|at| (at, *problem))).collect();
    found.sort_unstable();
    found.into_iter().map(|(_, problem)| problem.to_owned()).collect()
}

#[tokio::test]
async fn a_filter_narrows_the_list_while_typing_and_escape_shows_all() {
    let (world, sam) = world_with_three_handoffs().await;
    let mut priya = world.console_with_size("Priya Nair", 80, 24).await;
    priya.sees("3 open").await;
    priya.press("jj").await;
    priya.sees("▌low").await;

    priya.press("/mail").await;
    priya.sees("/mail: 1").await;
    priya.no_longer_sees("Printer jams").await;
    priya.press("<backspace><backspace><backspace><backspace>i").await;
    priya.sees("/i: 3").await;
    priya.still_sees("▌high     Mail is slow").await;
    priya.press(" sam").await;
    // Every word must match somewhere in the row.
    priya.sees("/i sam: 3").await;
    priya.press("<enter>").await;
    priya.sees("filter").await;
    // Keys go to the list again, and arrivals are filtered too.
    sam.escalate("Screen flickers").await;
    sam.escalate("Nothing of the kind").await;
    priya.sees("5 open").await;
    priya.sees("/i sam: 5").await;
    priya.press("/<esc>").await;
    priya.no_longer_sees("/i sam").await;
    priya.press("/xyz").await;
    priya.sees("No matches for “xyz”").await;
    priya.press("<enter><esc>").await;
    priya.sees("Printer jams").await;
}

#[tokio::test]
async fn a_filter_finds_what_only_the_server_knows() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("Outlook is slow").await;
    sam.add_note(&session, "The mailbox has 80,000 items in one folder.").await;
    sam.escalate_session(&session, "normal").await;
    sam.escalate("VPN is down").await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("2 open").await;
    priya.press("/mailbox").await;
    // The match is in the conversation, not in the row.
    priya.sees("/mailbox: 1").await;
    priya.still_sees("▌normal   Outlook is slow").await;
    priya.no_longer_sees("VPN is down").await;
}

#[tokio::test]
async fn the_order_changes_and_the_selection_stays_with_its_row() {
    let (world, _sam) = world_with_three_handoffs().await;
    let all = ["Printer jams", "VPN is down", "Mail is slow"];
    let mut priya = world.console_with_size("Priya Nair", 80, 24).await;
    priya.sees("3 open").await;
    assert_eq!(problems_on_screen(&priya, &all).await, ["VPN is down", "Mail is slow", "Printer jams"]);
    priya.press("j").await;
    priya.sees("▌high").await;
    priya.press("s").await;
    priya.sees("oldest first").await;
    assert_eq!(problems_on_screen(&priya, &all).await, ["Printer jams", "VPN is down", "Mail is slow"]);
    priya.still_sees("▌high     Mail is slow").await;
    priya.press("s").await;
    priya.sees("recently changed first").await;
    assert_eq!(problems_on_screen(&priya, &all).await, ["Mail is slow", "VPN is down", "Printer jams"]);
    priya.press(":sort pr<tab><enter>").await;
    priya.no_longer_sees("recently changed first").await;
    assert_eq!(problems_on_screen(&priya, &all).await, ["VPN is down", "Mail is slow", "Printer jams"]);
}

#[tokio::test]
async fn the_palette_finds_actions_and_handoffs_by_a_few_letters() {
    let (world, _sam) = world_with_three_handoffs().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("3 open").await;
    priya.press("<ctrl-p>nwses").await;
    priya.sees("▌New session").await;
    priya.press("<enter>").await;
    priya.sees("What is going wrong, since when").await;
    priya.press("<esc><ctrl-p>#1").await;
    priya.sees("▌#1 Printer jams").await;
    priya.press("<enter>").await;
    priya.sees("╭ #1 ").await;
    // It works everywhere, also in text fields.
    priya.press("<enter>").await;
    priya.sees("active, yours").await;
    priya.press("half a thought<ctrl-p>backlist").await;
    priya.sees("▌Back to the list").await;
    priya.press("<enter>").await;
    priya.sees("Escalations").await;
    priya.press("<ctrl-p>#1 printer<enter>").await;
    priya.sees("half a thought").await;
    priya.press("<ctrl-p>mono").await;
    priya.sees("▌Theme: mono").await;
    priya.press("<enter>").await;
    priya.no_longer_sees("▌Theme: mono").await;
    priya.still_sees("Theme: mono").await;
}

#[tokio::test]
async fn commands_do_what_they_say_and_report_why_they_cannot() {
    let (world, sam) = world_with_three_handoffs().await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("3 open").await;
    priya.press(":dance<enter>").await;
    priya.sees("Unknown command \"dance\"").await;
    priya.press("<esc>:claim 9<enter>").await;
    priya.sees("No #9 in the lists").await;
    // Only #3 contains a 3, but a number must match exactly.
    priya.press("<esc>:claim 30<enter>").await;
    priya.sees("No #30 in the lists").await;
    priya.press("<esc>:mouse maybe<enter>").await;
    priya.sees("Use on or off").await;
    priya.press("<esc>:claim pri").await;
    priya.sees("#1  Printer jams").await;
    // An unambiguous prefix is enough.
    priya.press("<enter>").await;
    priya.sees("#1 Printer jams ── active, yours").await;
    let queue = sam.queue_summaries().await;
    assert_eq!(queue, ["VPN is down", "Mail is slow"]);

    priya.press("<esc><esc>").await;
    priya.sees("2 open").await;
    priya.press(":open 2<enter>").await;
    priya.sees("╭ #2 ").await;
    priya.press(":briefing.ba<tab><enter>").await;
    priya.sees("Escalations").await;
    // The previous input comes back.
    priya.press(":<up>").await;
    priya.sees(" :briefing.back").await;
    priya.press("<up>").await;
    priya.sees(" :open 2").await;
    priya.press("<esc>:theme <tab><tab>").await;
    priya.sees(" :theme light").await;
    priya.press("<esc>:filter mail<enter>").await;
    priya.sees("/mail: 1").await;
    priya.press(":q<enter>").await;
    priya.wait_for_exit().await;
}

#[tokio::test]
async fn toasts_are_kept_in_the_log() {
    let (world, sam) = world_with_three_handoffs().await;
    sam.get("/me").await.expect(200);
    world.user("Vic Low", Role::Viewer).await;
    let mut vic = world.console("Vic Low").await;
    vic.sees("Acme · Vic Low").await;
    vic.press("L").await;
    vic.sees("No notifications yet").await;
    vic.press("<esc>pM").await;
    vic.sees("Mouse off").await;
    assert_eq!(vic.host().await.mouse_captured, Some(false));
    vic.press("L").await;
    vic.wait_for_screen(|screen| {
        screen.contains("✗ Your role is viewer: you can only read")
            && screen.find("● Mouse off") < screen.find("✗ Your role is viewer")
    })
    .await;
    vic.press("q").await;
    vic.no_longer_sees("╭ Log ").await;
}

#[tokio::test]
async fn custom_keys_work_and_are_shown() {
    let (world, _sam) = world_with_three_handoffs().await;
    let keys = "[keys]\n\"list.pick-up\" = [\"P\", \"ctrl-y\"]\n\"list.new-session\" = []\n\"conflict.close\" = \"c\"";
    let mut priya = world.console_with_settings("Priya Nair", keys, (120, 36)).await;
    priya.sees("P pick up").await;
    priya.sees("3 open").await;
    priya.does_not_see("new session").await;
    priya.press("?").await;
    priya.sees("P Ctrl-Y").await;
    priya.press("<esc><ctrl-p>pick up").await;
    priya.sees("▌Pick up: claim and start").await;
    let screen = priya.screen().await;
    assert!(screen.lines().any(|line| line.contains("list.pick-up") && line.contains(" P ")), "{screen}");
    priya.press("<esc>p").await;
    priya.still_sees("P pick up").await;
    priya.press("P").await;
    priya.sees("#2 VPN is down ── active, yours").await;
}

#[tokio::test]
async fn themes_change_while_it_runs_and_mono_has_no_colour() {
    let (world, _sam) = world_with_three_handoffs().await;
    let mut priya =
        world.console_with_settings("Priya Nair", "[themes.mine]\nurgent = \"#112233\"", (120, 36)).await;
    priya.sees("URGENT").await;
    let colour_of = async |console: &Console, text: &str| {
        let (screen, buffer) = (console.screen().await, console.buffer().await);
        let y = screen.lines().position(|line| line.contains(text)).unwrap();
        let line = screen.lines().nth(y).unwrap();
        let x = line[..line.find(text).unwrap()].chars().count();
        buffer[(u16::try_from(x).unwrap(), u16::try_from(y).unwrap())].fg
    };
    assert_eq!(colour_of(&priya, "URGENT").await, Color::Red);
    priya.press(":theme mine<enter>").await;
    priya.sees("Theme: mine").await;
    assert_eq!(colour_of(&priya, "URGENT").await, Color::Rgb(0x11, 0x22, 0x33));
    priya.press(":theme mono<enter>").await;
    priya.sees("Theme: mono").await;
    let buffer = priya.buffer().await;
    assert!(buffer.content.iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    // Themes wrap around.
    priya.press("TT").await;
    priya.sees("Theme: dark").await;
    assert_eq!(colour_of(&priya, "URGENT").await, Color::Red);
}

#[tokio::test]
async fn an_ascii_terminal_gets_only_ascii() {
    let (world, sam) = world_with_three_handoffs().await;
    sam.escalate_with_priority("Der Drucker druckt kein Ä, 日本語 und 🦀", "urgent").await;
    let settings_file = tierup::settings::SettingsFile::default();
    let settings = settings_file.resolve(|name| (name == "LC_ALL").then(|| "C".into())).unwrap();
    let who = world.engineer("Priya Nair").await;
    let home = world.folder().join("home");
    let mut priya = Console::open_with_settings(settings, &world.url(), who.token(), &home, (120, 36));
    priya.sees("* live").await;
    priya.sees("kein ?, ?????? und ??").await;
    for (keys, sees) in [
        ("?", "Keys: the queue"),
        ("<esc><ctrl-p>", "+ Palette -"),
        ("<esc>:", "Claim a handoff by its number"),
        ("<esc>c", "+ New session -"),
        ("<esc><enter>", "Enter start here"),
        ("<enter>", "active, yours"),
        ("<alt-L>", "+ Log -"),
    ] {
        priya.press(keys).await;
        priya.sees(sees).await;
        let screen = priya.screen().await;
        assert!(screen.is_ascii(), "{screen}");
    }
}
