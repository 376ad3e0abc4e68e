//! What the console keeps on this machine: which handoffs were seen, and drafts. Two consoles share the files and lose
//! nothing: each change is made under a lock, on what the file holds then, and put in place whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tierup_common::id::{HandoffId, SessionId, UserId};

use crate::state::seen_set::SeenSet;

/// The file of the seen-sets.
pub const SEEN_FILE: &str = "seen.json";
/// The file of the drafts.
pub const DRAFTS_FILE: &str = "drafts.json";
/// A file of ours, in bytes, at most; a larger one is not ours. The drafts of several users have room.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// Drafts kept of one user, at most; the ones of the oldest sessions go.
const MAX_DRAFTS: usize = 200;
/// All of them together, in bytes, at most.
const MAX_DRAFTS_BYTES: usize = 4 * 1024 * 1024;
/// A draft, in bytes, at most: far more than a message may have. Of a longer one the beginning is kept.
pub const MAX_DRAFT_BYTES: usize = 256 * 1024;

/// The folder where they are kept.
#[derive(Clone, Debug)]
pub struct DataDir {
    dir: PathBuf,
}

/// Whose things are kept: a user of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataOwner(String);

impl DataOwner {
    /// This user of the server at this address.
    pub fn new(server: &str, user: UserId) -> Self {
        Self(format!("{server} {user}"))
    }
}

/// What a file held, and what had to be done to read it.
#[derive(Debug)]
pub struct Loaded<T> {
    /// What it held.
    pub value: T,
    /// It could not be read and was set aside: say so.
    pub notice: Option<String>,
}

type OwnerMap<T> = BTreeMap<String, T>;

#[derive(Debug, Default, Serialize, Deserialize)]
struct SeenFile {
    seen: OwnerMap<Vec<HandoffId>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct DraftsFile {
    drafts: OwnerMap<BTreeMap<SessionId, String>>,
}

impl DataDir {
    /// Files in the platform's folder for data.
    pub fn platform_default() -> io::Result<Self> {
        let folders = directories::ProjectDirs::from("", "", "tierup")
            .ok_or_else(|| io::Error::other("this user has no home folder"))?;
        Ok(Self::from_path(folders.data_local_dir()))
    }

    /// Files in this folder, which is made when the first is written.
    pub fn from_path(folder: &Path) -> Self {
        Self { dir: folder.into() }
    }

    /// Where a file of this name is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Makes the folder, for its user alone.
    pub fn create_dir(&self) -> io::Result<()> {
        create_private_dir(&self.dir)
    }

    /// Whether files can be kept: tries it, and leaves nothing behind.
    pub fn check_writable(&self) -> io::Result<()> {
        self.create_dir()?;
        tempfile::Builder::new().prefix("doctor").tempfile_in(&self.dir).map(drop)
    }

    /// Changes the seen-set of a user; what it holds then, other consoles' marks included.
    pub fn update_seen(
        &self,
        owner: &DataOwner,
        change: impl FnOnce(&mut SeenSet),
    ) -> io::Result<Loaded<Vec<HandoffId>>> {
        self.update(SEEN_FILE, |file: &mut SeenFile| {
            let ids = file.seen.entry(owner.0.clone()).or_default();
            let mut seen: SeenSet = ids.drain(..).collect();
            change(&mut seen);
            *ids = seen.ids().collect();
            ids.clone()
        })
    }

