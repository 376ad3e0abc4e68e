//! Mail servers of every temper: claims are as fast as ever, and each message ends in one state, with a reason.
//!
//! Mutants seen to fail: a refusal that is tried again, a fourth try; a handoff that waits for its mail, mail that keeps
//! assessments waiting; a letter without `References`, an address written as it came.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::Duration;

use serde_json::json;
use tierup_e2e::{Manner, Model, PostOffice, Temper, World, soak};
use tierup_server::config::Settings;

const STEPS: &str = "**Likely cause:** DNS\n**Steps**\n1. Flush it\n**Confidence:** low";

fn mail(url: &str) -> Settings {
    let off = Some("off".into());
    Settings { mail_url: Some(url.to_owned().into()), assessment_engine: off, ..Settings::default() }
}

/// An escalation that Ana and Priya are mailed about, and that Priya has claimed by now.
async fn escalates_and_claims(world: &World) {
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let vpn = sam.escalates("VPN is down").await;
    priya.claims(&vpn).await;
}

/// The messages that were given up: how often each was tried, and why it did not go.
fn given_up(world: &World) -> Vec<(u32, String)> {
    let database = rusqlite::Connection::open(world.data().join("tierup.db")).unwrap();
    let mut rows = database.prepare("SELECT attempt, error FROM job WHERE failed = 1").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Why what is not done yet was not done the last time.
fn reasons(world: &World) -> Vec<String> {
    let database = rusqlite::Connection::open(world.data().join("tierup.db")).unwrap();
    let mut rows = database.prepare("SELECT error FROM job WHERE kind = 'mail' AND attempt > 0").unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// Waits until both messages were tried so often and given up.
async fn tries(world: &World, tries: u32) {
    for again in 1..tries {
        let put_off = (2 * again).to_string();
        world.counts(r#"tierup_jobs_total{kind="mail",outcome="again"}"#, &put_off).await;
        world.clock().advance(Duration::from_mins(1));
    }
    world.counts(r#"tierup_jobs_total{kind="mail",outcome="failed"}"#, "2").await;
    let figures = world.figures().await;
    assert_eq!(figures.get(r#"tierup_jobs_total{kind="mail",outcome="done"}"#), None);
}

#[tokio::test]
async fn a_refusal_is_final() {
    let office = PostOffice::open(Manner::Refuses).await;
    let world = World::with(mail(office.url())).await;
    escalates_and_claims(&world).await;

    tries(&world, 1).await;

    assert_eq!(office.tries(), 2);
    assert_eq!(given_up(&world), vec![(1, "the mail server refused it (550)".to_owned()); 2]);
}

#[tokio::test]
async fn what_is_put_off_is_tried_three_times() {
    let office = PostOffice::open(Manner::PutsOff).await;
    let world = World::with(mail(office.url())).await;
    escalates_and_claims(&world).await;

    tries(&world, 3).await;

    assert_eq!(office.tries(), 6);
    assert_eq!(given_up(&world), vec![(3, "the mail server put it off (451)".to_owned()); 2]);
}

#[tokio::test]
async fn what_breaks_off_is_tried_three_times() {
    let broke_off = || (3, "the mail server was not reached or broke off".to_owned());
    let office = PostOffice::open(Manner::DropsAfterData).await;
    let world = World::with(mail(office.url())).await;
    escalates_and_claims(&world).await;
    tries(&world, 3).await;
    assert_eq!((office.tries(), given_up(&world)), (6, vec![broke_off(); 2]));

    let nowhere = World::with(mail("smtp://127.0.0.1:1")).await;
    escalates_and_claims(&nowhere).await;
    tries(&nowhere, 3).await;
    assert_eq!(given_up(&nowhere), vec![broke_off(); 2]);
}

#[tokio::test]
async fn a_mail_server_that_says_nothing_holds_nobody_up() {
    let mut office = PostOffice::open(Manner::Silent).await;
    let model = Model::with(Temper::Says(STEPS.into())).await;
    let url = Some(office.url().to_owned().into());
    let mut world = World::with(Settings { mail_url: url, ..model.settings(60) }).await;
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let first = sam.escalates("VPN is down").await;
    sam.escalates("Printer jams").await;
    // Everybody who carries mail stands there now, and gets no answer.
    office.talks_to(4).await;

    priya.claims(&first).await;
    let later = sam.escalates("No network").await;
    let handoff = priya.waits_for_assessment(&later).await;
    priya.claims(&later).await;

    assert_eq!(handoff["assessment_status"], "ready");
    assert_eq!(office.ended(), 0, "claims and assessments were waiting for the mail to be given up");
    let figures = world.figures().await;
    let ended = figures.keys().find(|name| name.starts_with(r#"tierup_jobs_total{kind="mail""#));
    assert_eq!(ended, None, "mail ended before anybody had answered");

    // What hangs up is put off, each with a reason; and a server that stops waits for none.
    office.closes();
    world.counts(r#"tierup_jobs_total{kind="mail",outcome="again"}"#, "6").await;
    world.stops().await;
    let broke_off = "the mail server was not reached or broke off";
    assert!(reasons(&world).iter().all(|why| why == broke_off), "{:?}", reasons(&world));

    // Each try has twenty seconds, four are made at a time: that all end takes a minute.
    if soak(false, true) {
        let office = PostOffice::open(Manner::Silent).await;
        let world = World::with(mail(office.url())).await;
        escalates_and_claims(&world).await;
        tries(&world, 3).await;
        assert_eq!(given_up(&world), vec![(3, "the mail server took too long".to_owned()); 2]);
    }
}

#[tokio::test]
async fn a_letter_says_that_a_program_wrote_it_and_whom_to_answer() {
    let mut office = PostOffice::open(Manner::Well).await;
    let world = World::with(Settings { unclaimed_reminder_minutes: Some(15), ..mail(office.url()) }).await;
    let (sam, _priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let me = sam.get("/me").await.expect(200);
    sam.escalates("VPN is down").await;
    office.receives(2).await;
    world.clock().advance(Duration::from_mins(15));

    let letters = office.receives(4).await;

    for letter in &letters {
        assert_eq!(letter.header("Auto-Submitted"), Some("auto-generated"), "{letter:?}");
        assert_eq!(letter.header("X-Auto-Response-Suppress"), Some("All"));
        let answers = letter.header("Reply-To").unwrap_or_default();
        assert!(
            answers.contains("Sam Ortiz") && answers.contains(me["email"].as_str().unwrap()),
            "{answers}"
        );
    }
    let (first, again) = letters.split_at(2);
    for letter in first {
        assert_eq!((letter.header("In-Reply-To"), letter.header("References")), (None, None));
    }
    for letter in again {
        let named = first.iter().find(|first| first.to == letter.to).unwrap();
        let id = format!("<{}>", named.id);
        assert_eq!(letter.header("In-Reply-To"), Some(id.as_str()));
        assert_eq!(letter.header("References"), Some(id.as_str()));
        assert_ne!(letter.id, named.id);
    }
}

/// Adds an engineer with this address.
async fn joins(world: &World, email: &str) {
    let body = json!({"email": email, "name": "Pia Krüger", "role": "engineer"});
    world.owner().post("/users", body).await.expect(201);
}

#[tokio::test]
async fn a_domain_of_any_script_is_written_so_that_every_server_takes_it() {
    let mut office = PostOffice::open(Manner::Well).await;
    let from = Some("Störung <tierup@bücher.test>".into());
    let world = World::with(Settings { mail_from: from, ..mail(office.url()) }).await;
    joins(&world, "pia@bücher.test").await;

    world.engineer("Sam Ortiz").await.escalates("Drucker läuft heiß").await;

    let letters = office.receives(2).await;
    let letter = letters.iter().find(|letter| letter.to == "pia@xn--bcher-kva.test").expect("Pia's letter");
    assert!(letter.header("To").unwrap().contains("<pia@xn--bcher-kva.test>"), "{letter:?}");
    assert!(letter.header("From").unwrap().contains("<tierup@xn--bcher-kva.test>"), "{letter:?}");
    assert!(letter.subject.contains("läuft heiß"));
}

/// Seen to fail: a subject that is passed on as it stands.
#[tokio::test]
async fn a_subject_that_looks_encoded_is_read_as_it_was_written() {
    let mut office = PostOffice::open(Manner::Well).await;
    let world = World::with(mail(office.url())).await;
    joins(&world, "pia@acme.test").await;
    let problem = "=?utf-8?q?=5BRESOLVED=5D=0d=0aBcc:_x@y?= läuft heiß";
    world.engineer("Sam Ortiz").await.escalates(problem).await;
    for letter in office.receives(2).await {
        assert!(letter.subject.contains(problem), "{letter:?}");
        assert!(letter.header("Bcc").is_none(), "{letter:?}");
    }
}

#[tokio::test]
async fn a_name_of_any_script_before_the_at_needs_a_server_that_takes_it() {
    let office = PostOffice::open(Manner::Well).await;
    let world = World::with(mail(office.url())).await;
    joins(&world, "jürgen@bücher.test").await;
    world.engineer("Sam Ortiz").await.escalates("VPN is down").await;
    world.counts(r#"tierup_jobs_total{kind="mail",outcome="done"}"#, "1").await;
    world.counts(r#"tierup_jobs_total{kind="mail",outcome="failed"}"#, "1").await;
    let why = "the address is not ASCII before the @, and the mail server has no SMTPUTF8";
    assert_eq!(given_up(&world), [(1, why.to_owned())]);

    let mut office = PostOffice::open(Manner::Utf8).await;
    let world = World::with(mail(office.url())).await;
    joins(&world, "jürgen@bücher.test").await;
    world.engineer("Sam Ortiz").await.escalates("VPN is down").await;
    let letters = office.receives(2).await;
    assert!(letters.iter().any(|letter| letter.to == "jürgen@xn--bcher-kva.test"), "{letters:?}");
}
