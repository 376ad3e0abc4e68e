//! Writing and reading in a session: undo, history, the user's editor, copying, Markdown, new messages below.

use crate::fixtures::{escalate_and_assess, open_claimed_session, world_with_assessment};
use tierup_e2e::{FakeModel, ModelBehavior, TWO_STEP_ASSESSMENT, World};
use tierup_server::search::runbook::Runbook;

#[tokio::test]
async fn typing_can_be_undone_and_sent_messages_recalled() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    for text in ["first note", "second note"] {
        priya.press(text).await;
        priya.press("<enter>").await;
        priya.sees(&format!("  {text}")).await;
        priya.does_not_see("sending").await;
    }
    priya.press("half a thought").await;
    priya.press("<up>").await;
    priya.sees("│ second note").await;
    priya.press("<up>").await;
    priya.sees("│ first note").await;
    priya.press("<down><down>").await;
    priya.sees("│ half a thought").await;
    priya.press("<alt-,><alt-,><alt-.>").await;
    priya.sees("│ second note").await;
    priya.press("<alt-.>").await;
    priya.sees("│ half a thought").await;
    priya.press(" indeed").await;
    priya.sees("│ half a thought indeed").await;
    priya.press("<ctrl-7>").await;
    priya.no_longer_sees("indeed").await;
    priya.press("<alt-_>").await;
    priya.sees("│ half a thought indeed").await;
    // After a line break, the arrows move inside the text.
    priya.press("<alt-enter>second line<up>!").await;
    priya.sees("│ half a thou!ght indeed").await;
    priya.still_sees("│ second line").await;
}

#[tokio::test]
async fn queued_keys_share_one_draw_and_each_takes_effect() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    let before = priya.frames_drawn();
    priya.press(&"x".repeat(400)).await;
    priya.press("!").await;
    priya.sees("│ !").await;
    let painted = priya.frames_drawn() - before;
    assert!(painted < 200, "{painted} pictures for keys that were all there at once");
    // The scroll range is known once it is drawn.
    let mut dana = world.console_with_size("Dana Wu", 80, 24).await;
    dana.sees("live").await;
    dana.press("jk?<pgdn><pgdn>").await;
    dana.sees(" end ╯").await;
}

#[tokio::test]
async fn a_message_is_edited_in_the_users_editor() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    let editor = world.folder().join("editor.sh");
    std::fs::write(&editor, "printf %s 'whole a thought' > \"$1\"").expect("a script");
    priya.set_editor(&format!("sh {}", editor.display()));
    priya.press("half a thought<ctrl-o>").await;
    priya.sees("│ whole a thought").await;
    priya.set_editor("sh -c 'exit 1'");
    priya.press("<ctrl-o>").await;
    priya.sees("The editor failed; the draft is unchanged").await;
    priya.still_sees("│ whole a thought").await;
    priya.set_editor("no-such-editor");
    priya.press("<ctrl-o>").await;
    priya.sees("Cannot start no-such-editor").await;
}

/// Mutants seen to fail: an existing file that is overwritten, a draft that is lost with its dialog.
#[tokio::test]
async fn a_runbook_of_a_resolved_session_is_edited_and_saved() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (_sam, _vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    priya.press("<alt-R>").await;
    priya.sees("What worked").await;
    // The first step worked.
    priya.press("# Stale cache.<tab> <enter>y").await;
    priya.sees("#1 resolved: W writes a runbook").await;
    let editor = world.folder().join("editor.sh");
    std::fs::write(&editor, "echo '- edited' >> \"$1\"").expect("a script");
    priya.set_editor(&format!("sh {}", editor.display()));
    priya.press("W").await;
    priya.sees("╭ Save the runbook").await;
    priya.sees("./vpn-is-down.md").await;
    // Closing the dialog loses nothing.
    priya.press("<esc>").await;
    priya.no_longer_sees("╭ Save the runbook").await;
    priya.press("W").await;
    priya.sees("╭ Save the runbook").await;
    let (taken, free) = (world.folder().join("taken.md"), world.folder().join("vpn.md"));
    std::fs::write(&taken, "mine").expect("a file");
    priya.press(&format!("<ctrl-a><ctrl-k>{}<enter>", taken.display())).await;
    priya.sees("taken.md exists: choose another name").await;
    priya.press(&format!("<ctrl-a><ctrl-k>{}<enter>", free.display())).await;
    priya.sees("Saved ").await;
    priya.no_longer_sees("╭ Save the runbook").await;
    let saved = std::fs::read_to_string(&free).expect("a runbook");
    assert_eq!(saved.matches("- edited\n").count(), 2, "{saved}");
    let runbook = Runbook::parse("", &saved);
    assert_eq!((runbook.title.as_str(), runbook.causes[0].text.as_str()), ("VPN is down", "# Stale cache."));
    assert_eq!(runbook.causes[0].steps, ["Flush the cache"]);
    assert_eq!(std::fs::read_to_string(&taken).expect("a file"), "mine");
    priya.press("W").await;
    priya.sees("Resolve a session first").await;
}

