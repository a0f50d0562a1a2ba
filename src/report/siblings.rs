//! Hidden folders beside a run folder: one in the making, or the earlier one on its way out. Who dies leaves them; the next run
//! finds and clears them, and nothing that lives is touched, as it holds a lock.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Numbers that are tried for a name.
const TRIES: u32 = 10_000;

/// What a hidden folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It will be the run folder.
    New,
    /// It was the run folder.
    Old,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::New => "tmp",
            Kind::Old => "old",
        }
    }
}

/// A hidden folder of this process, locked as long as this lives.
#[derive(Debug)]
pub(super) struct Sibling {
    path: PathBuf,
    /// The lock; `None` where folders cannot be locked.
    _lock: Option<File>,
}

impl Sibling {
    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// Makes `.NAME.KIND-N` in `parent` with the first free number.
///
/// # Errors
/// What the operating system says.
pub(super) fn make(parent: &Path, name: &OsStr, kind: Kind) -> io::Result<Sibling> {
    for number in 0..TRIES {
        let mut hidden = beginning(name);
        hidden.push(format!("{}-{number}", kind.word()));
        let path = parent.join(hidden);
        match fs::create_dir(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            Err(cause) => return Err(cause),
            // Another process that clears up may have been quicker than the lock.
            Ok(()) => match lock(&path) {
                Lock::Held => {}
                Lock::Ours(lock) if path.exists() => {
                    return Ok(Sibling {
                        path,
                        _lock: Some(lock),
                    });
                }
                Lock::Ours(_) => {}
                Lock::Unknown => return Ok(Sibling { path, _lock: None }),
            },
        }
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Removes what processes that died have left of `name` in `parent`; of earlier folders those that `wanted` come back.
///
/// # Errors
/// What the operating system says of `parent`; what cannot be removed stays.
pub(super) fn clear(parent: &Path, name: &OsStr, wanted: impl Fn(&Path) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(parent)?.flatten() {
        let Some(kind) = kind_of(&entry.file_name(), name) else {
            continue;
        };
        let path = entry.path();
        let Lock::Ours(_lock) = lock(&path) else {
            continue;
        };
        let back = kind == Kind::Old && wanted(&path) && fs::rename(&path, parent.join(name)).is_ok();
        if !back {
            // It disturbs nobody; the next run tries again.
            let _ = fs::remove_dir_all(&path);
        }
    }
    Ok(())
}

/// `.NAME.`
fn beginning(name: &OsStr) -> OsString {
    let mut hidden = OsString::from(".");
    hidden.push(name);
    hidden.push(".");
    hidden
}

/// The kind of a file of this name, if it is a hidden folder of `name`.
fn kind_of(file: &OsStr, name: &OsStr) -> Option<Kind> {
    let beginning = beginning(name);
    let rest = file.as_encoded_bytes().strip_prefix(beginning.as_encoded_bytes())?;
    let (word, number) = std::str::from_utf8(rest).ok()?.split_once('-')?;
    let is_number = !number.is_empty() && number.len() <= 4 && number.bytes().all(|digit| digit.is_ascii_digit());
    [Kind::New, Kind::Old]
        .into_iter()
        .find(|kind| is_number && kind.word() == word)
}

enum Lock {
    Ours(File),
    /// Somebody lives there.
    Held,
    /// Folders cannot be locked here.
    Unknown,
}

fn lock(folder: &Path) -> Lock {
    let Ok(file) = File::open(folder) else {
        return Lock::Unknown;
    };
    match file.try_lock() {
        Ok(()) => Lock::Ours(file),
        Err(fs::TryLockError::WouldBlock) => Lock::Held,
        Err(fs::TryLockError::Error(_)) => Lock::Unknown,
    }
}

/// Why a folder is not in its place.
pub(super) enum Unreplaced {
    /// Nothing has changed.
    AsBefore(io::Error),
    /// The earlier folder could not be brought back.
    Stranded {
        /// Where it is.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
}

/// Puts `new` in the place of `target`; returns where the earlier folder is now, if there was one.
pub(super) fn replace(new: &Sibling, target: &Path) -> Result<Option<PathBuf>, Unreplaced> {
    if fs::symlink_metadata(target).is_err() {
        return fs::rename(&new.path, target)
            .map(|()| None)
            .map_err(Unreplaced::AsBefore);
    }
    match exchange(&new.path, target) {
        true => Ok(Some(new.path.clone())),
        false => replace_in_steps(new, target),
    }
}

/// Both folders change names in one step, so that there is a whole one at every instant. `false` where the system cannot.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn exchange(one: &Path, other: &Path) -> bool {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok()
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn exchange(_one: &Path, _other: &Path) -> bool {
    false
}

/// The earlier folder goes aside first. Who dies between the steps leaves it there, and the next run brings it back.
fn replace_in_steps(new: &Sibling, target: &Path) -> Result<Option<PathBuf>, Unreplaced> {
    let (Some(parent), Some(name)) = (new.path.parent(), target.file_name()) else {
        return Ok(None);
    };
    // An empty folder may be renamed over on Unix only; elsewhere its name has to be free.
    let aside = make(parent, name, Kind::Old).map_err(Unreplaced::AsBefore)?.path;
    let moved = fs::remove_dir(&aside).and_then(|()| fs::rename(target, &aside));
    moved.map_err(Unreplaced::AsBefore)?;
    match fs::rename(&new.path, target) {
        Ok(()) => Ok(Some(aside)),
        Err(cause) => match fs::rename(&aside, target) {
            Ok(()) => Err(Unreplaced::AsBefore(cause)),
            Err(cause) => Err(Unreplaced::Stranded { path: aside, cause }),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").flatten();
        let mut names: Vec<String> = entries
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_the_dead_have_left_goes_and_what_lives_or_is_another_s_stays() {
        let place = tempfile::tempdir().expect("a folder");
        let (parent, name) = (place.path(), OsStr::new("out"));
        let living = make(parent, name, Kind::New).expect("a folder");
        for left in [".out.tmp-1", ".out.old-0", ".out.tmp-x", ".other.tmp-0", ".out.new-1"] {
            fs::create_dir(parent.join(left)).expect("a folder");
        }
        clear(parent, name, |_| false).expect("a readable folder");
        assert_eq!(
            names(parent),
            [".other.tmp-0", ".out.new-1", ".out.tmp-0", ".out.tmp-x"]
        );
        drop(living);
        clear(parent, name, |_| false).expect("a readable folder");
        assert_eq!(names(parent), [".other.tmp-0", ".out.new-1", ".out.tmp-x"]);
    }

    #[test]
    fn an_earlier_folder_that_was_put_aside_comes_back() {
        let place = tempfile::tempdir().expect("a folder");
        fs::create_dir(place.path().join(".out.old-3")).expect("a folder");
        clear(place.path(), OsStr::new("out"), |_| true).expect("a readable folder");
        assert_eq!(names(place.path()), ["out"]);
    }

    #[test]
    fn in_one_step_or_in_several_the_new_folder_replaces_the_earlier_one() {
        for in_steps in [false, true] {
            let place = tempfile::tempdir().expect("a folder");
            let target = place.path().join("out");
            fs::create_dir(&target).expect("a folder");
            fs::write(target.join("old"), "").expect("a file");
            let new = make(place.path(), OsStr::new("out"), Kind::New).expect("a folder");
            fs::write(new.path().join("new"), "").expect("a file");
            let replaced = if in_steps {
                replace_in_steps(&new, &target)
            } else {
                replace(&new, &target)
            };
            let earlier = replaced.ok().flatten().expect("the earlier folder");
            assert_eq!(
                (names(&target), names(&earlier)),
                (vec!["new".to_owned()], vec!["old".to_owned()])
            );
        }
    }
}
