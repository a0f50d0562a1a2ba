use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Arguments;
use super::failure::Failure;
use super::output::print;
use crate::scenario;

/// `lambdasim schema`.
pub(super) fn schema() -> Result<ExitCode, Failure> {
    print(&format!("{:#}\n", scenario::json_schema()))?;
    Ok(ExitCode::SUCCESS)
}

/// `lambdasim completions SHELL`.
pub(super) fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "lambdasim", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// `lambdasim man`.
pub(super) fn man() -> Result<ExitCode, Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Arguments::command()).render(&mut page);
    rendered.map_err(|cause| Failure::Write {
        path: "the manual page".into(),
        cause,
    })?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}
