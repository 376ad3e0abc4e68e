//! The files in the data folder: seen handoffs, drafts, the login. Several consoles can share them: a change is made under
//! a lock, to the current contents, and the file is replaced as a whole.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tierup_common::id::{HandoffId, SessionId, UserId};

use crate::state::read_marks::ReadMarks;
use crate::state::seen_set::SeenSet;

/// The handoffs that each user has seen.
pub const SEEN_FILE: &str = "seen.json";
/// How far each user has read sessions and the log.
pub const READ_FILE: &str = "read.json";
/// How the user wants the lists.
pub const VIEW_FILE: &str = "view.json";
/// The drafts of each user.
pub const DRAFTS_FILE: &str = "drafts.json";
/// The largest file, in bytes: room for the drafts of several users.
const MAX_FILE_BYTES: u64 = 32 * 1024 * 1024;
/// The most drafts of a user; those of the oldest sessions are removed.
const MAX_DRAFTS: usize = 200;
/// The most bytes in all drafts of a user.
const MAX_DRAFTS_BYTES: usize = 4 * 1024 * 1024;
/// The longest draft, in bytes: far more than a message may have. A longer one is truncated.
pub const MAX_DRAFT_BYTES: usize = 256 * 1024;

/// The data folder.
#[derive(Clone, Debug)]
pub struct DataDir {
    dir: PathBuf,
}

/// The owner of seen handoffs and drafts: a user of a server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DataOwner(String);

impl DataOwner {
    /// The owner for a server's address and a user.
    pub fn new(server: &str, user: UserId) -> Self {
        Self(format!("{server} {user}"))
    }
}

/// The contents of a file.
#[derive(Debug)]
pub struct LoadResult<T> {
    /// The contents; the default if there was no valid file.
    pub value: T,
    /// For the user, if the file was invalid and renamed.
    pub notice: Option<String>,
}

type OwnerMap<T> = BTreeMap<String, T>;

