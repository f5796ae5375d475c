//! The customers of a table, a function of their number alone: the same rows as CSV, for the import, and as the bodies of
//! the requests they become, for whoever sends them without it.

use std::io::{BufWriter, Write as _};

use serde::Serialize;

use crate::Result;

const FIRST_NAMES: [&str; 8] = ["Alex", "Ann", "Bohdan", "Chloé", "Diego", "Olena", "Şebnem", "Wei"];
const LAST_NAMES: [&str; 8] = ["Smith", "O'Neill", "Kovalenko", "Martin", "García", "Melnyk", "Yılmaz", "Zhang"];
const COUNTRIES: [&str; 8] = ["FR", "UA", "IT", "ES", "PL", "DE", "PT", "TR"];
const STREETS: [&str; 4] = ["Av. Anatole France", "Rue de Rivoli", "Khreshchatyk", "Via Roma"];

/// A customer, in the order in which the client sends the fields.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    country: &'static str,
    email: String,
    external_id: String,
    first_name: &'static str,
    last_name: &'static str,
    phone_number: String,
    residence_address: String,
    verification_document_id: String,
}

impl Row {
    fn new(number: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(number);
        let mut one_of = |words: &[&'static str]| words[random.usize(..words.len())];
        let (first_name, last_name) = (one_of(&FIRST_NAMES), one_of(&LAST_NAMES));
        let (country, street) = (one_of(&COUNTRIES), one_of(&STREETS));
        Self {
            country,
            email: format!("customer-{number}@example.com"),
            external_id: format!("{:08x}-dd80-4c70-aa9c-{number:012x}", random.u32(..)),
            first_name,
            last_name,
            phone_number: format!("+38099{:07}", random.u32(..10_000_000)),
            residence_address: format!("{}, {street}, {:05} {country}", random.u8(1..200), random.u32(..100_000)),
            verification_document_id: format!("FV{:06}", random.u32(..1_000_000)),
        }
    }
}

/// Writes so many rows to stdout as a CSV file.
pub(crate) fn write_table(count: u64) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    writeln!(
        out,
        "email,first_name,last_name,country,verification_document_id,residence_address,phone_number,external_id"
    )?;
    for number in 1..=count {
        let row = Row::new(number);
        let Row { country, email, external_id, first_name, last_name, .. } = &row;
        let Row { phone_number, residence_address, verification_document_id, .. } = &row;
        // Only addresses have commas, and nothing has quotation marks.
        writeln!(
            out,
            "{email},{first_name},{last_name},{country},{verification_document_id},\"{residence_address}\",\
             {phone_number},{external_id}"
        )?;
    }
    Ok(out.flush()?)
}

/// Writes the bodies of the same rows to stdout, one a line.
pub(crate) fn write_bodies(count: u64) -> Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    for number in 1..=count {
        serde_json::to_writer(&mut out, &Row::new(number))?;
        writeln!(out)?;
    }
    Ok(out.flush()?)
}
