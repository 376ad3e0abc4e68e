//! What the console keeps on this machine: which handoffs were seen, and drafts. Two consoles share the files and lose
//! nothing: each change is made under a lock, on what the file holds then, and put in place whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tierup_common::id::{HandoffId, SessionId, UserId};

use crate::state::seen::Seen;

/// The file of the seen-sets.
pub const SEEN: &str = "seen.json";
/// The file of the drafts.
pub const DRAFTS: &str = "drafts.json";
/// A file of ours, in bytes, at most; a larger one is not ours. The drafts of several users have room.
const LARGEST: u64 = 32 * 1024 * 1024;
/// Drafts kept of one user, at most; the ones of the oldest sessions go.
const KEPT_DRAFTS: usize = 200;
/// All of them together, in bytes, at most.
const KEPT_BYTES: usize = 4 * 1024 * 1024;
/// A draft, in bytes, at most: far more than a message may have. Of a longer one the beginning is kept.
pub const LONGEST_DRAFT: usize = 256 * 1024;

/// The folder where they are kept.
#[derive(Clone, Debug)]
pub struct Files {
    folder: PathBuf,
}

/// Whose things are kept: a user of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner(String);

impl Owner {
    /// This user of the server at this address.
    pub fn new(server: &str, user: UserId) -> Self {
        Self(format!("{server} {user}"))
    }
}

/// What a file held, and what had to be done to read it.
#[derive(Debug)]
pub struct Found<T> {
    /// What it held.
    pub value: T,
    /// It could not be read and was set aside: say so.
    pub notice: Option<String>,
}

type ByOwner<T> = BTreeMap<String, T>;

#[derive(Debug, Default, Serialize, Deserialize)]
struct SeenFile {
    seen: ByOwner<Vec<HandoffId>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct DraftsFile {
    drafts: ByOwner<BTreeMap<SessionId, String>>,
}

impl Files {
    /// Files in the platform's folder for data.
    pub fn of_platform() -> io::Result<Self> {
        let folders = directories::ProjectDirs::from("", "", "tierup")
            .ok_or_else(|| io::Error::other("this user has no home folder"))?;
        Ok(Self::in_folder(folders.data_local_dir()))
    }

    /// Files in this folder, which is made when the first is written.
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.into() }
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes the folder, for its user alone.
    pub fn make_folder(&self) -> io::Result<()> {
        private_folder(&self.folder)
    }

    /// Whether files can be kept: tries it, and leaves nothing behind.
    pub fn try_to_write(&self) -> io::Result<()> {
        self.make_folder()?;
        tempfile::Builder::new().prefix("doctor").tempfile_in(&self.folder).map(drop)
    }

    /// Changes the seen-set of a user; what it holds then, other consoles' marks included.
    pub fn change_seen(
        &self,
        owner: &Owner,
        change: impl FnOnce(&mut Seen),
    ) -> io::Result<Found<Vec<HandoffId>>> {
        self.change(SEEN, |file: &mut SeenFile| {
            let ids = file.seen.entry(owner.0.clone()).or_default();
            let mut seen: Seen = ids.drain(..).collect();
            change(&mut seen);
            *ids = seen.ids().collect();
            ids.clone()
        })
    }

