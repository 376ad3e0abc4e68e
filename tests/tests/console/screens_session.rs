//! Snapshots of a session and its dialogs, at 120x36 and 80x24.

use crate::fixtures::{console_with_late_claims, lose_claim};
use crate::screen_snapshot::{
    TERMINAL_SIZES, assert_screen_snapshot, escalate_vpn_problem, open_console, world_with_model,
};
use tierup_e2e::{ApiClient, Console, Escalation, FakeModel, ModelBehavior, World};

/// Sam's escalation in Priya's console: claimed, assessed and open, without the toast about the claim.
async fn pick_up_vpn_problem(world: &World, sam: &ApiClient, size: (u16, u16)) -> (Escalation, Console) {
    let vpn = escalate_vpn_problem(sam).await;
    sam.wait_for_assessment(&vpn).await;
    let mut priya = open_console(world, size).await;
    priya.sees("VPN won't connect").await;
    priya.press("p").await;
    priya.sees("Suggested").await;
    priya.no_longer_sees("is yours").await;
    (vpn, priya)
}

#[tokio::test]
async fn session_with_its_dialogs() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    world.engineer("Dana Wu").await;
    for size in TERMINAL_SIZES {
        let (vpn, mut priya) = pick_up_vpn_problem(&world, &sam, size).await;
        for (key, sees, name) in [
            ("<alt-C>", "MTU on the docking station  open", "session_tried"),
            ("a", "Possible cause", "dialog_branch"),
            ("<esc><esc><alt-w>", "Step outcomes", "session_outcomes"),
            ("<esc><alt-a>", "Dana Wu", "dialog_assign"),
            ("<esc><ctrl-x>b", "What they should find out", "dialog_send_back"),
            ("<esc><alt-z><tab>tomorrow 9:00", "Mon 23 Nov, 09:00", "dialog_park_wakes"),
        ] {
            priya.press(key).await;
            priya.sees(sees).await;
            assert_screen_snapshot(name, &priya).await;
        }
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn a_secret_before_it_is_sent() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for size in TERMINAL_SIZES {
        let (vpn, mut priya) = pick_up_vpn_problem(&world, &sam, size).await;
        priya.press("The service account uses AKIAIOSFODNN7EXAMPLE<enter>").await;
        priya.sees("This looks like an AWS key.").await;
        assert_screen_snapshot("session_secret", &priya).await;
        priya.press("<esc><alt-R>postgres://vpn:hunter2@db.acme.test works again<enter>").await;
        priya.sees("This looks like a password.").await;
        assert_screen_snapshot("dialog_secret", &priya).await;
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

/// Steps with a sentence each, as models write them.
const LONG_STEPS_ASSESSMENT: &str = "**Likely cause:** The gateway does not trust the new issuer.\n\n**Steps**\n\
    1. Pin the certificate: `Set-VpnConnection -Name acme -MachineCertificateIssuerFilter $issuer`\n\
    2. Roll back KB5031455 on one machine of the branch office and compare the handshake\n\
    3. Compare the MTU on the docking station with that of the wireless card (already tried)\n\
    4. Ask the gateway team whether the list of issuers has reached both members of the cluster\n\
    5. Restart the IKE service\n\n**Confidence:** high";

#[tokio::test]
async fn long_steps_can_be_read() {
    let model = FakeModel::start(ModelBehavior::Answers(LONG_STEPS_ASSESSMENT.into())).await;
    let world = World::with_settings(model.server_settings(10)).await;
    let sam = world.engineer("Sam Ortiz").await;
    for size in TERMINAL_SIZES {
        let (vpn, mut priya) = pick_up_vpn_problem(&world, &sam, size).await;
        assert_screen_snapshot("session_sentences", &priya).await;
        priya.press("<alt-R><tab><down><space>").await;
        priya.sees("[x] Roll back").await;
        assert_screen_snapshot("dialog_resolve_sentences", &priya).await;
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn a_conversation_in_markdown() {
    let (world, _model) = world_with_model().await;
    let sam = world.engineer("Sam Ortiz").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("p").await;
        priya.sees("Suggested").await;
        let text = "## What I see\n\nThe gateway drops the **second** packet, see \
            [the page](https://wiki.acme.test/vpn/error-809) or https://kb.test/809:\n\n\
            | Host | Build | State |\n|---|---|---|\n| vpn-1 | 22631 | drops the second packet |\n\
            | 東京-2 | 22621 | fine |\n\n- [x] reinstalled\n- [ ] other network\n\n```sh\nip link set mtu 1400\n```";
        sam.add_note(&vpn.session_id, text).await;
        priya.sees("ip link set mtu 1400").await;
        priya.press("<alt-up>").await;
        priya.sees("│▌").await;
        priya.no_longer_sees("is yours").await;
        assert_screen_snapshot("session_markdown", &priya).await;
        sam.resolve(&vpn.session_id, "Done.").await;
    }
}

#[tokio::test]
async fn evidence_and_similar_cases() {
    let world = World::new().await;
    let sam = world.engineer("Sam Ortiz").await;
    let solved = sam.open_session("VPN certificate expired after the update").await;
    sam.resolve(&solved, "Renewed the machine certificate in `certlm.msc`.").await;
    let again = sam.escalate("VPN certificate expired again after an update").await;
    sam.wait_for_assessment(&again).await;
    for (columns, rows) in TERMINAL_SIZES {
        let mut priya = open_console(&world, (columns, rows)).await;
        priya.sees("again after an update").await;
        priya.press("<enter>").await;
        priya.sees("Conversation (1 message)").await;
        priya.press("e").await;
        priya.sees("│▌VPN certificate expired").await;
        assert_screen_snapshot("briefing_evidence", &priya).await;
        priya.press("S").await;
        priya.sees("↵ read").await;
        assert_screen_snapshot("briefing_cases", &priya).await;
    }
}

#[tokio::test]
async fn a_lost_claim_with_a_draft() {
    let (world, _model) = world_with_model().await;
    let (sam, ana) = (world.engineer("Sam Ortiz").await, world.engineer("Ana Wu").await);
    let who = world.engineer("Priya Nair").await;
    for (columns, rows) in TERMINAL_SIZES {
        let vpn = escalate_vpn_problem(&sam).await;
        sam.wait_for_assessment(&vpn).await;
        let (mut priya, proxy) = console_with_late_claims(&world, &who, (columns, rows)).await;
        priya.sees("VPN won't connect").await;
        priya.press("<enter>v").await;
        priya.sees("A note for Sam Ortiz and whoever takes this").await;
        priya.press("Roll it back").await;
        priya.sees("Roll it back").await;
        lose_claim(&mut priya, &proxy, "<alt-p>", &ana, &vpn).await;
        priya.still_sees("Your draft is kept.").await;
        priya.sees("claimed by Ana Wu").await;
        assert_screen_snapshot("conflict_draft", &priya).await;
        ana.resolve(&vpn.session_id, "Done.").await;
    }
}
