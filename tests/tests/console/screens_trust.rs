//! Snapshots of how far an assessment is to be trusted, at 120x36 and 80x24. The assessments are written into the
//! database, because no engine can be made to doubt itself at will.

#![expect(clippy::unwrap_used, reason = "tests may panic")]

use crate::screen_snapshot::{TERMINAL_SIZES, assert_screen_snapshot, escalate_vpn_problem, open_console};
use tierup_common::assessment::{Assessment, Basis, Confidence, Evidence, Similar, Step};
use tierup_common::id::{Number, SessionId, StepId};
use tierup_e2e::{Console, Escalation, FakeModel, ModelBehavior, World};

fn step(number: u8, text: &str, why: &str) -> Step {
    Step {
        id: StepId::from_bytes([number; 16]),
        text: text.into(),
        already_tried: number == 3,
        outcome: None,
        why: Some(why.into()),
    }
}

/// A well-founded assessment.
fn founded() -> Assessment {
    Assessment {
        likely_cause:
            "The machine certificate was reissued by the update, and the gateway does not trust the new \
                       issuer."
                .into(),
        suggested_steps: vec![
            step(1, "Check the issuer in `certlm.msc`", "session 17: error 809 after an update; it worked"),
            step(2, "Add the new issuer on gw2", "runbook vpn.md names error 809 and gw2"),
            step(3, "Reinstall the client", "session 9: error 809; it did not help there either"),
        ],
        confidence: Confidence::High,
        evidence: vec![Evidence { message_seq: 2, quote: "same error 809".into() }],
        similar: vec![
            Similar {
                session_id: SessionId::from_bytes([17; 16]),
                number: Number(17),
                problem_summary: "VPN error 809 on all laptops of the branch".into(),
                resolution: "The gateway did not trust the new issuer. Added it on gw2.".into(),
                why: Some("shares error 809, update and certificate; its fix worked".into()),
            },
            Similar {
                session_id: SessionId::from_bytes([9; 16]),
                number: Number(9),
                problem_summary: "VPN drops after the update".into(),
                resolution: "The machine certificate had expired. Renewed it.".into(),
                why: Some("shares VPN and update; three weeks old".into()),
            },
        ],
        basis: Basis { cases: 2, runbooks: 1, identifiers: vec!["error 809".into()] },
        engine: "playbook".into(),
        ..Assessment::default()
    }
}

fn contradicted() -> Assessment {
    Assessment {
        likely_cause: "The VPN client is damaged and has to be reinstalled.".into(),
        confidence: Confidence::Low,
        basis: Basis { cases: 1, ..Basis::default() },
        contradicted_by: Some("reinstall the client".into()),
        find_out: vec!["Does it fail on another network?".into()],
        ..founded()
    }
}

fn inconclusive() -> Assessment {
    Assessment {
        likely_cause: "Nothing in the runbooks and resolved sessions explains this.".into(),
        suggested_steps: Vec::new(),
        confidence: Confidence::Inconclusive,
        similar: Vec::new(),
        basis: Basis::default(),
        find_out: vec![
            "Does it fail for other users at the same site? If not, it is the machine certificate.".into(),
            "What does `Get-VpnConnection` say for the tunnel type?".into(),
            "Since when: before or after KB5031455?".into(),
        ],
        ..founded()
    }
}

fn uncited() -> Assessment {
    Assessment {
        likely_cause: "The update replaced the IKE policy, so that the gateway refuses the".into(),
        suggested_steps: vec![Step { why: None, ..step(1, "Compare the IKE policies", "") }],
        confidence: Confidence::Low,
        evidence: Vec::new(),
        similar: Vec::new(),
        basis: Basis::default(),
        is_uncited: true,
        is_cut_off: true,
        engine: "openai".into(),
        model: Some("test-model".into()),
        ..founded()
    }
}

/// A world with an escalation of Sam's that has this assessment.
async fn world_with(assessment: &Assessment) -> (World, Escalation) {
    let mut world = World::without_assessments().await;
    let vpn = escalate_vpn_problem(&world.engineer("Sam Ortiz").await).await;
    let port = world.url().rsplit(':').next().unwrap().parse().unwrap();
    world.stop().await;
    let database = rusqlite::Connection::open(world.data_dir().join("tierup.db")).unwrap();
    let data = serde_json::to_string(assessment).unwrap();
    database
        .execute(
            "INSERT INTO assessment (account_id, handoff_id, text, data) SELECT account_id, id, ?1, ?2 FROM handoff",
            [&assessment.likely_cause, &data],
        )
        .unwrap();
    database.execute("UPDATE handoff SET assessment_status = 'ready'", []).unwrap();
    database.close().unwrap();
    world.start(port).await;
    (world, vpn)
}

