//! The `kunacore` command as a library, so that the Python package carries it too.
//!
//! Results go to stdout, everything else to stderr. The exit status is the outcome: 0 done, 1 usage or configuration,
//! 2 rejected, 3 unknown, 4 not applied, 130 stopped by a second Ctrl-C.

mod arguments;
mod authority;
mod commands;
mod connect;
mod demo;
mod help;
mod import;
mod logging;
mod output;
mod signals;

use std::ffi::OsString;

use arguments::{Arguments, Command};
use clap::{CommandFactory, FromArgMatches};
use output::{Failure, Output};

/// Runs the command with these arguments, of which the first is the program's name, and returns the exit status.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let color = help::color_choice(&arguments);
    let matches = match Arguments::command().color(color).try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return output::usage(&error, json),
    };
    let arguments = match Arguments::from_arg_matches(&matches) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error, json),
    };
    // With --json, stderr is for one JSON object, unless logs are asked for.
    logging::start(arguments.global.quiet || json, arguments.global.verbose);
    let output = Output { json, quiet: arguments.global.quiet, color };
    let result = dispatch(&arguments, &output);
    output.finish(result)
}

fn dispatch(arguments: &Arguments, output: &Output) -> Result<u8, Failure> {
    let global = &arguments.global;
    match &arguments.command {
        Command::Schema => return done(commands::schema(output)),
        Command::Completions { shell } => return done(commands::completions(*shell, output)),
        Command::Man { command } => return done(commands::man(command.as_deref(), output)),
        Command::Import(asked) => return import::run(asked, global, output),
        Command::Report { directory } => return import::report(directory, output),
        _ => {}
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("the runtime cannot be started: {error}")))?;
    done(runtime.block_on(async {
        match &arguments.command {
            Command::Demo => demo::run(output).await,
            Command::Create(customer) => commands::create(customer, global, output).await,
            Command::Ensure { customer, never_sent } => commands::ensure(customer, *never_sent, global, output).await,
            Command::Find(filter) => commands::find(filter, global, output).await,
            Command::Show { id } => commands::show(id, global, output).await,
            Command::Sandbox(options) => commands::sandbox(options, output).await,
            // They were dispatched above.
            Command::Schema
            | Command::Completions { .. }
            | Command::Man { .. }
            | Command::Import(_)
            | Command::Report { .. } => Ok(()),
        }
    }))
}

fn done(result: Result<(), Failure>) -> Result<u8, Failure> {
    result.map(|()| output::status::DONE)
}