#[derive(Debug, Default, Serialize, Deserialize)]
struct SeenFile {
    seen: OwnerMap<Vec<HandoffId>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct ReadFile {
    read: OwnerMap<ReadMarks>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct ViewFile {
    /// Whether rows have one line.
    dense: OwnerMap<bool>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct DraftsFile {
    drafts: OwnerMap<BTreeMap<SessionId, String>>,
}

impl DataDir {
    /// The platform's folder for data.
    pub fn platform_default() -> io::Result<Self> {
        let folders = directories::ProjectDirs::from("", "", "tierup")
            .ok_or_else(|| io::Error::other("no home folder"))?;
        Ok(Self::from_path(folders.data_local_dir()))
    }

    /// This folder, which is created with the first file.
    pub fn from_path(folder: &Path) -> Self {
        Self { dir: folder.into() }
    }

    /// The path of a file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Creates the folder, private to its user.
    pub fn create_dir(&self) -> io::Result<()> {
        create_private_dir(&self.dir)
    }

    /// Checks that files can be written, by writing a temporary one.
    pub fn check_writable(&self) -> io::Result<()> {
        self.create_dir()?;
        tempfile::Builder::new().prefix("doctor").tempfile_in(&self.dir).map(drop)
    }

    /// Changes the seen handoffs of a user; returns all of them, those of other consoles included.
    pub fn update_seen(
        &self,
        owner: &DataOwner,
        change: impl FnOnce(&mut SeenSet),
    ) -> io::Result<LoadResult<Vec<HandoffId>>> {
        self.update(SEEN_FILE, |file: &mut SeenFile| {
            let ids = file.seen.entry(owner.0.clone()).or_default();
            let mut seen: SeenSet = ids.drain(..).collect();
            change(&mut seen);
            *ids = seen.ids().collect();
            ids.clone()
        })
    }

    /// The seen handoffs of a user.
    pub fn read_seen(&self, owner: &DataOwner) -> io::Result<LoadResult<Vec<HandoffId>>> {
        let found = self.read(SEEN_FILE)?;
        let mut file: SeenFile = found.value;
        Ok(LoadResult { value: file.seen.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Changes how far a user has read; returns all of it, with what other consoles have marked.
    pub fn update_read_marks(
        &self,
        owner: &DataOwner,
        change: impl FnOnce(&mut ReadMarks),
    ) -> io::Result<LoadResult<ReadMarks>> {
        self.update(READ_FILE, |file: &mut ReadFile| {
            let marks = file.read.entry(owner.0.clone()).or_default();
            change(marks);
            marks.clone()
        })
    }

    /// How far a user has read.
    pub fn read_read_marks(&self, owner: &DataOwner) -> io::Result<LoadResult<ReadMarks>> {
        let found = self.read(READ_FILE)?;
        let mut file: ReadFile = found.value;
        Ok(LoadResult { value: file.read.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Saves whether a user wants rows of one line.
    pub fn save_dense_rows(&self, owner: &DataOwner, is_dense: bool) -> io::Result<LoadResult<()>> {
        self.update(VIEW_FILE, |file: &mut ViewFile| {
            file.dense.insert(owner.0.clone(), is_dense);
        })
    }

    /// Whether a user wants rows of one line.
    pub fn read_dense_rows(&self, owner: &DataOwner) -> io::Result<LoadResult<bool>> {
        let found = self.read(VIEW_FILE)?;
        let mut file: ViewFile = found.value;
        Ok(LoadResult { value: file.dense.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Saves drafts of a user; an empty one is removed.
    pub fn save_drafts(
        &self,
        owner: &DataOwner,
        drafts: &BTreeMap<SessionId, String>,
    ) -> io::Result<LoadResult<()>> {
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
                // The drafts being typed stay, however old their sessions are.
                let Some(oldest) = kept.keys().find(|session| !drafts.contains_key(*session)).copied() else {
                    break;
                };
                bytes -= kept.remove(&oldest).map_or(0, |text| text.len());
            }
        })
    }

    /// The drafts of a user.
    pub fn read_drafts(&self, owner: &DataOwner) -> io::Result<LoadResult<BTreeMap<SessionId, String>>> {
        let found = self.read(DRAFTS_FILE)?;
        let mut file: DraftsFile = found.value;
        Ok(LoadResult { value: file.drafts.remove(&owner.0).unwrap_or_default(), notice: found.notice })
    }

    /// Changes a file under its lock. It is private to its user.
    pub fn update<T, R>(&self, name: &str, change: impl FnOnce(&mut T) -> R) -> io::Result<LoadResult<R>>
    where
        T: Default + Serialize + DeserializeOwned,
    {
        let _lock = self.lock_file(name)?;
        let LoadResult { mut value, notice } = self.read_or_quarantine::<T>(name)?;
        let answer = change(&mut value);
        let bytes = serde_json::to_vec(&value)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(io::Error::other(format!("{name} is too large")));
        }
        // Created private, and renamed into place.
        let mut file = tempfile::Builder::new().prefix(name).tempfile_in(&self.dir)?;
        file.write_all(&bytes)?;
        file.as_file().sync_all()?;
        file.persist(self.dir.join(name))?;
        Ok(LoadResult { value: answer, notice })
    }

    /// Reads a file. An invalid one is renamed, and replaced by a default.
    pub fn read<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<LoadResult<T>> {
        if let Some(value) = read_json(&self.dir.join(name)) {
            return Ok(LoadResult { value, notice: None });
        }
        // Another console may be renaming or replacing it.
        let _lock = self.lock_file(name)?;
        self.read_or_quarantine(name)
    }

    /// Locks a file until the returned one is dropped.
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

    /// Reads a file whose lock is held.
    fn read_or_quarantine<T: Default + DeserializeOwned>(&self, name: &str) -> io::Result<LoadResult<T>> {
        let path = self.dir.join(name);
        if let Some(value) = read_json(&path) {
            return Ok(LoadResult { value, notice: None });
        }
        let renamed = self.unused_path(&format!("{name}.corrupt"));
        std::fs::rename(&path, &renamed)?;
        let notice = format!("{} is invalid and was renamed to {}", path.display(), renamed.display());
        Ok(LoadResult { value: T::default(), notice: Some(notice) })
    }

    /// This name, or the first free numbered one, so that earlier files stay.
    fn unused_path(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| format!("{name}.{number}"));
        let mut paths = std::iter::once(name.to_owned()).chain(numbered).map(|name| self.dir.join(name));
        let is_free = |path: &PathBuf| std::fs::symlink_metadata(path).is_err();
        paths.find(is_free).unwrap_or_else(|| self.dir.join(name))
    }
}

/// Parses a file: the default if it does not exist, `None` if it is invalid.
fn read_json<T: Default + DeserializeOwned>(path: &Path) -> Option<T> {
    match read_bytes(path) {
        Ok(None) => Some(T::default()),
        Ok(Some(bytes)) => serde_json::from_slice(&bytes).ok(),
        Err(_) => None,
    }
}

/// The bytes of a regular file; `None` if it does not exist. Links are not followed.
fn read_bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if !meta.is_file() || meta.len() > MAX_FILE_BYTES {
        return Err(io::Error::other("not a regular file, or too large"));
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
    fn seen_handoffs_are_stored_per_user() {
        let (_folder, files, owner) = temp_data_dir();
        let first = id(1);
        files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
        assert_eq!(files.read_seen(&owner).unwrap().value, [first]);
        let other = DataOwner::new("http://acme.test", UserId::from_bytes([2; 16]));
        assert!(files.read_seen(&other).unwrap().value.is_empty());
    }

    #[test]
    fn consoles_on_one_machine_keep_each_others_changes() {
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
    fn an_invalid_file_is_renamed_and_replaced() {
        let (_folder, files, owner) = temp_data_dir();
        let first = id(1);
        files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
        let asides = ["seen.json.corrupt", "seen.json.corrupt.2", "seen.json.corrupt.3"];
        for (wrong, aside) in [b"{\"seen\":".to_vec(), vec![0; 100], vec![b' '; 33 << 20]].iter().zip(asides)
        {
            std::fs::write(files.path("seen.json"), wrong).unwrap();
            let found = files.update_seen(&owner, |seen| seen.insert(first)).unwrap();
            assert_eq!(found.value, [first]);
            assert!(found.notice.unwrap().ends_with(aside), "earlier ones stay");
            assert!(&std::fs::read(files.path(aside)).unwrap() == wrong);
        }
        assert!(files.read_seen(&owner).unwrap().notice.is_none());
    }

    #[cfg(unix)]
    #[test]
    fn files_are_private_and_links_are_not_followed() {
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
    fn drafts_are_truncated_and_removed_before_their_file_is_too_large() {
        let (_folder, files, owner) = temp_data_dir();
        let sessions: Vec<SessionId> =
            (1..=20).map(|millis| SessionId::new(Timestamp::from_millis(millis))).collect();
        let long = format!("{}ü", "\"".repeat(MAX_DRAFT_BYTES - 1));
        let all = sessions.iter().skip(1).map(|session| (*session, long.clone())).collect();
        files.save_drafts(&owner, &all).unwrap();
        files.save_drafts(&owner, &[(sessions[0], long)].into()).unwrap();
        let kept = files.read_drafts(&owner).unwrap();
        assert!(kept.notice.is_none());
        assert_eq!(kept.value[&sessions[0]].len(), MAX_DRAFT_BYTES - 1, "the latest stays");
        assert_eq!(kept.value.len(), MAX_DRAFTS_BYTES / (MAX_DRAFT_BYTES - 1));
        assert!(kept.value.contains_key(&sessions[19]) && !kept.value.contains_key(&sessions[1]));
    }

    #[test]
    fn a_draft_is_saved_until_it_is_empty() {
        let (_folder, files, owner) = temp_data_dir();
        let session = SessionId::new(Timestamp::from_millis(1));
        files.save_drafts(&owner, &[(session, "half a thought".into())].into()).unwrap();
        assert_eq!(files.read_drafts(&owner).unwrap().value[&session], "half a thought");
        files.save_drafts(&owner, &[(session, String::new())].into()).unwrap();
        assert!(files.read_drafts(&owner).unwrap().value.is_empty());
    }
}
