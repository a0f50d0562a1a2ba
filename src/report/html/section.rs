//! One part of the page.

use maud::{Markup, html};

/// A part of the page under a heading of its own, which the list of contents leads to.
pub(super) struct Section {
    /// Its anchor: never changes, so that links and tests can rely on it.
    pub id: &'static str,
    /// Its heading.
    pub title: &'static str,
    body: Markup,
}

impl Section {
    /// A section; one without content is not shown.
    pub(super) fn new(id: &'static str, title: &'static str, body: Markup) -> Section {
        Section { id, title, body }
    }

    /// A section that has nothing to say in this run.
    pub(super) fn absent() -> Section {
        Section::new("", "", html! {})
    }

    /// Whether there is nothing to show.
    pub(super) fn is_empty(&self) -> bool {
        self.body.0.is_empty()
    }

    /// The whole of it.
    pub(super) fn render(&self) -> Markup {
        html! {
            section id=(self.id) aria-labelledby={ (self.id) "-heading" } {
                h2 id={ (self.id) "-heading" } { (self.title) }
                (self.body)
            }
        }
    }
}
