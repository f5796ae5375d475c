//! The closing message of an import: what became of the rows, where the reports are, and what to type next.

use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::Path;

use kunacore::Outcome;
use kunacore_import::run::Manifest;
use kunacore_import::{CheckedTable, Ended, Existing, Extra, MAX_IDENTICAL_REJECTIONS, MappingOptions, Stop, Summary};
use serde_json::json;

use super::arguments::Import;
use super::display::{grouped, short};
use super::sandbox::STORE;
use super::was_asked_for;
use crate::arguments::Global;
use crate::output::{Failure, Output, status as statuses};

/// What is known at the end.
pub(super) struct Closing<'a> {
    pub(super) asked: &'a Import,
    pub(super) global: &'a Global,
    pub(super) ended: &'a Ended,
    /// Whether it was stopped the hard way.
    pub(super) at_once: bool,
}

/// The end of `--check`.
pub(super) fn of_check(checked: &CheckedTable, output: &Output) -> Result<u8, Failure> {
    let problems = checked.checked().problems.count;
    let rows = checked.checked().rows;
    if output.json {
        let file = checked.problems().map(|file| file.display().to_string());
        output.result(&json!({"rows": rows, "problems": problems, "problems_file": file}).to_string())?;
    } else {
        let found = match problems {
            0 => "no problem was found".to_owned(),
            1 => "1 problem was found".to_owned(),
            count => format!("{} problems were found", grouped(count)),
        };
        output.result(&format!("{}: {found}. Nothing was sent.", self::rows(rows)))?;
    }
    Ok(if problems == 0 { statuses::DONE } else { statuses::REJECTED })
}

