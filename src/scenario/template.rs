use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::change_path::follow_path;
use super::data_files::DataFiles;
use super::known::KnownFunctions;
use super::lesson::lesson;
use super::links::Links;
use super::load::{self, Loaded, split_path};
use super::optimization::optimization;
use super::problem::ProblemKind;
use super::reader::Reader;
use super::resolve::{Shared, resolve, seed};
use super::rewrite::rewrite;
use super::tree::Node;
use super::written::Written;
use super::{LoadOptions, Problems, Scenario, changes, question};

/// A scenario file that was read once, to be resolved many times with other values at some of its paths. Its data files
/// are read once as well. Several threads may resolve at once.
pub struct Template {
    path: PathBuf,
    options: LoadOptions,
    loaded: Loaded,
    data: Arc<DataFiles>,
}

impl Template {
    /// Reads a scenario file and what it includes; nothing is checked beyond the form of the text.
    ///
    /// # Errors
    /// A file that cannot be read, or whose text holds no map.
    pub fn read(path: &Path, options: &LoadOptions) -> Result<Template, Problems> {
        Ok(Template {
            loaded: load::load(path, &options.set, options.allow_outside)?,
            path: path.to_path_buf(),
            options: options.clone(),
            data: Arc::default(),
        })
    }

    /// The scenario with `settings`, YAML values at paths, in order. `option` names in messages where they come from.
    ///
    /// # Errors
    /// Every problem found, as [`super::load`] tells them.
    pub fn resolve(&self, settings: &[(String, String)], option: &str) -> Result<Scenario, Problems> {
        let loaded = self.loaded.clone().with(settings, option, &self.path);
        let reader = Reader::new(loaded.sources, self.options.allow_outside, Arc::clone(&self.data));
        let (root, path, options) = (&loaded.root, &self.path, &self.options);
        let shared = Shared {
            ways: Links::new(seed(&reader, root, options)),
            functions: KnownFunctions::new(root.entry("changes").is_some()),
        };
        let states = || {
            let mut start = resolve(&reader, root, path, options, &shared);
            let known = shared.ways.len();
            changes::read(&reader, root, path, options, &shared, &mut start.plan);
            (start, shared.ways.len() > known)
        };
        let (mut resolution, lead_elsewhere) = states();
        if lead_elsewhere {
            // A change leads somewhere new: now that all ways are known, every state numbers them alike.
            (resolution, _) = states();
        }
        let optimization = optimization(&reader, root, &resolution.plan);
        let lesson = lesson(&reader, root);
        let (sources, findings, warnings) = reader.finish();
        if !findings.is_empty() || !loaded.findings.is_empty() {
            let all = loaded.findings.into_iter().chain(findings);
            return Err(load::bind(&sources, all, ProblemKind::Scenario));
        }
        let written = Written::new(loaded.root, &resolution.plan.name, resolution.plan.seed);
        Ok(Scenario {
            plan: resolution.plan,
            written,
            question: question(&loaded.text),
            expectations: resolution.expectations,
            warnings,
            changed_parameters: resolution.changed_parameters,
            optimization,
            lesson,
            text: loaded.text,
            sources,
        })
    }

    /// The text of the file with these settings, after those of the command line, written into it; comments stay.
    ///
    /// # Errors
    /// The path that cannot be written into this text.
    pub fn rewritten(&self, settings: &[(String, String)]) -> Result<String, String> {
        let all: Vec<(String, String)> = self.options.set.iter().chain(settings).cloned().collect();
        rewrite(&self.loaded.text, &all)
    }

    /// What is written at a path, if anything is: a value as it stands, anything else on one line.
    pub fn written_at(&self, path: &str) -> Option<String> {
        let keys = split_path(path);
        let found = keys.iter().try_fold(&self.loaded.root, |node, key| node.inner(key));
        found.map(Node::compact)
    }

    /// Whether something can stand at a path such as `functions.checkout.timeout`: its keys exist, and its names are
    /// those of `scenario`, which this template was resolved to.
    ///
    /// # Errors
    /// What is wrong with the path, and what was probably meant.
    pub fn check_path(&self, scenario: &Scenario, path: &str) -> Result<(), String> {
        follow_path(&self.loaded.root, &scenario.plan, &split_path(path))
            .map_err(|fault| format!("{path}: {}; {}", fault.found, fault.allowed))
    }
}
