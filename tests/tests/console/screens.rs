//! Every screen that a user can meet, as a picture in text, at 120x36 and at 80x24.

use crate::picture::{SIZES, opens, picture, vpn, world_with_model};
use tierup_e2e::{Console, Model, Temper, World};
use tierup_server::config::Settings;

#[tokio::test]
async fn an_empty_queue_says_what_to_do() {
    let world = World::new().await;
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("Nothing waits.").await;
        picture("queue_empty", &priya).await;
        priya.press("2").await;
        priya.sees("You work on nothing.").await;
        priya.press("3").await;
        priya.sees("Nothing is parked.").await;
        picture("parked_empty", &priya).await;
    }
}

#[tokio::test]
async fn a_queue_that_is_loading_and_one_that_could_not_be_loaded() {
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("a port"));
    let home = tempfile::tempdir().expect("a folder");
    for (columns, rows) in SIZES {
        let mut priya = Console::open(&url, "tup_x", home.path(), columns, rows);
        // Who one is, the lists, and the stream.
        priya.holds_back(6);
        priya.sees("loading the queue").await;
        priya.sees("connecting").await;
        picture("queue_loading", &priya).await;
        let mut priya = Console::open("http://127.0.0.1:1", "tup_x", home.path(), columns, rows);
        priya.sees("The queue could not be loaded.").await;
        priya.sees("offline").await;
        picture("queue_not_loaded", &priya).await;
    }
}

#[tokio::test]
async fn a_filter_a_palette_and_a_command_over_a_long_list() {
    let world = World::with(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    for number in 0..30 {
        let priority = ["urgent", "high", "normal", "low"][number % 4];
        sam.escalates_as(&format!("Printer {number} jams on floor {}", number % 7), priority).await;
    }
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("30 open").await;
        priya.press("jjjjjjjjjjjjjjjjj").await;
        priya.sees("18 of 30").await;
        picture("queue_long", &priya).await;
        priya.press("g/floor 3").await;
        priya.sees("/floor 3: 10").await;
        picture("queue_filter", &priya).await;
        priya.press("z").await;
        priya.sees("No row says").await;
        picture("queue_filter_nothing", &priya).await;
        for (keys, sees, name) in [
            ("<esc>s<ctrl-p>", "an action, a command or a handoff", "palette"),
            ("floor 5", "Printer 26 jams", "palette_handoffs"),
            ("<esc>:claim 2<tab>", " :claim ", "command"),
            ("<backspace>9999<enter>", "in the lists", "command_wrong"),
            ("<esc>?", "Keys: the queue", "queue_help"),
        ] {
            priya.press(keys).await;
            priya.sees(sees).await;
            picture(name, &priya).await;
        }
    }
}

#[tokio::test]
async fn words_that_are_too_long_wide_characters_and_endless_messages() {
    let world = World::with(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    let long: Vec<String> =
        (0..300).map(|line| format!("line {line} of a log that somebody pasted whole")).collect();
    sam.escalates(&"Donaudampfschifffahrtsgesellschaft".repeat(5)).await;
    sam.escalates("プリンターが動かない、日本語のとても長い説明がここに続きます、そしてまだ終わりません")
        .await;
    sam.escalates("🦀 crash 👩‍💻 after 🔥 in 🇩🇪").await;
    let session = sam.opens("A log of 300 lines").await;
    sam.notes(&session, &long.join("\n")).await;
    sam.hands_off(&session, "urgent").await;
    for (columns, rows) in SIZES.into_iter().chain([(40, 10), (200, 60)]) {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("4 open").await;
        picture("queue_long_words", &priya).await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        priya.press("<tab>").await;
        // The buffer keeps what a wide character covers, which no terminal does: begin with an empty one.
        priya.resize(columns, rows).await;
        priya.press("G").await;
        priya.sees("line 299").await;
        picture("briefing_long_message", &priya).await;
    }
}

#[tokio::test]
async fn the_smallest_and_a_large_terminal() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = vpn(&sam).await;
    sam.waits_for_assessment(&vpn).await;
    let outlook = sam.escalates_as("Outlook keeps asking for the password", "high").await;
    sam.waits_for_assessment(&outlook).await;
    for (columns, rows) in [(40, 10), (60, 15), (200, 60)] {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("2 open").await;
        picture("queue", &priya).await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        picture("briefing", &priya).await;
        for (keys, sees, name) in [
            ("<esc><ctrl-p>", "Palette", "palette"),
            ("<esc>?", "Keys: the queue", "queue_help"),
            ("<esc>:th", "Change the theme", "command"),
        ] {
            priya.press(keys).await;
            priya.sees(sees).await;
            picture(name, &priya).await;
        }
    }
}