#[tokio::test]
async fn a_message_a_code_block_and_a_selection_are_copied() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let code = "Run:\n```sh\nip link set mtu 1400\n```\nor\n```\nreboot\n```\nand call";
    sam.wait_for_assessment(&vpn).await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    sam.add_note(&vpn.session_id, code).await;
    priya.sees("and call").await;
    priya.press("<alt-y>").await;
    priya.sees("Copied message 3").await;
    priya.press("<alt-Y>").await;
    priya.sees("Copied code block 1 of 2 from message 3").await;
    priya.press("<alt-Y>").await;
    priya.sees("Copied code block 2 of 2 from message 3").await;
    priya.press("<alt-up><alt-up>").await;
    priya.sees("│▌  nslookup says").await;
    priya.press("<alt-y>").await;
    priya.sees("Copied message 2").await;
    priya.press("<alt-down><alt-up><alt-Y>").await;
    priya.sees("No code block in message 2").await;
    priya.press("<esc><esc>").await;
    priya.no_longer_sees("│▌").await;
    priya.press("i").await;
    priya.press("one two<shift-left><shift-left><shift-left><alt-y>").await;
    priya.sees("Copied the selection").await;
    let nslookup = "nslookup says: no such host";
    assert_eq!(priya.host().await.copied_texts, [code, "ip link set mtu 1400", "reboot", nslookup, "two"]);
    priya.press("<esc><esc>").await;
    priya.sees("Escalations").await;
}

#[tokio::test]
async fn a_message_has_links_lists_and_bold_text_and_is_otherwise_as_pasted() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    let text = "See [the page](https://a.test/x) or https://b.test/y_z, not [this](javascript:x).\n\n\
        | Host | State |\n|---|---|\n| vpn-1 | **drops** |\n| vpn-2 | fine |\n\n- [x] done\n- [ ] open";
    sam.add_note(&vpn.session_id, text).await;
    // A table that somebody pasted stays as it is.
    priya.sees("| vpn-1 | drops |").await;
    priya.sees("|---|---|").await;
    priya.sees("the page (https://a.test/x)").await;
    priya.sees("[x] done").await;
    let links = priya.host().await.hyperlink_output;
    for (target, label) in [("https://a.test/x", "the page"), ("https://b.test/y_z", "https://b.test/y_z")] {
        let begin = links.rfind(&format!("\x1b]8;;{target}\x1b\\")).unwrap_or_else(|| panic!("{links:?}"));
        assert!(links.contains(label) && links[begin..].contains("\x1b]8;;\x1b\\"), "{links:?}");
    }
    assert!(!links.contains("javascript:x\x1b"), "{links:?}");
}

#[tokio::test]
async fn a_failed_reply_is_reported_in_its_place() {
    let model = FakeModel::start(ModelBehavior::Status(503)).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let mut priya = world.console("Priya Nair").await;
    priya.sees("No open escalations").await;
    priya.press("cThe lift is stuck<enter>").await;
    priya.sees("active, yours").await;
    priya.press("What now?<enter>").await;
    priya.sees("The assistant could not answer.").await;
    priya.does_not_see("is thinking").await;
}

#[tokio::test]
async fn new_messages_below_are_announced_while_scrolled_up() {
    let (world, _model) = world_with_assessment(TWO_STEP_ASSESSMENT).await;
    let (sam, vpn) = escalate_and_assess(&world, "VPN is down").await;
    let mut priya = open_claimed_session(&world, "VPN is down").await;
    for number in 3..=40 {
        sam.add_note(&vpn.session_id, &format!("note number {number}")).await;
    }
    priya.sees("note number 40").await;
    priya.press("<pgup>").await;
    priya.no_longer_sees("note number 40").await;
    for text in ["one more", "and another", "the last"] {
        sam.add_note(&vpn.session_id, text).await;
    }
    priya.sees("▼ 3 new").await;
    priya.does_not_see("the last").await;
    priya.press("<ctrl-end>").await;
    priya.sees("the last").await;
    priya.no_longer_sees("3 new").await;
    priya.press("<ctrl-home>").await;
    priya.sees("│   VPN is down").await;
    priya.press("<ctrl-down>").await;
    priya.press("<pgdn><pgdn><pgdn><pgdn><pgdn><pgdn>").await;
    priya.sees("the last").await;
    priya.press("<ctrl-up><ctrl-up><ctrl-up>").await;
    priya.no_longer_sees("the last").await;
}
