//! Snapshots of the main screens, at 120x36 and 80x24.

use crate::fixtures::{console_with_late_claims, lose_claim};
use crate::screen_snapshot::{
    TERMINAL_SIZES, assert_screen_snapshot, escalate_vpn_problem, open_console, world_with_model,
};
use tierup_e2e::{Console, FakeModel, ModelBehavior, World};

#[tokio::test]
async fn an_empty_queue_says_what_to_do() {
    let world = World::new().await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("No open escalations").await;
        assert_screen_snapshot("queue_empty", &priya).await;
        priya.press("2").await;
        priya.sees("No claims or open sessions").await;
        priya.press("3").await;
        priya.sees("No parked sessions").await;
        assert_screen_snapshot("parked_empty", &priya).await;
    }
}

#[tokio::test]
async fn queue_while_loading_and_after_a_failure() {
    // It accepts connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("a port"));
    let home = tempfile::tempdir().expect("a folder");
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = Console::open(&url, "tup_x", home.path(), columns, rows);
        // The user, the lists, and the stream.
        priya.allow_pending(7);
        priya.sees("loading the queue").await;
        priya.sees("connecting").await;
        assert_screen_snapshot("queue_loading", &priya).await;
        let mut priya = Console::open("http://127.0.0.1:1", "tup_x", home.path(), columns, rows);
        priya.sees("Can't load the queue").await;
        priya.sees("offline").await;
        assert_screen_snapshot("queue_not_loaded", &priya).await;
    }
}

#[tokio::test]
async fn a_filter_a_palette_and_a_command_over_a_long_list() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    for number in 0..30 {
        let priority = ["urgent", "high", "normal", "low"][number % 4];
        sam.escalate_with_priority(&format!("Printer {number} jams on floor {}", number % 7), priority).await;
    }
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("30 open").await;
        priya.press("jjjjjjjjjjjjjjjjj").await;
        priya.sees("18 of 30").await;
        assert_screen_snapshot("queue_long", &priya).await;
        priya.press("g/floor 3").await;
        priya.sees("/floor 3: 10").await;
        assert_screen_snapshot("queue_filter", &priya).await;
        priya.press("z").await;
        priya.sees("No matches for").await;
        assert_screen_snapshot("queue_filter_nothing", &priya).await;
        for (keys, sees, name) in [
            ("<esc>s<ctrl-p>", "an action, a command or a handoff", "palette"),
            ("floor 5", "Printer 26 jams", "palette_handoffs"),
            ("<esc>:claim 2<tab>", " :claim ", "command"),
            ("<backspace>9999<enter>", "in the lists", "command_wrong"),
            ("<esc>?", "Keys: the queue", "queue_help"),
        ] {
            priya.press(keys).await;
            priya.sees(sees).await;
            assert_screen_snapshot(name, &priya).await;
        }
    }
}

#[tokio::test]
async fn long_words_wide_characters_and_long_messages() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let long: Vec<String> =
        (0..300).map(|line| format!("line {line} of a log that somebody pasted whole")).collect();
    sam.escalate(&"Donaudampfschifffahrtsgesellschaft".repeat(5)).await;
    sam.escalate("プリンターが動かない、日本語のとても長い説明がここに続きます、そしてまだ終わりません")
        .await;
    sam.escalate("🦀 crash 👩‍💻 after 🔥 in 🇩🇪").await;
    let session = sam.open_session("A log of 300 lines").await;
    sam.add_note(&session, &long.join("\n")).await;
    sam.escalate_session(&session, "urgent").await;
    for (columns, rows) in TERMINAL_SIZES.into_iter().chain([(40, 10), (200, 60)]) {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("4 open").await;
        assert_screen_snapshot("queue_long_words", &priya).await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        priya.press("<tab>").await;
        // The buffer keeps what a wide character covers, unlike a terminal: start with an empty one.
        priya.resize(columns, rows).await;
        priya.press("G").await;
        priya.wait_until_idle().await;
        assert_screen_snapshot("briefing_long_message", &priya).await;
    }
}

#[tokio::test]
async fn smallest_and_large_terminal() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&vpn).await;
    let outlook = sam.escalate_with_priority("Outlook keeps asking for the password", "high").await;
    sam.wait_for_assessment(&outlook).await;
    for (columns, rows) in [(40, 10), (60, 15), (200, 60)] {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("2 open").await;
        assert_screen_snapshot("queue", &priya).await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        assert_screen_snapshot("briefing", &priya).await;
        for (keys, sees, name) in [
            ("<esc><ctrl-p>", "Palette", "palette"),
            ("<esc>?", "Keys: the queue", "queue_help"),
            ("<esc>:th", "Change the theme", "command"),
        ] {
            priya.press(keys).await;
            priya.sees(sees).await;
            assert_screen_snapshot(name, &priya).await;
        }
    }
}

#[tokio::test]
async fn log_of_notifications() {
    let world = World::new().await;
    for (columns, rows) in TERMINAL_SIZES.into_iter().chain([(40, 10)]) {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("No open escalations").await;
        priya.press("nMML").await;
        priya.sees("Nothing unread").await;
        assert_screen_snapshot("log", &priya).await;
    }
}

#[tokio::test]
async fn queue_with_every_kind_of_row() {
    let (world, _model) = world_with_model().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let urgent = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&urgent).await;
    for (problem, priority) in [("Outlook keeps asking for the password", "high"), ("Printer jams", "low")] {
        let escalated = sam.escalate_with_priority(problem, priority).await;
        sam.wait_for_assessment(&escalated).await;
    }
    let taken = sam.escalate("Teams has no sound").await;
    sam.wait_for_assessment(&taken).await;
    dana.claim(&taken).await;
    let _reading = dana.subscribe(&format!("?handoff_id={}", urgent.handoff_id)).await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("claimed by Dana Wu").await;
        priya.sees("Dana reading").await;
        assert_screen_snapshot("queue", &priya).await;
    }
}

