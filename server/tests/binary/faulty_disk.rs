//! A faulty disk under a process: `disk.c`, built with the system's C compiler and preloaded before the C library.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// A faulty disk under the files of a folder.
pub struct FaultyDisk {
    folder: TempDir,
    root: PathBuf,
    control: File,
}

/// One action of a process.
pub enum TraceEvent {
    /// A write to the write-ahead log.
    Written(Vec<u8>),
    /// A sync of it began.
    SyncBegan,
    /// That sync succeeded.
    Synced,
    /// A write to a socket.
    Sent(Vec<u8>),
}

impl FaultyDisk {
    /// A disk with free space, under the files of this folder.
    pub fn new(root: &Path) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/binary/disk.c");
        let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
        let mut compile = Command::new(compiler);
        compile.args(["-shared", "-fPIC", "-O1", "-o"]).arg(folder.path().join("disk.so")).arg(source);
        let made = compile.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let control = folder.path().join("control");
        std::fs::write(&control, [0; 24]).unwrap();
        let control = File::options().read(true).write(true).open(control).unwrap();
        let disk = Self { folder, root: root.into(), control };
        disk.set_free_space(-1);
        disk
    }

    /// Preloads it into a command.
    pub fn preload_into(&self, mut program: Command) -> Command {
        let folder = self.folder.path();
        program.env("LD_PRELOAD", folder.join("disk.so")).env("DISK_ROOT", &self.root);
        program.env("DISK_CONTROL", folder.join("control")).env("DISK_TRACE", folder.join("trace"));
        program
    }

    /// The bytes by which files may still grow; negative for no limit.
    pub fn set_free_space(&self, bytes: i64) {
        self.control.write_all_at(&bytes.to_ne_bytes(), 0).unwrap();
    }

    /// The errno with which syncs of the write-ahead log fail; 0 for none.
    pub fn set_sync_error(&self, error: i64) {
        self.control.write_all_at(&error.to_ne_bytes(), 8).unwrap();
    }

    /// The number of writes to the write-ahead log that found no space.
    pub fn refused_writes(&self) -> i64 {
        let mut count = [0; 8];
        self.control.read_exact_at(&mut count, 16).unwrap();
        i64::from_ne_bytes(count)
    }

    /// The actions of the process, in order.
    pub fn trace(&self) -> Vec<TraceEvent> {
        let trace = std::fs::read(self.folder.path().join("trace")).unwrap();
        let (mut rest, mut all) = (&trace[..], Vec::new());
        while let [letter, a, b, c, d, more @ ..] = rest {
            let (bytes, next) = more.split_at(u32::from_ne_bytes([*a, *b, *c, *d]) as usize);
            all.push(match letter {
                b'W' => TraceEvent::Written(bytes.to_vec()),
                b'B' => TraceEvent::SyncBegan,
                b'S' => TraceEvent::Synced,
                b'A' => TraceEvent::Sent(bytes.to_vec()),
                other => panic!("unknown trace event {other}"),
            });
            rest = next;
        }
        all
    }
}
