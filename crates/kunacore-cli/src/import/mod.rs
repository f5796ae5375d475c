//! `kunacore import` and `kunacore report`: tables of customers, from the check to the closing message.

mod arguments;
mod closing;
mod display;
mod sandbox;

use std::path::Path;

use kunacore_import::{
    CheckedTable, Control, Existing, Extra, Failure as ImportFailure, ImportOptions, Invalid, MappingOptions,
    ReadOptions, ReportError, Rewritten, Server, StopKind, Table,
};

pub(crate) use arguments::Import;

use crate::arguments::Global;
use crate::connect;
use crate::output::{Failure, Output};
use crate::signals;
use closing::Closing;
use display::{Display, grouped};

/// The name and version that runs are noted with.
const TOOL: &str = concat!("kunacore ", env!("CARGO_PKG_VERSION"));

/// What is said of a run that was done and is asked for again.
const COPY_REMOVED: &str =
    "the copy of the table was removed when all was done: the reports are left as they were written then";

/// `kunacore import`; gives the exit status.
pub(crate) fn run(asked: &Import, global: &Global, output: &Output) -> Result<u8, Failure> {
    let control = Control::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|error| Failure::usage(format!("the runtime cannot be started: {error}")))?;
    runtime.spawn(signals::interrupt(control.clone(), output.clone()));

    if let (Some(directory), [], false) = (&asked.run, &asked.tables[..], asked.check)
        && asked.accept.is_empty()
        && let Some(summary) = kunacore_import::report::finished(directory)
    {
        output.note(COPY_REMOVED);
        return closing::tell_summary(&summary, directory, output);
    }
    let (read, mapping) = (read_options(asked), mapping_options(asked));
    let mut display = Display::new(output);
    let table = table(asked, &read, &control)?;
    let checked =
        CheckedTable::check(table, &read, &mapping, options(asked), &control, &mut |moment| display.show(moment));
    display.end();
    let checked = checked?;
    tell_of_check(&checked, output);
    if asked.check {
        checked.checked().warnings.iter().for_each(|warning| output.note(&format!("note: {warning}")));
        return closing::of_check(&checked, output);
    }

    let directory = checked.directory().to_owned();
    // Before a sandbox is started: its store would lie in the directory.
    checked.refuse_problems()?;
    let endpoint = match &global.sandbox {
        Some(db) => sandbox::start(db.as_deref(), &directory)?,
        None => connect::Endpoint::of_environment(global)?,
    };
    let server = Server {
        client: endpoint.client(global)?,
        base_url: endpoint.base_url.clone(),
        sandbox: global.sandbox.is_some(),
    };
    let import = checked.open(server, TOOL)?;
    import.remarks().for_each(|remark| output.note(&format!("note: {remark}")));
    tell_of_run(&import, asked, output);
    let mut display = Display::new(output);
    let ended = import.send(&control, &mut |moment| display.show(moment));
    display.end();
    let ended = ended?;
    Closing { asked, global, ended: &ended, at_once: control.is_at_once() }.tell(output)
}

/// `kunacore report`
pub(crate) fn report(directory: &Path, output: &Output) -> Result<u8, Failure> {
    let summary = match kunacore_import::report::rewrite(directory)? {
        Rewritten::Written(summary) => summary,
        Rewritten::Kept(summary) => {
            output.note(COPY_REMOVED);
            summary
        }
    };
    let status = closing::tell_summary(&summary, directory, output)?;
    if !summary.is_settled() {
        output.note(&format!("next: Continue with: kunacore import --run {}", closing::path(directory)));
    }
    Ok(status)
}

fn table(asked: &Import, read: &ReadOptions, control: &Control) -> Result<Table, Failure> {
    match &asked.tables[..] {
        [] if asked.run.is_none() => Err(ImportFailure::NothingNamed.into()),
        [] => match table_options(asked) {
            None => Ok(Table::AsBefore),
            Some(flag) => Err(Failure::Usage {
                message: format!(
                    "{flag} says how a table is read, and no TABLE is named: the run goes on with the columns that \
                                  it was begun with. Nothing was sent."
                ),
                next: format!("Leave {flag} out, or name the TABLE, too."),
            }),
        },
        paths => Ok(Table::open(paths, read, asked.run.as_deref(), control)?),
    }
}

/// The first option that says something of a table.
fn table_options(asked: &Import) -> Option<&'static str> {
    let given = [
        ("--map", !asked.map.is_empty()),
        ("--set", !asked.set.is_empty()),
        ("--key", !asked.key.is_empty()),
        ("--ignore-extra", asked.ignore_extra),
        ("--encoding", asked.encoding.is_some()),
    ];
    given.into_iter().find_map(|(flag, is_given)| is_given.then_some(flag))
}

fn read_options(asked: &Import) -> ReadOptions {
    ReadOptions { encoding: asked.encoding.clone(), ..ReadOptions::default() }
}

fn mapping_options(asked: &Import) -> MappingOptions {
    MappingOptions {
        map: asked.map.clone(),
        set: asked.set.clone(),
        keys: asked.key.clone(),
        extra: if asked.ignore_extra { Extra::Ignore } else { Extra::Error },
    }
}

fn options(asked: &Import) -> ImportOptions {
    ImportOptions {
        run: asked.run.clone(),
        invalid: asked.invalid.map(|what| match what {
            arguments::Invalid::Stop => Invalid::Stop,
            arguments::Invalid::Reject => Invalid::Reject,
        }),
        existing: asked.existing.map(|what| match what {
            arguments::Existing::Reject => Existing::Reject,
            arguments::Existing::Adopt => Existing::Adopt,
        }),
        known: asked.known.clone(),
        accept: asked.accept.iter().cloned().collect(),
        keep_input: asked.keep_input,
        canary: asked.canary,
        rate: asked.rate,
        concurrency: asked.concurrency.map(usize::from),
        max_identical_rejections: asked.max_identical_rejections,
    }
}

/// The first problems, and where all of them are.
fn tell_of_check(checked: &CheckedTable, output: &Output) {
    let found = checked.checked();
    output.note(&format!("{} read and checked", closing::rows(found.rows)));
    for problem in &found.problems.first {
        output.note(&format!("  {problem}"));
    }
    let more = found.problems.count.saturating_sub(found.problems.first.len() as u64);
    if let Some(file) = checked.problems() {
        let more = if more > 0 { format!("  and {} more; all", grouped(more)) } else { "all of them".to_owned() };
        output.note(&format!("{more} are in {}", file.display()));
    }
}

fn tell_of_run(import: &kunacore_import::Import, asked: &Import, output: &Output) {
    let done = import.done();
    let directory = import.directory().display();
    output.note(&match done {
        0 => format!("run: {directory}"),
        done => format!("run: {directory}, continued: {} of {} rows are done", grouped(done), grouped(import.rows())),
    });
    if done < import.rows() {
        output.note(&match asked.rate {
            Some(rate) => format!("at most {rate} requests a second are sent"),
            None => "no rate limit is set: rows are sent as fast as the server takes them (--rate sets one)".to_owned(),
        });
    }
}

impl From<ImportFailure> for Failure {
    fn from(failure: ImportFailure) -> Self {
        Self::Import(Box::new(failure))
    }
}

impl From<ReportError> for Failure {
    fn from(error: ReportError) -> Self {
        // It says itself what to do next.
        Self::Usage { message: error.to_string(), next: String::new() }
    }
}

/// Whether a stop means that rows were left because of something the user asked for.
fn was_asked_for(kind: StopKind) -> bool {
    matches!(kind, StopKind::Interrupted | StopKind::Canary)
}
