use std::path::PathBuf;

/// Why a run folder, or a file beside it, could not be written. All of them are exit code 3.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The path does not end in a name, such as `/` or `..`.
    #[error("{} does not name a folder; give --out a path that ends in a name", path.display())]
    Nameless {
        /// As given.
        path: PathBuf,
    },
    /// Something that is no folder is in the way.
    #[error("{} exists and is not a folder; choose another --out", path.display())]
    InTheWay {
        /// The target.
        path: PathBuf,
    },
    /// A folder is in the way that no earlier run has written.
    #[error(
        "{} exists and holds no summary.json of an earlier run; choose another --out, or remove the folder yourself",
        path.display()
    )]
    Foreign {
        /// The target.
        path: PathBuf,
    },
    /// No folder can be made beside the target.
    #[error("cannot write into {}: {cause}; choose an --out where you may write", path.display())]
    Unwritable {
        /// The folder that was to hold the target.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// A file could not be written whole.
    #[error("cannot write {file} of {}: {cause}; what was there before is unchanged", target.display())]
    Write {
        /// File inside the run folder.
        file: String,
        /// The target.
        target: PathBuf,
        /// What the operating system or the encoder said.
        cause: std::io::Error,
    },
    /// The finished folder could not be moved into place.
    #[error("cannot move the finished folder to {}: {cause}; what was there before is unchanged", target.display())]
    Commit {
        /// The target.
        target: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The finished folder could not be moved into place, and the earlier one not back.
    #[error("cannot move a folder to {}: {cause}; the earlier results are in {}", target.display(), path.display())]
    Stranded {
        /// The target.
        target: PathBuf,
        /// Where the earlier folder is now.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The new folder is in place, but the one it replaces could not be removed.
    #[error("the results are in place, but the earlier ones could not be removed: {cause}; remove {} yourself", path.display())]
    Leftover {
        /// Where the earlier folder is now.
        path: PathBuf,
        /// What the operating system said.
        cause: std::io::Error,
    },
    /// The path of a file does not end in a name.
    #[error("{} does not name a file", path.display())]
    NamelessFile {
        /// As given.
        path: PathBuf,
    },
    /// A file that would be written is there already.
    #[error("{} exists and is left as it is; take another name, or remove the file", path.display())]
    FileExists {
        /// The file.
        path: PathBuf,
    },
    /// A file outside the run folder could not be written whole.
    #[error("cannot write {}: {cause}; it is not there", path.display())]
    WriteFile {
        /// The file.
        path: PathBuf,
        /// What the operating system or the encoder said.
        cause: std::io::Error,
    },
}