/// Tells what became of the rows, and gives the exit status. Where stdout cannot be written, that is said, and where the
/// summary is; a reader who has just gone has nothing to be told. Neither changes what became of the rows.
pub(super) fn tell_summary(counted: &Summary, directory: &Path, output: &Output) -> Result<u8, Failure> {
    let status = status(counted);
    match summary(counted, directory, output) {
        Ok(()) => Ok(status),
        Err(Failure::Stdout(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(status),
        Err(Failure::Stdout(error)) => {
            let message = format!("The summary cannot be written to stdout: {error}.");
            let file = directory.join("summary.json");
            output.complain(outcome(status), &message, &format!("It is in {}, beside the reports.", file.display()));
            Ok(if status == statuses::DONE { statuses::USAGE } else { status })
        }
        Err(other) => Err(other),
    }
}

/// What became of the rows.
fn summary(summary: &Summary, directory: &Path, output: &Output) -> Result<(), Failure> {
    if output.json {
        return output.result(&summary.to_json());
    }
    let Summary { rows, created, reconciled, adopted, known, rejected, unresolved, unsent, .. } = summary;
    let mut text = format!("{} in {}\n", self::rows(*rows), short(summary.took()));
    let mut detail = Vec::new();
    let by = [(*reconciled, "found by a look-up"), (*adopted, "there before"), (*known, "known from an earlier run")];
    for (count, what) in by {
        if count > 0 {
            detail.push(format!("{} {what}", grouped(count)));
        }
    }
    let detail = if detail.is_empty() { String::new() } else { format!(" ({})", detail.join(", ")) };
    let lines = [
        ("created", *created, &*detail),
        ("rejected", *rejected, ""),
        ("unresolved", *unresolved, ""),
        ("unsent", *unsent, ""),
    ];
    for (name, count, detail) in lines {
        if count > 0 || name == "created" {
            let file = directory.join(format!("{name}.csv"));
            let _ = writeln!(text, "  {name:<10} {:>12}{detail}  {}", grouped(count), file.display());
        }
    }
    output.result(&text)
}

/// The exit status: the gravest wins.
fn status(summary: &Summary) -> u8 {
    match summary {
        Summary { unresolved: 1.., .. } => statuses::UNKNOWN,
        Summary { unsent: 1.., .. } => statuses::NOT_APPLIED,
        Summary { rejected: 1.., .. } => statuses::REJECTED,
        _ => statuses::DONE,
    }
}

/// What the rows' state means for a customer who is not created yet.
fn outcome(status: u8) -> Outcome {
    if status == statuses::UNKNOWN { Outcome::Unknown } else { Outcome::NotApplied }
}

impl Closing<'_> {
    /// Tells it all, and gives the exit status.
    pub(super) fn tell(&self, output: &Output) -> Result<u8, Failure> {
        let Ended { directory, stop, summary: counted, remarks, unwritten, .. } = self.ended;
        remarks.iter().for_each(|remark| output.note(&format!("note: {remark}")));
        if !unwritten.is_empty() {
            output.warn("these results could not be written to the journal; keep them:");
            unwritten.iter().for_each(|result| output.warn(result));
        }
        let status = match counted {
            Some(counted) => tell_summary(counted, directory, output)?,
            None => statuses::UNKNOWN,
        };
        let next = self.next();
        match stop {
            Some(stop) if !was_asked_for(stop.kind()) => {
                output.complain(outcome(status), stop.message(), &self.advice(stop, &next));
            }
            Some(stop) => {
                output.note(&format!("stopped: {}", stop.message()));
                next.iter().for_each(|next| output.note(&format!("next: {next}")));
            }
            None => next.iter().for_each(|next| output.note(&format!("next: {next}"))),
        }
        Ok(if self.at_once { statuses::INTERRUPTED } else { status })
    }

    /// One thing a line.
    fn advice(&self, stop: &Stop, next: &[String]) -> String {
        [stop.next()]
            .into_iter()
            .filter(|next| !next.is_empty())
            .chain(next.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// What to do next, with the commands to type.
    fn next(&self) -> Vec<String> {
        let Some(counted) = &self.ended.summary else {
            return vec![format!("Continue with: {}", self.again(&[]))];
        };
        let mut next = Vec::new();
        if counted.unresolved > 0 {
            next.push(format!(
                "{} may or may not have been created; unresolved.csv says why. Continuing looks them up again.",
                rows(counted.unresolved)
            ));
            if counted.reasons("lookup_inconclusive") > 0 {
                next.push(
                    "Look-ups were never seen to find anybody: create one customer with kunacore create, so that they can \
                     be trusted; or continue with --trust-uniqueness, if the server refuses e-mails that are taken."
                        .to_owned(),
                );
            }
        }
        if counted.conflicts() > 0 {
            next.push(format!(
                "The customer of {} may be another person; the reports have its id. Settle it by your word: {}",
                rows(counted.conflicts()),
                self.again(&["--accept", "ROW=ID"])
            ));
        }
        if counted.unsent > 0 || counted.unresolved > 0 {
            next.push(format!("Continue with: {}", self.again(&[])));
        }
        next.extend(self.rejected(counted));
        next
    }

    /// What to do about rejected rows: some are wrong, and some are there already.
    fn rejected(&self, counted: &Summary) -> Vec<String> {
        let file = self.ended.directory.join("rejected.csv");
        let mut next = Vec::new();
        if counted.existing() > 0 {
            next.push(format!(
                "{} have a customer already, by the ids in {} (existing_id). Take those that are the same person: {}",
                rows(counted.existing()),
                file.display(),
                self.anew(&file, true)
            ));
        }
        let wrong = counted.rejected.saturating_sub(counted.existing() + counted.rejected_conflicts());
        if wrong > 0 {
            next.push(format!(
                "Mend the {} in a copy, as reports are written anew (cp {} mended.csv), and import it: {}",
                rows(wrong),
                path(&file),
                self.anew(Path::new("mended.csv"), false)
            ));
        }
        next
    }

    /// The command that continues the run.
    fn again(&self, more: &[&str]) -> String {
        let mut words = vec!["kunacore", "import", "--run"].into_iter().map(str::to_owned).collect::<Vec<_>>();
        words.push(quoted(&self.ended.directory.display().to_string()));
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words.extend(self.asked.keep_input.then(|| "--keep-input".to_owned()));
        let most = self.asked.max_identical_rejections;
        words.extend((most != MAX_IDENTICAL_REJECTIONS).then(|| format!("--max-identical-rejections {most}")));
        words.extend(self.pace());
        words.extend(self.server(false));
        words.join(" ")
    }

    /// The command that imports rejected rows as the table of a new run, which is read and sent as this one is.
    fn anew(&self, file: &Path, adopt: bool) -> String {
        let mut words = vec!["kunacore".to_owned(), "import".to_owned(), path(file)];
        let mut adopts = adopt;
        if let Some(Manifest { input, rules, .. }) = &self.ended.manifest {
            let MappingOptions { map, set, keys, extra } = input.mapping_options();
            let pairs = map.iter().map(|(column, field)| ("--map", format!("{column}={field}")));
            let pairs = pairs.chain(set.iter().map(|(field, value)| ("--set", format!("{field}={value}"))));
            for (option, value) in pairs.chain(keys.iter().map(|column| ("--key", column.clone()))) {
                words.extend([option.to_owned(), quoted(&value)]);
            }
            words.extend((*extra == Extra::Ignore).then(|| "--ignore-extra".to_owned()));
            adopts |= rules.existing == Existing::Adopt;
            words.extend(rules.known.iter().map(|known| format!("--known {}", path(&known.run))));
        }
        words.extend(adopts.then(|| "--existing adopt".to_owned()));
        words.extend(self.pace());
        words.extend(self.server(true));
        words.join(" ")
    }

    fn pace(&self) -> Vec<String> {
        let mut words = Vec::new();
        words.extend(self.asked.rate.into_iter().flat_map(|rate| ["--rate".to_owned(), rate.to_string()]));
        words
            .extend(self.asked.concurrency.into_iter().flat_map(|most| ["--concurrency".to_owned(), most.to_string()]));
        words
    }

    /// The flags that name the server and say how it is talked to; what the environment says stays there. A new run finds
    /// the sandbox of this one by its file.
    fn server(&self, is_new: bool) -> Vec<String> {
        let Global { base_url, timeout, deadline, settle, duplicate_rules, ca_bundle, proxy, sandbox, .. } =
            self.global;
        let mut words = Vec::new();
        let times = [("--timeout", timeout), ("--deadline", deadline), ("--settle", settle)];
        for (flag, time) in times.into_iter().filter_map(|(flag, time)| Some((flag, (*time)?))) {
            words.push(format!("{flag} {}", quoted(&humantime::format_duration(time).to_string())));
        }
        words.extend(self.global.trust_uniqueness.then(|| "--trust-uniqueness".to_owned()));
        words.extend(duplicate_rules.iter().map(|file| format!("--duplicate-rules {}", path(file))));
        words.extend(ca_bundle.iter().map(|file| format!("--ca-bundle {}", path(file))));
        // One with a password is no text to be printed.
        words.extend(proxy.iter().filter(|url| !url.contains('@')).map(|url| format!("--proxy {}", quoted(url))));
        words.extend(self.global.allow_http.then(|| "--allow-http".to_owned()));
        words.extend(base_url.iter().map(|url| format!("--base-url {}", quoted(url))));
        match sandbox {
            Some(Some(db)) => words.push(format!("--sandbox={}", path(db))),
            Some(None) if is_new => words.push(format!("--sandbox={}", path(&self.ended.directory.join(STORE)))),
            Some(None) => words.push("--sandbox".to_owned()),
            None => {}
        }
        words
    }
}

/// A path as a shell takes it.
pub(super) fn path(path: &Path) -> String {
    quoted(&path.display().to_string())
}

/// So many rows, in words.
pub(super) fn rows(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{} rows", grouped(count)) }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("run/1"), "run/1");
        assert_eq!(quoted("E-mail address=email"), "'E-mail address=email'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