#[tokio::test]
async fn briefing_with_assessment() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&vpn).await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        assert_screen_snapshot("briefing", &priya).await;
    }
}

#[tokio::test]
async fn briefing_while_the_assessment_is_written() {
    let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
    let world = World::with_settings(model.server_settings(30)).await;
    let sam = world.engineer("Sam Ortiz").await;
    escalate_vpn_problem(&sam).await;
    model.send_delta("**Likely cause**\nThe machine certificate was reissued by the up");
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        priya.still_sees("reissued by the▌").await;
        assert_screen_snapshot("briefing_streaming", &priya).await;
    }
}

#[tokio::test]
async fn briefing_with_failed_assessment() {
    let model = FakeModel::start(ModelBehavior::Status(503)).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&vpn).await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("assessment failed").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        assert_screen_snapshot("briefing_failed", &priya).await;
    }
}

#[tokio::test]
async fn a_lost_claim() {
    let (world, _model) = world_with_model().await;
    let (sam, ana) = (world.engineer("Sam Ortiz").await, world.engineer("Ana Wu").await);
    let who = world.engineer("Priya Nair").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let other = sam.escalate("Outlook keeps asking for the password").await;
        sam.wait_for_assessment(&other).await;
        let (mut priya, proxy) = console_with_late_claims(&world, &who, (columns, rows)).await;
        priya.sees("Outlook").await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        lose_claim(&mut priya, &proxy, "<enter>", &ana, &vpn).await;
        priya.sees("claimed by Ana Wu").await;
        assert_screen_snapshot("conflict", &priya).await;
        ana.resolve(&vpn.session_id, "Done.").await;
        sam.resolve(&other.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn a_session_with_suggested_steps() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        priya.press("<enter>").await;
        priya.sees("active, yours").await;
        priya.sees("Suggested").await;
        // Toasts expire by themselves.
        priya.no_longer_sees("is yours").await;
        priya.press("<tab>").await;
        priya.sees("│ Check the machine certificate in `certlm.msc`").await;
        assert_screen_snapshot("session", &priya).await;
        priya.press("<alt-v>").await;
        priya.sees("Likely cause").await;
        assert_screen_snapshot("session_briefing", &priya).await;
        priya.press("<esc><f1>").await;
        priya.sees("Keys: your message").await;
        assert_screen_snapshot("session_help", &priya).await;
        priya.press("<esc><esc>").await;
        priya.sees("i write").await;
        assert_screen_snapshot("session_conversation", &priya).await;
        priya.press("<ctrl-x>").await;
        priya.sees("What to do with this session").await;
        assert_screen_snapshot("session_menu", &priya).await;
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn dialogs() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("1 open").await;
        priya.press("c").await;
        priya.sees("What is going wrong, since when").await;
        assert_screen_snapshot("dialog_new_session", &priya).await;
        priya.press("<esc>p").await;
        priya.sees("active, yours").await;
        priya.sees("Suggested").await;
        priya.no_longer_sees("is yours").await;
        for (key, sees, name) in [
            ("<alt-R>", "What worked", "dialog_resolve"),
            ("<alt-E>", "Where you are stuck", "dialog_escalate"),
            ("<alt-z>", "only you can see this", "dialog_park"),
            ("<alt-U>", "What the next engineer should know", "dialog_release"),
        ] {
            priya.press(key).await;
            priya.sees(sees).await;
            assert_screen_snapshot(name, &priya).await;
            // A park needs no text; the others report what is missing.
            if name != "dialog_park" {
                priya.press("<enter>").await;
                priya.sees("required").await;
            }
            priya.press("x<esc>").await;
            priya.sees("Discard what you typed?").await;
            if name == "dialog_resolve" {
                assert_screen_snapshot("dialog_confirm", &priya).await;
            }
            priya.press("y").await;
            priya.no_longer_sees("Discard what you typed?").await;
            priya.does_not_see(sees).await;
        }
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn offline() {
    let (mut world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = escalate_vpn_problem(&sam).await;
    sam.wait_for_assessment(&vpn).await;
    let mut consoles = Vec::new();
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("low confidence").await;
        consoles.push(priya);
    }
    world.stop().await;
    for priya in &mut consoles {
        priya.sees("offline").await;
        priya.press("p").await;
        priya.sees("Offline: not claimed; try again once you are").await;
        assert_screen_snapshot("offline", priya).await;
    }
}

#[tokio::test]
async fn hostile_text_is_only_text() {
    let world = World::without_assessments().await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.open_session("bidi \u{202e}txt.exe and zero\u{200b}width").await;
    sam.add_note(&session, "clear \u{1b}[2J title \u{1b}]0;owned\u{7} c1 \u{9b}31m tab\tend").await;
    sam.escalate_session(&session, "normal").await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("bidi ‹202E›txt.exe").await;
        priya.press("<enter>").await;
        priya.sees("Conversation (2 messages)").await;
        priya.press("<tab>G").await;
        priya.still_sees("clear ␛[2J").await;
        assert_screen_snapshot("hostile_text", &priya).await;
    }
}

#[tokio::test]
async fn a_terminal_that_is_too_small_shows_a_message() {
    let world = World::new().await;
    let mut priya = world.console_with_size("Priya Nair", 39, 9).await;
    priya.sees("tierup needs 40x10").await;
    priya.resize(40, 10).await;
    priya.sees("Escalations").await;
    for (columns, rows) in [(1, 1), (2, 3), (200, 2), (3, 60), (40, 10)] {
        priya.resize(columns, rows).await;
    }
    priya.sees("Escalations").await;
}
