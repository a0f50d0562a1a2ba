use std::io::{self, Write};
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;

use super::args::Arguments;
use super::failure::Failure;
use super::output::print;
use crate::report::SCHEMAS;
use crate::scenario;

/// `lambdasim schema [FILE]`.
pub(super) fn schema(file: Option<&str>) -> Result<ExitCode, Failure> {
    let known = |file: &str| {
        SCHEMAS
            .iter()
            .find(|(name, _)| *name == file)
            .map(|(_, schema)| *schema)
    };
    match file.and_then(known) {
        Some(schema) => print(schema)?,
        None => print(&format!("{:#}\n", scenario::json_schema()))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// `lambdasim completions SHELL`.
pub(super) fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "lambdasim", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

/// `lambdasim man`: one page for the program and all its commands.
pub(super) fn man() -> Result<ExitCode, Failure> {
    let page = man_page().map_err(|cause| Failure::Write {
        path: "the manual page".into(),
        cause,
    })?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(ExitCode::SUCCESS)
}

fn man_page() -> io::Result<Vec<u8>> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let mut page = Vec::new();
    let whole = Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    whole.render_options_section(&mut page)?;
    for inner in command.get_subcommands() {
        writeln!(page, ".SH \"LAMBDASIM {}\"", inner.get_name().to_uppercase())?;
        let mut section = Vec::new();
        let man = Man::new(inner.clone());
        man.render_synopsis_section(&mut section)?;
        man.render_description_section(&mut section)?;
        man.render_options_section(&mut section)?;
        // What would head a page of its own becomes a part of this one.
        page.extend(String::from_utf8_lossy(&section).replace(".SH ", ".SS ").bytes());
    }
    whole.render_extra_section(&mut page)?;
    Ok(page)
}
