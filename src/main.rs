//! The command line of lambdasim: parse, dispatch, print the error, exit.

use std::process::ExitCode;

use lambdasim::cli;

fn main() -> ExitCode {
    match cli::dispatch(cli::arguments()) {
        Ok(code) => code,
        Err(failure) => {
            cli::complain(&failure.to_string());
            failure.exit_code()
        }
    }
}