    /// The seen-set of a user.
    pub fn read_seen(&self, owner: &DataOwner) -> io::Result<Loaded<Vec<HandoffId>>> {
        let found = self.read(SEEN_FILE)?;
        let mut file: SeenFile = found.value;
        Ok(Loaded { value: file.seen.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Keeps drafts of a user; an empty one is forgotten.
    pub fn save_drafts(
        &self,
        owner: &DataOwner,
        drafts: &BTreeMap<SessionId, String>,
    ) -> io::Result<Loaded<()>> {
        self.update(DRAFTS_FILE, |file: &mut DraftsFile| {
            let kept = file.drafts.entry(owner.0.clone()).or_default();
            for (session, text) in drafts {
                if text.is_empty() {
                    kept.remove(session);
                } else {
                    let end = text.floor_char_boundary(MAX_DRAFT_BYTES);
                    kept.insert(*session, text[..end].to_owned());
                }
            }
            let mut bytes: usize = kept.values().map(String::len).sum();
            while kept.len() > MAX_DRAFTS || bytes > MAX_DRAFTS_BYTES {
                // What is being typed stays, however old its session is.
                let Some(oldest) = kept.keys().find(|session| !drafts.contains_key(*session)).copied() else {
                    break;
                };
                bytes -= kept.remove(&oldest).map_or(0, |text| text.len());
            }
        })
    }

    /// The drafts of a user.
    pub fn read_drafts(&self, owner: &DataOwner) -> io::Result<Loaded<BTreeMap<SessionId, String>>> {
        let found = self.read(DRAFTS_FILE)?;
        let mut file: DraftsFile = found.value;
        Ok(Loaded { value: file.drafts.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Changes what a file holds, under its lock. Others on the machine cannot read it.
    pub fn update<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> io::Result<Loaded<R>>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let _lock = self.lock_file(name)?;
        let Loaded { mut value, notice } = self.read_or_quarantine::<T>(name)?;
        let answer = change(&mut value);
        let bytes = serde_json::to_vec(&value)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("{name} would be too large")));
        }
        // Made private by the library; in place whole or not at all.
        let mut file = tempfile::Builder::new().prefix(name).tempfile_in(&self.dir)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.dir.join(name))?;
        Ok(Loaded { value: answer, notice })
    }

    /// What a file holds. One that is no file of ours is set aside, and the story begins anew.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<Loaded<T>> {
        if let Some(value) = read_json(&self.dir.join(name)) {
            return Ok(Loaded { value, notice: None });
        }
        // Somebody else may be about to set it aside, or to put another in its place.
        let _lock = self.lock_file(name)?;
        self.read_or_quarantine(name)
    }

    /// The right to change a file, until it is let go of.
    fn lock_file(&self, name: &str) -> io::Result<File> {
        create_private_dir(&self.dir)?;
        let mut options = File::options();
        options.create(true).truncate(false).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let lock = options.open(self.dir.join(format!("{name}.lock")))?;
        lock.lock()?;
        Ok(lock)
    }

    /// What a file holds; under its lock.
    fn read_or_quarantine<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<Loaded<T>> {
        let path = self.dir.join(name);
        if let Some(value) = read_json(&path) {
            return Ok(Loaded { value, notice: None });
        }
        let aside = self.unused_path(&format!("{name}.corrupt"));
        std::fs::rename(&path, &aside)?;
        let notice = format!("{} could not be read and was set aside as {}", path.display(), aside.display());
        Ok(Loaded { value: T::default(), notice: Some(notice) })
    }

    /// This name, or the first with a number that nothing has yet: what was set aside before stays.
    fn unused_path(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        let mut paths = std::iter::once(name.to_owned()).chain(numbered).map(|name| self.dir.join(name));
        let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
        paths.find(is_free).unwrap_or_else(|| self.dir.join(name))
    }
}

/// What a file of ours says: what is empty, if there is none; nothing, if it is not one of ours.
fn read_json<T: Default + DeserializeOwned>(path: &Path) -> Option<T> {
    match read_bytes(path) {
        Ok(None) => Some(T::default()),
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).ok(),
        Err(_) => None,
    }
}

