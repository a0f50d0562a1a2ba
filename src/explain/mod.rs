//! Why? One invocation's story, or the first events of a run, told as text and as JSON.
//!
//! A run is deterministic, so nothing has to be recorded to answer later: the plan is run again, and a listener follows the
//! arrival that is asked for. It is told what the checks of the admission order see, which ordinary runs never look at.

mod address;
mod checks;
mod json;
mod line;
mod messages;
mod names;
mod narrate;
mod phases;
mod price;
mod search;
mod story;
mod telling;
mod text;
mod told;
mod watch;
mod words;

pub use address::{Address, AddressError};
pub use json::story_json;
pub use line::{AttemptRow, Line, PriceLine, Story};
pub use narrate::{Narration, narrate, narration_json, narration_text};
pub use search::{Found, Sought, search};
pub use story::{StoryError, stories};
pub use text::story_text;