#[tokio::test]
async fn what_was_told_before() {
    let world = World::new().await;
    for (columns, rows) in SIZES.into_iter().chain([(40, 10)]) {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("Nothing waits.").await;
        priya.press("nMML").await;
        priya.sees("Nothing unread").await;
        picture("log", &priya).await;
    }
}

#[tokio::test]
async fn a_queue_with_everything_in_it() {
    let (world, _model) = world_with_model().await;
    let (sam, dana) = (world.engineer("Sam Ortiz").await, world.engineer("Dana Wu").await);
    let urgent = vpn(&sam).await;
    sam.waits_for_assessment(&urgent).await;
    for (problem, priority) in [("Outlook keeps asking for the password", "high"), ("Printer jams", "low")] {
        let escalated = sam.escalates_as(problem, priority).await;
        sam.waits_for_assessment(&escalated).await;
    }
    let taken = sam.escalates("Teams has no sound").await;
    sam.waits_for_assessment(&taken).await;
    dana.claims(&taken).await;
    let _reading = dana.listens(&format!("?handoff_id={}", urgent.handoff)).await;
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("claimed by Dana Wu").await;
        priya.sees("Dana reading").await;
        picture("queue", &priya).await;
    }
}

#[tokio::test]
async fn a_briefing_that_is_ready() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = vpn(&sam).await;
    sam.waits_for_assessment(&vpn).await;
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        picture("briefing", &priya).await;
    }
}

#[tokio::test]
async fn a_briefing_whose_assessment_is_being_written() {
    let model = Model::with(Temper::AsTold).await;
    let world = World::with(model.settings(30)).await;
    let sam = world.engineer("Sam Ortiz").await;
    vpn(&sam).await;
    model.says("**Likely cause**\nThe machine certificate was reissued by the up");
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        priya.still_sees("reissued by the up▌").await;
        picture("briefing_streaming", &priya).await;
    }
}

#[tokio::test]
async fn a_briefing_whose_assessment_failed() {
    let model = Model::with(Temper::Status(503)).await;
    let world = World::with(model.settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = vpn(&sam).await;
    sam.waits_for_assessment(&vpn).await;
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("no assessment").await;
        priya.press("<enter>").await;
        priya.sees("▌Assessment").await;
        picture("briefing_failed", &priya).await;
    }
}

#[tokio::test]
async fn a_lost_claim() {
    let (world, _model) = world_with_model().await;
    let (sam, ana) = (world.engineer("Sam Ortiz").await, world.engineer("Ana Wu").await);
    for (columns, rows) in SIZES {
        let vpn = vpn(&sam).await;
        sam.waits_for_assessment(&vpn).await;
        let other = sam.escalates("Outlook keeps asking for the password").await;
        sam.waits_for_assessment(&other).await;
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("Outlook").await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        ana.claims(&vpn).await;
        priya.sees("Already claimed by Ana Wu just now.").await;
        priya.sees("claimed by Ana Wu").await;
        picture("conflict", &priya).await;
        ana.resolves(&vpn.session, "Done.").await;
        sam.resolves(&other.session, "Done.").await;
    }
}

