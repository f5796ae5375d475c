//! What the help texts end with, and how times and colours are read. A test runs every example as it stands here.

use std::ffi::OsString;
use std::time::Duration;

use clap::ColorChoice;

pub(crate) const ROOT: &str = "\
Credentials come from the environment, one kind of: KUNACORE_API_KEY; KUNACORE_ACCESS_TOKEN; or KUNACORE_EMAIL,
KUNACORE_PASSWORD and KUNACORE_MERCHANT_ID. Each can also be given as …_FILE, the path of a file that holds it.

Exit status: 0 done; 1 usage or configuration; 2 rejected; 3 the outcome is unknown; 4 not applied, try again; 130 a second
Ctrl-C.

Example:
  kunacore demo";

pub(crate) const DEMO: &str = "\
Example:
  kunacore demo";

pub(crate) const CREATE: &str = "\
A request is sent again only after proof that it did nothing. When the outcome is unknown all the same (exit status 3),
`kunacore ensure` with the same customer is the next step.

Example:
  kunacore create --sandbox --email alexsmith@mail.com --first-name Alex --last-name Smith --country FR \\
    --verification-document-id FV633452 --residence-address 'Champ de Mars, Paris'";

pub(crate) const ENSURE: &str = "\
For work that may be delivered more than once, and after an unknown outcome. A customer with this e-mail is adopted when it
is the same person: by the external id where both have one, else by the names. An absent one is created only after --settle
has passed and a second look-up has not found it, unless --never-sent says that nobody can have sent it. Where the server does
not refuse e-mails that are taken, let no two commands ensure the same customer at the same time: both may create it.

Example:
  kunacore ensure --sandbox --never-sent --email alexsmith@mail.com --first-name Alex --last-name Smith --country FR \\
    --verification-document-id FV633452 --residence-address 'Champ de Mars, Paris'";

pub(crate) const FIND: &str = "\
Example:
  kunacore find --sandbox --email alexsmith@mail.com";

pub(crate) const SHOW: &str = "\
Example:
  id=$(kunacore create -q --sandbox=demo.db --email alexsmith@mail.com --first-name Alex --last-name Smith \\
    --country FR --verification-document-id FV633452 --residence-address 'Champ de Mars, Paris' |
    awk '$1 == \"id\" { print $2 }') &&
  kunacore show --sandbox=demo.db \"$id\"";

pub(crate) const IMPORT: &str = "\
The whole table is checked before the first row is sent. Everything about the run is kept in its directory, so whatever fails
on the way (a crash, the network, the server), the same command goes on where it was, and no row is sent twice by accident:
what may have been sent is looked up first. It ends with the reports created.csv, rejected.csv, unresolved.csv, unsent.csv and
summary.json in the directory; with --json the summary is printed, and progress goes to stderr as one JSON object a line.

The columns are named as the fields, in either spelling (first_name or firstName); --map and --set say the rest. With --sandbox
the customers are kept in sandbox.db in the run's directory.

Exit status: 0 all created; 2 some rejected, or --check found problems; 3 some unresolved; 4 stopped with rows unsent;
130 after a second Ctrl-C.

Example:
  printf '%s\\n' email,first_name,last_name,country,verification_document_id,residence_address \\
    'alexsmith@mail.com,Alex,Smith,FR,FV633452,\"Champ de Mars, Paris\"' > customers.csv &&
  kunacore import customers.csv --sandbox --run customers-run";

pub(crate) const REPORT: &str = "\
Example:
  printf '%s\\n' email,first_name,last_name,country,verification_document_id,residence_address \\
    'alexsmith@mail.com,Alex,Smith,FR,FV633452,\"Champ de Mars, Paris\"' > customers.csv &&
  kunacore import customers.csv -q --sandbox --run customers-run &&
  kunacore report customers-run";

pub(crate) const SANDBOX: &str = "\
It accepts the api-key sandbox-api-key, and the login partner@example.com with the password sandbox-password and the
merchant id sandbox-merchant. /_sandbox/ledger tells what was created, and rules put to /_sandbox/faults make things go
wrong. With --tls it speaks nothing but TLS, and clients have to trust the file: kunacore --ca-bundle FILE does.

Example:
  kunacore sandbox --db sandbox.db --latency 50ms
  kunacore sandbox --tls ca.pem";

pub(crate) const SCHEMA: &str = "\
Example:
  kunacore schema";

pub(crate) const COMPLETIONS: &str = "\
Example:
  kunacore completions bash";

pub(crate) const MAN: &str = "\
Example:
  kunacore man create";

/// Reads `30s`, `500ms`, `1m 30s`, or plain seconds.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let plain = text.parse::<f64>().ok().map(Duration::try_from_secs_f64);
    match plain {
        Some(seconds) => seconds.map_err(|_| "a time cannot be negative or endless".to_owned()),
        None => humantime::parse_duration(text).map_err(|_| "write 30s, 500ms, or plain seconds".to_owned()),
    }
}

/// The choice of `--color`, read before clap does, as clap needs it for its own errors.
pub(crate) fn color_choice(arguments: &[OsString]) -> ColorChoice {
    let mut words = arguments.iter().filter_map(|argument| argument.to_str());
    while let Some(word) = words.next() {
        let choice = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        };
        match choice {
            Some("always") => return ColorChoice::Always,
            Some("never") => return ColorChoice::Never,
            _ => {}
        }
    }
    ColorChoice::Auto
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_units_and_as_plain_seconds() {
        assert_eq!(duration("30s"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        for odd in ["", "-1", "soon", "inf", "NaN"] {
            assert!(duration(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn the_colour_is_found_in_both_spellings() {
        let choice = |words: &[&str]| color_choice(&words.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(choice(&["kunacore", "--color", "never", "demo"]), ColorChoice::Never);
        assert_eq!(choice(&["kunacore", "demo", "--color=always"]), ColorChoice::Always);
        assert_eq!(choice(&["kunacore", "demo"]), ColorChoice::Auto);
    }
}
