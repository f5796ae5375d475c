//! Which field a column of another name probably is, and the option that says so.

use kunacore::Field;

/// Usual names of columns, without case and punctuation.
const SYNONYMS: [(&str, Field); 24] = [
    ("mail", Field::Email),
    ("emailaddress", Field::Email),
    ("givenname", Field::FirstName),
    ("forename", Field::FirstName),
    ("surname", Field::LastName),
    ("familyname", Field::LastName),
    ("countrycode", Field::Country),
    ("countryiso", Field::Country),
    ("residencecountry", Field::Country),
    ("document", Field::VerificationDocumentId),
    ("documentid", Field::VerificationDocumentId),
    ("documentnumber", Field::VerificationDocumentId),
    ("passport", Field::VerificationDocumentId),
    ("passportnumber", Field::VerificationDocumentId),
    ("address", Field::ResidenceAddress),
    ("phone", Field::PhoneNumber),
    ("mobile", Field::PhoneNumber),
    ("telephone", Field::PhoneNumber),
    ("comments", Field::Comment),
    ("note", Field::Comment),
    ("referrerid", Field::ReferralId),
    ("inn", Field::Itn),
    ("tin", Field::Itn),
    ("taxid", Field::Itn),
];

/// The field that the column probably is.
pub(crate) fn field_for(column: &str) -> Option<Field> {
    let plain = plain(column);
    let exact = Field::ALL.into_iter().find(|field| self::plain(field.name()) == plain);
    let synonym = || SYNONYMS.iter().find(|(name, _)| *name == plain).map(|(_, field)| *field);
    // One slip of the finger; in a short name it would make another word of it.
    let slip = || {
        let near = |field: &Field| strsim::osa_distance(&self::plain(field.name()), &plain) == 1;
        Field::ALL.into_iter().filter(|_| plain.len() >= 5).find(near)
    };
    exact.or_else(synonym).or_else(slip)
}

/// `--map 'COLUMN=field'`, quoted for a POSIX shell.
pub(crate) fn map_option(column: &str, field: Field) -> String {
    format!("--map {}", quoted(&format!("{column}={}", field.name())))
}

pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_another_spelling_is_recognised() {
        for (column, field) in [
            ("E-mail", Field::Email),
            ("First Name", Field::FirstName),
            ("Surname", Field::LastName),
            ("contry", Field::Country),
            ("PASSPORT", Field::VerificationDocumentId),
        ] {
            assert_eq!(field_for(column), Some(field), "{column}");
        }
        for column in ["", "balance", "it", "Имя"] {
            assert_eq!(field_for(column), None, "{column}");
        }
    }

    #[test]
    fn the_option_survives_a_shell() {
        assert_eq!(map_option("Customer's mail", Field::Email), r"--map 'Customer'\''s mail=email'");
    }
}
