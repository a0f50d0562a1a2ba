/// A numbered rule of Lambda's behaviour, or an assumption where nothing is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// `CONC-3`: never renumbered, cited in code, messages and reports.
    pub id: String,
    /// One word for what it is about: `concurrency`.
    pub topic: String,
    /// What holds, with all its numbers.
    pub text: String,
    /// Where it is written or was measured.
    pub source: String,
    /// What it is founded on, the firmest first; at least one.
    pub foundations: Vec<Foundation>,
}

/// What a rule is founded on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Foundation {
    /// AWS's documentation.
    Documented,
    /// AWS's blog, announcements or price pages.
    Announced,
    /// Code or service models that AWS publishes.
    Code,
    /// Measurements by others.
    Measured,
    /// Well known, but not verified.
    Reported,
    /// Not published: an assumption.
    Assumed,
}

impl Foundation {
    /// All of them, the firmest first.
    pub const ALL: [Foundation; 6] = [
        Foundation::Documented,
        Foundation::Announced,
        Foundation::Code,
        Foundation::Measured,
        Foundation::Reported,
        Foundation::Assumed,
    ];

    /// One word for it, as in the list of rules.
    pub fn name(self) -> &'static str {
        match self {
            Foundation::Documented => "documented",
            Foundation::Announced => "announced",
            Foundation::Code => "code",
            Foundation::Measured => "measured",
            Foundation::Reported => "reported",
            Foundation::Assumed => "assumed",
        }
    }
}
