//! What can be typed after `kunacore import`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use kunacore::Field;
use kunacore_import::MAX_IDENTICAL_REJECTIONS;

/// The table, the run, and how to go about it.
#[derive(Args)]
pub(crate) struct Import {
    /// CSV, JSON Lines, Parquet or Arrow files, also packed (.gz, .zst); a directory of them; or - for stdin
    #[arg(value_name = "TABLE")]
    pub(crate) tables: Vec<PathBuf>,

    /// The directory of the run [default: ./kunacore-run- and 12 digits of the input's fingerprint]; with it and without
    /// TABLE, a run is continued
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,

    /// Only check the table; nothing is sent
    #[arg(long)]
    pub(crate) check: bool,

    /// Send so many new rows, then stop and report
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) canary: Option<u32>,

    /// Send at most so many requests a second, look-ups included [default: no limit]
    #[arg(long, value_name = "RPS", value_parser = positive)]
    pub(crate) rate: Option<f64>,

    /// Keep so many requests in flight, up to 256 [default: as many as the server likes, 8 to 64]
    #[arg(long, value_name = "REQUESTS", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: Option<u16>,

    /// The field that a column fills, such as 'E-mail=email'
    #[arg(long, value_name = "COLUMN=FIELD", value_parser = column_and_field)]
    pub(crate) map: Vec<(String, Field)>,

    /// One value of a field for all rows, such as country=UA
    #[arg(long, value_name = "FIELD=VALUE", value_parser = field_and_value)]
    pub(crate) set: Vec<(Field, String)>,

    /// Carry a column into every report, to join them with your own table
    #[arg(long, value_name = "COLUMN")]
    pub(crate) key: Vec<String>,

    /// Leave columns out that fill no field
    #[arg(long)]
    pub(crate) ignore_extra: bool,

    /// What becomes of rows that cannot be sent as they are [default: stop, or as the run was begun]
    #[arg(long, value_name = "WHAT")]
    pub(crate) invalid: Option<Invalid>,

    /// What becomes of rows whose customer existed before: rejected with its ids, or adopted if it is the same person
    /// [default: reject, or as the run was begun]
    #[arg(long, value_name = "WHAT")]
    pub(crate) existing: Option<Existing>,

    /// An earlier run: customers that it created are not sent again, but reported with their ids; the run remembers it
    #[arg(long, value_name = "RUN")]
    pub(crate) known: Vec<PathBuf>,

    /// The encoding of CSV and JSON Lines, such as windows-1251 [default: UTF-8]
    #[arg(long, value_name = "LABEL")]
    pub(crate) encoding: Option<String>,

    /// Keep the copy of an input that can be read only once, when all is done
    #[arg(long)]
    pub(crate) keep_input: bool,

    /// Stop after so many rejections in a row for the same reason, customers who exist aside; 0 never stops
    #[arg(long, value_name = "ROWS", default_value_t = MAX_IDENTICAL_REJECTIONS)]
    pub(crate) max_identical_rejections: u32,

    /// The customer that an unresolved or conflicting row belongs to, by its id, on your word
    #[arg(long, value_name = "ROW=ID", value_parser = row_and_id)]
    pub(crate) accept: Vec<(u32, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Invalid {
    /// Nothing is sent
    Stop,
    /// They are reported as rejected, and the others are sent
    Reject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Existing {
    /// They are rejected, with the ids of the customer that exists
    Reject,
    /// That customer is the row's, if it is the same person
    Adopt,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("give a number above 0, such as 50".to_owned()),
    }
}

fn field(name: &str) -> Result<Field, String> {
    let names = || Field::ALL.map(Field::name).join(", ");
    Field::from_name(name.trim()).ok_or_else(|| format!("there is no field of that name; the fields are: {}", names()))
}

/// The last `=` parts them: names of columns may hold one, names of fields do not.
fn column_and_field(text: &str) -> Result<(String, Field), String> {
    let (column, name) = text.rsplit_once('=').ok_or("write COLUMN=FIELD")?;
    Ok((column.to_owned(), field(name)?))
}

fn field_and_value(text: &str) -> Result<(Field, String), String> {
    let (name, value) = text.split_once('=').ok_or("write FIELD=VALUE")?;
    Ok((field(name)?, value.to_owned()))
}

fn row_and_id(text: &str) -> Result<(u32, String), String> {
    let parts = text.split_once('=').and_then(|(row, id)| Some((row.trim().parse().ok()?, id.trim())));
    match parts {
        Some((row, id)) if row > 0 && !id.is_empty() => Ok((row, id.to_owned())),
        _ => Err("write ROW=ID, with the number of the row in the reports".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_explained() {
        assert_eq!(column_and_field("a=b=email"), Ok(("a=b".to_owned(), Field::Email)));
        assert_eq!(column_and_field("Vorname=firstName"), Ok(("Vorname".to_owned(), Field::FirstName)));
        assert!(column_and_field("Mail=mail").is_err_and(|why| why.contains("email, ")));
        assert_eq!(field_and_value("comment=a=b"), Ok((Field::Comment, "a=b".to_owned())));
        assert_eq!(row_and_id("7=abc"), Ok((7, "abc".to_owned())));
        assert!(row_and_id("0=abc").is_err() && row_and_id("7=").is_err() && row_and_id("seven=abc").is_err());
    }

    #[test]
    fn a_rate_is_a_number_above_zero() {
        assert_eq!(positive("0.5"), Ok(0.5));
        for odd in ["0", "-1", "NaN", "inf", "fast"] {
            assert!(positive(odd).is_err(), "{odd}");
        }
    }
}