/// The bytes of a file; nothing if there is none. A link or anything else that is no plain file is refused.
fn read_bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !meta.is_file() || meta.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("not a file of ours"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

#[cfg(unix)]
fn create_private_dir(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn create_private_dir(folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tierup_common::time::Timestamp;

    fn temp_data_dir() -> (tempfile::TempDir, DataDir, DataOwner) {
        let folder = tempfile::tempdir().unwrap();
        let files = DataDir::from_path(&folder.path().join("data"));
        let owner = DataOwner::new("http://acme.test", UserId::from_bytes([1; 16]));
        (folder, files, owner)
    }

    fn id(millis: i64) -> HandoffId {
        HandoffId::new(Timestamp::from_millis(millis))
    }

    #[test]
    fn what_was_seen_is_seen_after_a_restart_and_by_its_user_alone() {
        let (_folder, files, owner) = temp_data_dir();
        let first = id(1);
        files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
        assert_eq!(files.read_seen(&owner).unwrap().value, [first]);
        let other = DataOwner::new("http://acme.test", UserId::from_bytes([2; 16]));
        assert!(files.read_seen(&other).unwrap().value.is_empty());
    }

    #[test]
    fn consoles_on_one_machine_lose_nothing_of_each_other() {
        let (_folder, files, owner) = temp_data_dir();
        let ids: Vec<HandoffId> = (0..80).map(id).collect();
        std::thread::scope(|scope| {
            for part in ids.chunks(10) {
                let (files, owner) = (&files, &owner);
                scope.spawn(move || {
                    for id in part {
                        files.update_seen(owner, |seen| seen.insert(*id)).unwrap();
                    }
                });
            }
        });
        let seen: SeenSet = files.read_seen(&owner).unwrap().value.into_iter().collect();
        assert!(ids.iter().all(|id| seen.contains(*id)));
    }

    #[test]
    fn a_file_that_cannot_be_read_is_set_aside_and_the_story_begins_anew() {
        let (_folder, files, owner) = temp_data_dir();
        let first = id(1);
        files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
        let asides = ["seen.json.corrupt", "seen.json.corrupt.2", "seen.json.corrupt.3"];
        for (wrong, aside) in [b"{\"seen\":".to_vec(), vec![0; 100], vec![b' '; 33 << 20]].iter().zip(asides)
        {
            std::fs::write(files.path("seen.json"), wrong).unwrap();
            let found = files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
            assert_eq!(found.value, [first]);
            assert!(found.notice.unwrap().ends_with(aside), "what was set aside before stays");
            assert!(&std::fs::read(files.path(aside)).unwrap() == wrong);
        }
        assert!(files.read_seen(&owner).unwrap().notice.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn others_on_the_machine_cannot_read_it_and_a_link_is_not_followed() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, files, owner) = temp_data_dir();
        files.update_seen(&owner, |seen| seen.insert(id(1))).unwrap();
        let mode = |path: PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(files.path("seen.json.lock")), 0o600);
        assert_eq!(mode(files.path("seen.json")), 0o600);
        assert_eq!(mode(files.path("")), 0o700);

        let target = folder.path().join("precious");
        std::fs::write(&target, "{\"seen\":{}}").unwrap();
        std::fs::remove_file(files.path("seen.json")).unwrap();
        std::os::unix::fs::symlink(&target, files.path("seen.json")).unwrap();
        files.update_seen(&owner, |seen| seen.insert(id(2))).unwrap();
        assert_eq!(std::fs::read_to_string(target).unwrap(), "{\"seen\":{}}");
    }

    #[test]
    fn drafts_are_cut_and_go_before_their_file_is_too_large_to_be_read() {
        let (_folder, files, owner) = temp_data_dir();
        let sessions: Vec<SessionId> =
            (1..=20).map(|millis| SessionId::new(Timestamp::from_millis(millis))).collect();
        let long = format!("{}ü", "\"".repeat(MAX_DRAFT_BYTES - 1));
        let all = sessions.iter().skip(1).map(|session| (*session, long.clone())).collect();
        files.save_drafts(&owner, &all).unwrap();
        files.save_drafts(&owner, &[(sessions[0], long)].into()).unwrap();
        let kept = files.read_drafts(&owner).unwrap();
        assert!(kept.notice.is_none());
        assert_eq!(kept.value[&sessions[0]].len(), MAX_DRAFT_BYTES - 1, "what was typed last stays");
        assert_eq!(kept.value.len(), MAX_DRAFTS_BYTES / (MAX_DRAFT_BYTES - 1));
        assert!(kept.value.contains_key(&sessions[19]) && !kept.value.contains_key(&sessions[1]));
    }

    #[test]
    fn a_draft_is_kept_until_it_is_empty() {
        let (_folder, files, owner) = temp_data_dir();
        let session = SessionId::new(Timestamp::from_millis(1));
        files.save_drafts(&owner, &[(session, "half a thought".into())].into()).unwrap();
        assert_eq!(files.read_drafts(&owner).unwrap().value[&session], "half a thought");
        files.save_drafts(&owner, &[(session, String::new())].into()).unwrap();
        assert!(files.read_drafts(&owner).unwrap().value.is_empty());
    }
}