    /// The seen-set of a user.
    pub fn seen(&self, owner: &Owner) -> io::Result<Found<Vec<HandoffId>>> {
        let found = self.read(SEEN)?;
        let mut file: SeenFile = found.value;
        Ok(Found { value: file.seen.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Keeps drafts of a user; an empty one is forgotten.
    pub fn keep_drafts(&self, owner: &Owner, drafts: &BTreeMap<SessionId, String>) -> io::Result<Found<()>> {
        self.change(DRAFTS, |file: &mut DraftsFile| {
            let kept = file.drafts.entry(owner.0.clone()).or_default();
            for (session, text) in drafts {
                if text.is_empty() {
                    kept.remove(session);
                } else {
                    let end = text.floor_char_boundary(LONGEST_DRAFT);
                    kept.insert(*session, text[..end].to_owned());
                }
            }
            let mut bytes: usize = kept.values().map(String::len).sum();
            while kept.len() > KEPT_DRAFTS || bytes > KEPT_BYTES {
                // What is being typed stays, however old its session is.
                let Some(oldest) = kept.keys().find(|session| !drafts.contains_key(*session)).copied() else {
                    break;
                };
                bytes -= kept.remove(&oldest).map_or(0, |text| text.len());
            }
        })
    }

    /// The drafts of a user.
    pub fn drafts(&self, owner: &Owner) -> io::Result<Found<BTreeMap<SessionId, String>>> {
        let found = self.read(DRAFTS)?;
        let mut file: DraftsFile = found.value;
        Ok(Found { value: file.drafts.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Changes what a file holds, under its lock. Others on the machine cannot read it.
    pub fn change<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> io::Result<Found<R>>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let _lock = self.lock(name)?;
        let Found { mut value, notice } = self.read_or_set_aside::<T>(name)?;
        let answer = change(&mut value);
        let bytes = serde_json::to_vec(&value)?;
        if bytes.len() as u64 > LARGEST {
            return Err(io::Error::other(format!("{name} would be too large")));
        }
        // Made private by the library; in place whole or not at all.
        let mut file = tempfile::Builder::new().prefix(name).tempfile_in(&self.folder)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.folder.join(name))?;
        Ok(Found { value: answer, notice })
    }

    /// What a file holds. One that is no file of ours is set aside, and the story begins anew.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<Found<T>> {
        if let Some(value) = parse(&self.folder.join(name)) {
            return Ok(Found { value, notice: None });
        }
        // Somebody else may be about to set it aside, or to put another in its place.
        let _lock = self.lock(name)?;
        self.read_or_set_aside(name)
    }

    /// The right to change a file, until it is let go of.
    fn lock(&self, name: &str) -> io::Result<File> {
        private_folder(&self.folder)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(self.folder.join(format!("{name}.lock")))?;
        lock.lock()?;
        Ok(lock)
    }

    /// What a file holds; under its lock.
    fn read_or_set_aside<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<Found<T>> {
        let path = self.folder.join(name);
        if let Some(value) = parse(&path) {
            return Ok(Found { value, notice: None });
        }
        let aside = self.free_name(&format!("{name}.corrupt"));
        std::fs::rename(&path, &aside)?;
        let notice = format!("{} could not be read and was set aside as {}", path.display(), aside.display());
        Ok(Found { value: T::default(), notice: Some(notice) })
    }

    /// This name, or the first with a number that nothing has yet: what was set aside before stays.
    fn free_name(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        let mut paths = std::iter::once(name.to_owned()).chain(numbered).map(|name| self.folder.join(name));
        let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
        paths.find(is_free).unwrap_or_else(|| self.folder.join(name))
    }
}

/// What a file of ours says: what is empty, if there is none; nothing, if it is not one of ours.
fn parse<T: Default + DeserializeOwned>(path: &Path) -> Option<T> {
    match load(path) {
        Ok(None) => Some(T::default()),
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).ok(),
        Err(_) => None,
    }
}

/// The bytes of a file; nothing if there is none. A link or anything else that is no plain file is refused.
fn load(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(io::Error::other("not a file of ours"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierup_common::time::Timestamp;

    fn files() -> (tempfile::TempDir, Files, Owner) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::in_folder(&folder.path().join("data"));
        let owner = Owner::new("http://acme.test", UserId::from_bytes([1; 16]));
        (folder, files, owner)
    }

    fn id(millis: i64) -> HandoffId {
        HandoffId::new(Timestamp::from_millis(millis))
    }

    #[test]
    fn what_was_seen_is_seen_after_a_restart_and_by_its_user_alone() {
        let (_folder, files, owner) = files();
        let first = id(1);
        files.change_seen(&owner, |seen| seen.add(first)).unwrap();
        assert_eq!(files.seen(&owner).unwrap().value, [first]);
        let other = Owner::new("http://acme.test", UserId::from_bytes([2; 16]));
        assert!(files.seen(&other).unwrap().value.is_empty());
    }

    #[test]
    fn consoles_on_one_machine_lose_nothing_of_each_other() {
        let (_folder, files, owner) = files();
        let ids: Vec<HandoffId> = (0..80).map(id).collect();
        std::thread::scope(|scope| {
            for part in ids.chunks(10) {
                let (files, owner) = (&files, &owner);
                scope.spawn(move || {
                    for id in part {
                        files.change_seen(owner, |seen| seen.add(*id)).unwrap();
                    }
                });
            }
        });
        let seen: Seen = files.seen(&owner).unwrap().value.into_iter().collect();
        assert!(ids.iter().all(|id| seen.has(*id)));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_set_aside_and_the_story_begins_anew() {
        let (_folder, files, owner) = files();
        let first = id(1);
        files.change_seen(&owner, |seen| seen.add(first)).unwrap();
        let asides = ["seen.json.corrupt", "seen.json.corrupt.2", "seen.json.corrupt.3"];
        for (wrong, aside) in [b"{\"seen\":".to_vec(), vec![0; 100], vec![b' '; 33 << 20]].iter().zip(asides)
        {
            std::fs::write(files.path("seen.json"), wrong).unwrap();
            let found = files.change_seen(&owner, |seen| seen.add(first)).unwrap();
            assert_eq!(found.value, [first]);
            assert!(found.notice.unwrap().ends_with(aside), "what was set aside before stays");
            assert!(&std::fs::read(files.path(aside)).unwrap() == wrong);
        }
        assert!(files.seen(&owner).unwrap().notice.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn others_on_the_machine_cannot_read_it_and_a_link_is_not_followed() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, files, owner) = files();
        files.change_seen(&owner, |seen| seen.add(id(1))).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(files.path("seen.json.lock")), 0o600);
        assert_eq!(mode(files.path("seen.json")), 0o600);
        assert_eq!(mode(files.path("")), 0o700);

        let target = folder.path().join("precious");
        std::fs::write(&target, "{\"seen\":{}}").unwrap();
        std::fs::remove_file(files.path("seen.json")).unwrap();
        std::os::unix::fs::symlink(&target, files.path("seen.json")).unwrap();
        files.change_seen(&owner, |seen| seen.add(id(2))).unwrap();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "{\"seen\":{}}");
    }

    #[test]
    fn drafts_are_cut_and_go_before_their_file_is_too_large_to_be_read() {
        let (_folder, files, owner) = files();
        let sessions: Vec<SessionId> =
            (1..=20).map(|millis| SessionId::new(Timestamp::from_millis(millis))).collect();
        let long = format!("{}ü", "\"".repeat(LONGEST_DRAFT - 1));
        let all = sessions.iter().skip(1).map(|session| (*session, long.clone())).collect();
        files.keep_drafts(&owner, &all).unwrap();
        files.keep_drafts(&owner, &[(sessions[0], long)].into()).unwrap();
        let kept = files.drafts(&owner).unwrap();
        assert!(kept.notice.is_none());
        assert_eq!(kept.value[&sessions[0]].len(), LONGEST_DRAFT - 1, "what was typed last stays");
        assert_eq!(kept.value.len(), KEPT_BYTES / (LONGEST_DRAFT - 1));
        assert!(kept.value.contains_key(&sessions[19]) && !kept.value.contains_key(&sessions[1]));
    }

    #[test]
    fn a_draft_is_kept_until_it_is_empty() {
        let (_folder, files, owner) = files();
        let session = SessionId::new(Timestamp::from_millis(1));
        files.keep_drafts(&owner, &[(session, "half a thought".into())].into()).unwrap();
        assert_eq!(files.drafts(&owner).unwrap().value[&session], "half a thought");
        files.keep_drafts(&owner, &[(session, String::new())].into()).unwrap();
        assert!(files.drafts(&owner).unwrap().value.is_empty());
    }
}
