use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::problem::ImportError;
use super::remarks::Remarks;

/// Largest file that is read as a whole. AWS takes templates up to 1 MB.
const LARGEST: u64 = 16 << 20;

/// The text of a small file, with `\n` line ends and without a byte order mark. What is not UTF-8 is replaced and told.
///
/// # Errors
/// A file that cannot be read, is a folder, or is larger than 16 MB.
pub(super) fn read_text(path: &Path, remarks: &mut Remarks) -> Result<String, ImportError> {
    let unreadable = |cause| ImportError::Read {
        path: path.to_owned(),
        cause,
    };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(ImportError::of_file(
            path,
            "is larger than 16 MB; AWS takes templates up to 1 MB",
        ));
    }
    for (line, text) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if std::str::from_utf8(text).is_err() {
            remarks.add(Some(line), "is not UTF-8; what cannot be read was replaced");
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

/// The last part of a path, for comments: a written scenario names no folders.
pub(super) fn short_name(path: &Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}