/// Priya's console in the briefing.
async fn open_briefing(world: &World, size: (u16, u16)) -> Console {
    let mut priya = open_console(world, size).await;
    priya.sees("VPN won't connect").await;
    priya.press("<enter>").await;
    priya.sees("▌Assessment").await;
    priya
}

#[tokio::test]
async fn briefings_that_differ_in_trust() {
    for (name, assessment) in [
        ("briefing_founded", founded()),
        ("briefing_contradicted", contradicted()),
        ("briefing_inconclusive", inconclusive()),
        ("briefing_uncited", uncited()),
    ] {
        let (world, _vpn) = world_with(&assessment).await;
        for size in TERMINAL_SIZES {
            let mut priya = open_briefing(&world, size).await;
            assert_screen_snapshot(name, &priya).await;
            if name == "briefing_founded" {
                priya.press("S").await;
                priya.sees("shares error 809").await;
                assert_screen_snapshot("briefing_reasons", &priya).await;
            }
            if name == "briefing_contradicted" {
                priya.press("<esc>").await;
                priya.sees("1 open").await;
                assert_screen_snapshot("queue_contradicted", &priya).await;
            }
        }
    }
}

#[tokio::test]
async fn doubts_in_ascii() {
    let (world, _vpn) =
        world_with(&Assessment { is_uncited: true, is_cut_off: true, ..contradicted() }).await;
    let settings = "glyphs = \"ascii\"\ntheme = \"mono\"";
    let mut priya = world.console_with_settings("Priya Nair", settings, (80, 24)).await;
    priya.sees("VPN won't connect").await;
    priya.press("<enter>").await;
    priya.sees("Likely cause").await;
    assert_screen_snapshot("briefing_doubts_ascii", &priya).await;
    priya.press("<enter>").await;
    priya.sees("Write to Sam Ortiz").await;
    priya.no_longer_sees("is yours").await;
    assert_screen_snapshot("session_doubts_ascii", &priya).await;
}

#[tokio::test]
async fn briefing_while_it_is_assessed_again() {
    for size in TERMINAL_SIZES {
        let model = FakeModel::start(ModelBehavior::StreamsOnDemand).await;
        let (mut world, _vpn) = world_with(&founded()).await;
        world.restart_with_settings(model.server_settings(60)).await;
        let mut priya = open_briefing(&world, size).await;
        priya.press("r").await;
        priya.sees("Assess #1 again?").await;
        assert_screen_snapshot("dialog_reassess", &priya).await;
        priya.press("y").await;
        priya.sees("reassessing").await;
        model.send_delta("**Likely cause:** the proxy is");
        priya.sees("characters so far").await;
        assert_screen_snapshot("briefing_reassessing", &priya).await;
        model.send_delta(" full.");
        model.finish_answer();
        priya.sees("the proxy is full.").await;
        priya.does_not_see("Earlier assessment").await;
    }
}

#[tokio::test]
async fn what_the_assessment_proposes_becomes_an_entry() {
    for size in TERMINAL_SIZES {
        let mut assessment = founded();
        assessment.find_out = vec!["Does it fail on another network?".into()];
        let (world, vpn) = world_with(&assessment).await;
        let mut priya = open_briefing(&world, size).await;
        priya.press("<enter>").await;
        priya.sees("active, yours").await;
        priya.no_longer_sees("is yours").await;
        priya.press("<alt-v>").await;
        priya.sees("Likely cause").await;
        priya.press("o").await;
        priya.sees("proposed: o adds it").await;
        assert_screen_snapshot("session_proposed", &priya).await;
        priya.press("o").await;
        priya.sees("new issuer.  open").await;
        let session = world.engineer("Sam Ortiz").await.session(&vpn.session_id).await;
        let branches = session["branch_map"].as_array().unwrap();
        assert_eq!((branches.len(), &branches[2]["status"]), (3, &serde_json::json!("open")));
    }
}
