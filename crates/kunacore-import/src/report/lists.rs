//! The lists of the rows that were created, that are unresolved, and that were not sent.

use kunacore::Field;

use super::csv::Csv;
use super::drafts::{Draft, Drafts};
use super::error::ReportError;
use super::fates::{Fate, State};
use crate::batch::Row;
use crate::mapping::Mapping;

const CREATED: &str = "created.csv";
const UNRESOLVED: &str = "unresolved.csv";
const UNSENT: &str = "unsent.csv";

/// The columns that the lists have of themselves.
pub(super) const OWN: [&str; 9] =
    ["row", "external_id", "id", "wallet_id", "how", "reason", "candidate_id", "candidate_wallet_id", "first_sent_at"];

/// The names that the key columns have in reports with these columns of their own: the same as in the table, except that
/// `key_` stands before one that a report has itself. No report has two columns of one name.
pub(super) fn key_names(mapping: &Mapping, own: &[&str]) -> Vec<String> {
    let keys = mapping.keys();
    let mut names: Vec<String> = Vec::new();
    for key in keys {
        let mut name = key.clone();
        while own.contains(&name.as_str()) || names.contains(&name) || (name != *key && keys.contains(&name)) {
            name.insert_str(0, "key_");
        }
        names.push(name);
    }
    names
}

/// The three lists.
pub(super) struct Lists {
    created: Csv<Draft>,
    unresolved: Csv<Draft>,
    unsent: Csv<Draft>,
    /// Its digits.
    row: String,
}

impl Lists {
    pub(super) fn begin(drafts: &mut Drafts<'_>, mapping: &Mapping) -> Result<Self, ReportError> {
        let keys = key_names(mapping, &OWN);
        let mut list = |name, last: &[&'static str]| {
            let header = ["row", "external_id"].into_iter().chain(keys.iter().map(String::as_str));
            let header = header.chain(last.iter().copied());
            Csv::new(drafts.begin(name)?, b',', false, header).map_err(ReportError::write(name))
        };
        Ok(Self {
            created: list(CREATED, &["id", "wallet_id", "how"])?,
            unresolved: list(UNRESOLVED, &["reason", "candidate_id", "candidate_wallet_id", "first_sent_at"])?,
            unsent: list(UNSENT, &[])?,
            row: String::new(),
        })
    }

    pub(super) fn push(&mut self, row: &Row<'_>, fate: &Fate) -> Result<(), ReportError> {
        let (list, name) = match fate.state {
            State::Created => (&mut self.created, CREATED),
            State::Unresolved => (&mut self.unresolved, UNRESOLVED),
            State::Unsent => (&mut self.unsent, UNSENT),
            State::Rejected => return Ok(()),
        };
        self.row.clear();
        _ = std::fmt::Write::write_fmt(&mut self.row, format_args!("{}", row.row()));
        list.field(Some(&self.row));
        list.field(row.get(Field::ExternalId));
        row.key_values().for_each(|value| list.field(value));
        if let Some((how, ids)) = &fate.created {
            [&ids.id, &ids.wallet_id, how.name()].into_iter().for_each(|value| list.field(Some(value)));
        }
        if fate.state == State::Unresolved {
            let (id, wallet_id) = &fate.found;
            [&fate.code, id, wallet_id, &fate.sent_at].into_iter().for_each(|value| list.field(value.as_deref()));
        }
        list.end().map_err(ReportError::write(name))
    }

    pub(super) fn finish(self) -> Result<(), ReportError> {
        for (list, name) in [(self.created, CREATED), (self.unresolved, UNRESOLVED), (self.unsent, UNSENT)] {
            list.into_output().finish().map_err(ReportError::write(name))?;
        }
        Ok(())
    }
}