#[tokio::test]
async fn a_session_with_suggested_steps() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in SIZES {
        let vpn = vpn(&sam).await;
        sam.waits_for_assessment(&vpn).await;
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>").await;
        priya.sees("start here").await;
        priya.press("<enter>").await;
        priya.sees("active, yours").await;
        priya.sees("Suggested").await;
        // What just happened goes by itself, after a while.
        priya.no_longer_sees("is yours").await;
        priya.press("1").await;
        priya.sees("│ Check the machine certificate in certlm.msc").await;
        picture("session", &priya).await;
        priya.press("<ctrl-b>").await;
        priya.sees("Likely cause").await;
        picture("session_briefing", &priya).await;
        priya.press("<esc><f1>").await;
        priya.sees("Keys: the session").await;
        picture("session_help", &priya).await;
        sam.resolves(&vpn.session, "Done.").await;
    }
}

#[tokio::test]
async fn dialogs() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in SIZES {
        let vpn = vpn(&sam).await;
        sam.waits_for_assessment(&vpn).await;
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("1 open").await;
        priya.press("c").await;
        priya.sees("What happens, since when").await;
        picture("dialog_new_session", &priya).await;
        priya.press("<esc>p").await;
        priya.sees("active, yours").await;
        priya.sees("Suggested").await;
        priya.no_longer_sees("is yours").await;
        for (key, sees, name) in [
            ("<ctrl-r>", "What worked", "dialog_resolve"),
            ("<ctrl-e>", "Where you are stuck", "dialog_escalate"),
            ("<ctrl-k>", "only you see this", "dialog_park"),
            ("<alt-r>", "whoever picks it up next", "dialog_release"),
        ] {
            priya.press(key).await;
            priya.sees(sees).await;
            picture(name, &priya).await;
            // A park needs no words; the others say what is missing.
            if name != "dialog_park" {
                priya.press("<enter>").await;
                priya.sees("Say ").await;
            }
            priya.press("x<esc>").await;
            priya.sees("Throw away what you typed?").await;
            if name == "dialog_resolve" {
                picture("dialog_confirm", &priya).await;
            }
            priya.press("y").await;
            priya.no_longer_sees("Throw away what you typed?").await;
            priya.sees_no(sees).await;
        }
        sam.resolves(&vpn.session, "Done.").await;
    }
}

#[tokio::test]
async fn offline() {
    let (mut world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    let vpn = vpn(&sam).await;
    sam.waits_for_assessment(&vpn).await;
    let mut consoles = Vec::new();
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("✓ high").await;
        consoles.push(priya);
    }
    world.stops().await;
    for priya in &mut consoles {
        priya.sees("offline").await;
        priya.press("p").await;
        priya.sees("Offline: not claimed. Try again when it is live").await;
        picture("offline", priya).await;
    }
}

#[tokio::test]
async fn text_that_would_do_harm_is_only_text() {
    let world = World::with(Settings { assessment_engine: Some("off".into()), ..Settings::default() }).await;
    let sam = world.engineer("Sam Ortiz").await;
    let session = sam.opens("bidi \u{202e}txt.exe and zero\u{200b}width").await;
    sam.notes(&session, "clear \u{1b}[2J title \u{1b}]0;owned\u{7} c1 \u{9b}31m tab\tend").await;
    sam.hands_off(&session, "normal").await;
    for (columns, rows) in SIZES {
        let mut priya = opens(&world, (columns, rows)).await;
        priya.sees("bidi ‹202E›txt.exe").await;
        priya.press("<enter>").await;
        priya.sees("Conversation (2 messages)").await;
        priya.press("<tab>G").await;
        priya.still_sees("clear ␛[2J").await;
        picture("hostile_text", &priya).await;
    }
}

#[tokio::test]
async fn a_terminal_that_is_too_small_says_so() {
    let world = World::new().await;
    let mut priya = world.console_of_size("Priya Nair", 39, 9).await;
    priya.sees("tierup needs 40x10").await;
    priya.resize(40, 10).await;
    priya.sees("Escalations").await;
    for (columns, rows) in [(1, 1), (2, 3), (200, 2), (3, 60), (40, 10)] {
        priya.resize(columns, rows).await;
    }
    priya.sees("Escalations").await;
}
