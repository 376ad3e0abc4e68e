//! Mail servers of every temper: claims are as fast as ever, and each message ends in one state, with a reason.
//!
//! Mutants seen to fail: a refusal that is tried again, a fourth try.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::time::{Duration, Instant};

use tierup_e2e::{Manner, PostOffice, World, soak};
use tierup_server::config::Settings;

/// What a claim may take while all tests run: far less than a mail server is waited for.
const AT_ONCE: Duration = Duration::from_secs(5);

fn mail(url: &str) -> Settings {
    let off = Some("off".into());
    Settings { mail_url: Some(url.to_owned().into()), assessment_engine: off, ..Settings::default() }
}

/// An escalation that Ana and Priya are mailed about, and that Priya has claimed by now.
async fn escalates_and_claims(world: &World) {
    let (sam, priya) = (world.engineer("Sam Ortiz").await, world.engineer("Priya Nair").await);
    let began = Instant::now();
    let vpn = sam.escalates("VPN is down").await;
    priya.claims(&vpn).await;
    assert!(began.elapsed() < AT_ONCE, "it took {:?}", began.elapsed());
}

/// The messages that were given up: how often each was tried, and why it did not go.
fn given_up(world: &World) -> Vec<(u32, String)> {
    let database = rusqlite::Connection::open(world.data().join("tierup.db")).unwrap();
    let mut rows = database.prepare("SELECT attempt, error FROM job WHERE failed = 1").unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
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
    let office = PostOffice::open(Manner::Silent).await;
    let world = World::with(mail(office.url())).await;
    for _ in 0..5 {
        escalates_and_claims(&world).await;
    }
    // Each try has ten seconds, four are made at a time: that all end takes a minute.
    if soak(false, true) {
        let world = World::with(mail(office.url())).await;
        escalates_and_claims(&world).await;
        tries(&world, 3).await;
        assert!(given_up(&world).iter().all(|(tries, why)| *tries == 3 && !why.is_empty()));
    }
}
