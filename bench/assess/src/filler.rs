//! More history: resolved sessions about products that no case is about. Answers must not change with them.

use fastrand::Rng;
use tierup_e2e::ApiClient;

use crate::replay::open;

/// A resolved session that answers no case.
#[derive(Clone, Debug)]
pub struct FillerSession {
    title: String,
    intake: String,
    resolution: String,
}

/// As many sessions, the same ones each time.
pub fn filler(count: usize) -> Vec<FillerSession> {
    let mut random = Rng::with_seed(9);
    (0..count).map(|number| FillerSession::random(&mut random, number)).collect()
}

impl FillerSession {
    fn random(random: &mut Rng, number: usize) -> Self {
        let mut pick = |words: &[&'static str]| words[random.usize(..words.len())];
        let product = format!("{} {}", pick(PRODUCTS), pick(PARTS));
        let (symptom, since, place) = (pick(SYMPTOMS), pick(SINCE), pick(PLACES));
        let (check, cause, fix) = (pick(CHECKS), pick(CAUSES), pick(FIXES));
        Self {
            title: format!("{product} {symptom} {since}"),
            intake: format!("Hello, the {product} {symptom} {since}, {place}. {check} Ticket {number}."),
            resolution: format!("{cause} of {product}. {fix}"),
        }
    }

    /// Opens and resolves it.
    pub(crate) async fn resolve(&self, engineer: &ApiClient) {
        let id = open(engineer, &self.title, &self.intake).await;
        engineer.resolve(&id, &self.resolution).await;
    }
}

const PRODUCTS: &[&str] = &[
    "Corvus", "Talisman", "Medley", "Orchard", "Pinnacle", "Quarry", "Rosetta", "Saffron", "Tundra", "Umbra",
    "Vesper", "Willow", "Xenon", "Yarrow", "Zephyr", "Amber", "Basalt", "Cobalt", "Drift", "Ember", "Fjord",
    "Gambit", "Harbour", "Indigo", "Juniper", "Kestrel", "Lumen", "Mosaic", "Nimbus", "Opal", "Prism",
    "Quill", "Raven", "Sable", "Thistle", "Ursa", "Vertex", "Walnut", "Ypsilon", "Zenith",
];
const PARTS: &[&str] = &[
    "client",
    "portal",
    "importer",
    "gateway",
    "terminal",
    "planner",
    "reporting",
    "archive",
    "sync",
    "viewer",
];
const SYMPTOMS: &[&str] = &[
    "shows an error",
    "does not start",
    "is very slow",
    "hangs at 80 percent",
    "closes without a message",
    "loses the connection",
    "shows an empty list",
    "asks for the password again",
    "cannot save",
    "shows old data",
    "cannot open the file",
    "runs into a timeout",
    "rejects the login",
    "does not print",
    "shows the wrong total",
];
const SINCE: &[&str] = &[
    "since the update",
    "since Monday",
    "after the restart",
    "since this morning",
    "after the move",
    "sometimes",
    "after logging in",
    "in the evening",
    "since the last release",
    "with large files",
    "for new users",
];
const PLACES: &[&str] = &[
    "only in the branch office",
    "for everybody on the second floor",
    "on one computer only",
    "for three users",
    "on all computers",
    "for the whole department",
    "on the new laptops",
    "over WLAN and cable",
];
const CHECKS: &[&str] = &[
    "Restarted it twice.",
    "The server answers a ping.",
    "Other programs work.",
    "Nothing in the log.",
    "Reinstalled, no change.",
    "The user has all rights.",
    "A colleague has the same problem.",
    "It worked before.",
];
const CAUSES: &[&str] = &[
    "A stale lock in the working folder",
    "The wrong database in the settings",
    "A missing licence for the module",
    "An outdated configuration file",
    "A full temporary folder",
    "The wrong time zone in the profile",
    "A service account without rights",
    "A broken entry in the cache",
    "A wrong path in the job",
    "A stopped background service",
    "A missing font",
    "An old version of the library",
];
const FIXES: &[&str] = &[
    "Removed it and restarted.",
    "Corrected it, works again.",
    "Ordered and assigned it.",
    "Replaced it by the new one.",
    "Cleaned it up.",
    "Set it right in the profile.",
    "Granted it.",
    "Deleted the entry.",
    "Updated it on all machines.",
];
