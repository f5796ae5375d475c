//! Which column fills which field.
//!
//! A column named as a field (in either spelling) is that field; the options say the rest. Whatever is left unclear is an
//! error that holds the option to add: a column that is overlooked is a customer without a phone number.

use std::collections::BTreeMap;

use arrow_schema::Schema;
use kunacore::{Field, NewCustomer};
use serde_json::{Value, json};

use crate::error::{ImportError, column_name, column_names, looks_like_a_value};
use crate::suggest::{field_for, map_option};
use crate::values::Kind;

/// Columns that an earlier import added to its rejected.csv; they are known and not read.
pub const REPORT_COLUMNS: [&str; 5] =
    ["reject_code", "reject_field", "reject_message", "existing_id", "existing_wallet_id"];

/// What becomes of columns that nothing names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Extra {
    /// They are an error.
    #[default]
    Error,
    /// They are not read.
    Ignore,
}

/// What the names of the columns do not say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MappingOptions {
    /// A column and the field it fills (`--map COLUMN=field`).
    pub map: Vec<(String, Field)>,
    /// A field and the value it has in every row (`--set field=VALUE`).
    pub set: Vec<(Field, String)>,
    /// Columns that are carried into the reports as they are (`--key COLUMN`); they may also fill a field.
    pub keys: Vec<String>,
    /// What becomes of other columns (`--ignore-extra`).
    pub extra: Extra,
}

/// Where the values of a field come from.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    Column(String),
    Constant(String),
    Nowhere,
}

/// Which column fills which field.
#[derive(Clone)]
pub struct Mapping {
    /// In the order of [`Field::ALL`].
    origins: Vec<Origin>,
    keys: Vec<String>,
    /// The columns to read, each once.
    columns: Vec<String>,
    warnings: Vec<String>,
}

impl Mapping {
    /// Finds the column of each field.
    ///
    /// # Errors
    ///
    /// [`Mapping`](crate::ImportErrorKind::Mapping): an option that names no column; a field that is filled twice; a
    /// constant that no customer may have; a required field without a column; a column without a use; a column whose
    /// type has no sure form as text. Each with the option or the change that cures it.
    pub fn resolve(schema: &Schema, options: &MappingOptions) -> Result<Self, ImportError> {
        let names: Vec<&str> = schema.fields().iter().map(|column| column.name().as_str()).collect();
        let named = options.map.iter().map(|(name, _)| ("--map", name));
        let keys = options.keys.iter().map(|name| ("--key", name));
        for (option, name) in named.chain(keys) {
            if !names.contains(&name.as_str()) {
                return Err(unknown_column(option, name, &names));
            }
        }
        let mut origins = vec![Origin::Nowhere; Field::ALL.len()];
        for (index, (name, _)) in options.map.iter().enumerate() {
            if options.map[..index].iter().any(|(other, _)| other == name) {
                let what = format!("the column {} is mapped twice", column_name(name));
                return Err(ImportError::mapping(what, "Give it one --map."));
            }
        }
        for name in &names {
            let mapped = options.map.iter().find(|(column, _)| column == name).map(|(_, field)| *field);
            if let Some(field) = mapped.or_else(|| Field::from_name(name)) {
                fill(&mut origins[field as usize], field, name)?;
            }
        }
        for (field, value) in &options.set {
            set_constant(&mut origins[*field as usize], *field, value)?;
        }
        let extra = unused(&names, &origins, &options.keys);
        require(&names, &origins, &extra)?;
        if options.extra == Extra::Error && !extra.is_empty() {
            return Err(extra_columns(&extra, &origins));
        }
        let mapping = Self {
            columns: read_columns(&names, &origins, &options.keys),
            origins,
            keys: options.keys.clone(),
            warnings: Vec::new(),
        };
        mapping.with_types_of(schema)
    }

    /// Checks the types of the columns, which may differ from file to file, and adds what is to be warned of.
    pub(crate) fn with_types_of(mut self, schema: &Schema) -> Result<Self, ImportError> {
        let kind = |name: &str| schema.column_with_name(name).map_or(Kind::Nothing, |(_, column)| Kind::of(column));
        let by_field = Field::ALL.into_iter().filter_map(|field| Some((self.column(field)?, Some(field))));
        let uses: Vec<_> = by_field.chain(self.keys.iter().map(|name| (name.as_str(), None))).collect();
        for (name, field) in &uses {
            if let Some((what, cure)) = kind(name).refusal(*field) {
                let purpose = field.map_or(String::new(), |field| format!(", and {field} is text"));
                return Err(ImportError::mapping(
                    format!("the column {} holds {what}{purpose}", column_name(name)),
                    cure,
                ));
            }
        }
        let mut integers: Vec<&str> = Vec::new();
        for (name, _) in &uses {
            if kind(name) == Kind::Integer && !integers.contains(name) {
                integers.push(name);
            }
        }
        if !integers.is_empty() {
            let warning = format!(
                "Integers are read from {}: leading zeros may be gone. If there were any, write these columns as text.",
                column_names(integers)
            );
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        Ok(self)
    }

    /// The column that fills the field, unless it has a constant or nothing.
    #[must_use]
    pub fn column(&self, field: Field) -> Option<&str> {
        match &self.origins[field as usize] {
            Origin::Column(name) => Some(name),
            Origin::Constant(_) | Origin::Nowhere => None,
        }
    }

    /// What fills each field, and the key columns, as a manifest has it.
    pub(crate) fn described(&self) -> BTreeMap<String, Value> {
        let origin = |field: Field| match self.origin(field) {
            Origin::Column(name) => Some(json!({"column": name})),
            Origin::Constant(value) => Some(json!({"set": value})),
            Origin::Nowhere => None,
        };
        let fields = Field::ALL.into_iter().filter_map(|field| Some((field.name().to_owned(), origin(field)?)));
        fields.chain([("keys".to_owned(), json!(self.keys))]).collect()
    }

    /// The key columns, in the order in which they were given.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// What a person should know before the import; holds no values.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    pub(crate) fn origin(&self, field: Field) -> &Origin {
        &self.origins[field as usize]
    }

    pub(crate) fn columns(&self) -> &[String] {
        &self.columns
    }
}

fn fill(origin: &mut Origin, field: Field, name: &str) -> Result<(), ImportError> {
    if let Origin::Column(other) = origin {
        return Err(ImportError::mapping(
            format!("the field {field} has two columns, {} and {}", column_name(other), column_name(name)),
            "Rename or remove one of them, or map one to another field.",
        ));
    }
    *origin = Origin::Column(name.to_owned());
    Ok(())
}

fn set_constant(origin: &mut Origin, field: Field, value: &str) -> Result<(), ImportError> {
    let clash = match origin {
        Origin::Column(name) => Some(format!("the field {field} is set and is also the column {}", column_name(name))),
        Origin::Constant(_) => Some(format!("the field {field} is set twice")),
        Origin::Nowhere => None,
    };
    if let Some(what) = clash {
        return Err(ImportError::mapping(
            what,
            format!("Leave out one of them; --set {field}=… is for a field without a column."),
        ));
    }
    if value.trim().is_empty() {
        return Err(ImportError::mapping(
            format!("the value set for {field} is blank"),
            format!("Give a value, or leave out --set {field}=…."),
        ));
    }
    // Only what the core says of this field counts: the others are not set here.
    if let Err(error) = NewCustomer::builder().set(field, value).build()
        && let Some(problem) = error.problems().iter().find(|problem| problem.field() == field.name())
    {
        let what = format!("the value set for {field} cannot be sent: {problem}");
        return Err(ImportError::mapping(what, format!("Give another value in --set {field}=….")));
    }
    *origin = Origin::Constant(value.to_owned());
    Ok(())
}

fn unknown_column(option: &str, name: &str, names: &[&str]) -> ImportError {
    let alike = names.iter().find(|column| column.trim().eq_ignore_ascii_case(name.trim()));
    let meant = alike.map(|column| format!(" Did you mean {}?", column_name(column))).unwrap_or_default();
    ImportError::mapping(
        format!("{option} names the column {}, which there is not", column_name(name)),
        format!("The columns are: {}.{meant}", column_names(names.iter().copied())),
    )
}

fn read_columns(names: &[&str], origins: &[Origin], keys: &[String]) -> Vec<String> {
    let read =
        |name: &&&str| origins.contains(&Origin::Column((**name).to_owned())) || keys.iter().any(|key| key == **name);
    names.iter().filter(read).map(|name| (*name).to_owned()).collect()
}

/// The columns that no field, key or report has a use for.
fn unused<'a>(names: &[&'a str], origins: &[Origin], keys: &[String]) -> Vec<&'a str> {
    let read = read_columns(names, origins, keys);
    let used = |name: &str| REPORT_COLUMNS.contains(&name) || read.iter().any(|other| other == name);
    names.iter().copied().filter(|name| !used(name)).collect()
}

/// The options that map unused columns to fields that have none yet, each field once; and the columns they leave.
fn suggestions<'a>(extra: &[&'a str], origins: &[Origin]) -> (Vec<(&'a str, Field)>, usize) {
    let mut suggested: Vec<(&str, Field)> = Vec::new();
    for name in extra.iter().filter(|name| !looks_like_a_value(name)) {
        if let Some(field) = field_for(name)
            && origins[field as usize] == Origin::Nowhere
            && !suggested.iter().any(|(_, other)| *other == field)
        {
            suggested.push((name, field));
        }
    }
    let left = extra.len() - suggested.len();
    (suggested, left)
}

fn as_options(suggested: &[(&str, Field)], left: usize) -> String {
    let mut options: Vec<String> = suggested.iter().map(|(name, field)| map_option(name, *field)).collect();
    if left > 0 {
        options.push("--ignore-extra".to_owned());
    }
    options.join(" ")
}

fn require(names: &[&str], origins: &[Origin], extra: &[&str]) -> Result<(), ImportError> {
    let lacks = |field: &Field| field.required() && origins[*field as usize] == Origin::Nowhere;
    let missing: Vec<Field> = Field::ALL.into_iter().filter(lacks).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list: Vec<&str> = missing.iter().map(|field| field.name()).collect();
    let what = if let [one] = list[..] {
        format!("no column is named {one}, which every customer needs")
    } else {
        format!("no columns are named {}, which every customer needs", list.join(", "))
    };
    let there = if names.is_empty() {
        "There are no columns at all".to_owned()
    } else {
        format!("The columns are: {}", column_names(names.iter().copied()))
    };
    let (suggested, left) = suggestions(extra, origins);
    let unmet: Vec<Field> =
        missing.into_iter().filter(|field| !suggested.iter().any(|(_, other)| other == field)).collect();
    let mut next = format!("{there}.");
    if !suggested.is_empty() {
        next.push_str(&format!(" If it is meant so, add: {}.", as_options(&suggested, left)));
    }
    if let [first, ..] = unmet[..] {
        next.push_str(&format!(" Name the column of a field with --map 'COLUMN={first}', or"));
        next.push_str(&format!(" give all rows one value with --set '{first}=VALUE'."));
    }
    Err(ImportError::mapping(what, next))
}

fn extra_columns(extra: &[&str], origins: &[Origin]) -> ImportError {
    let (suggested, left) = suggestions(extra, origins);
    let what = format!("nothing is known to be done with the columns {}", column_names(extra.iter().copied()));
    let mut next = "To leave them out, add: --ignore-extra".to_owned();
    if !suggested.is_empty() {
        next.push_str(&format!(". To send what can be sent of them, add: {}", as_options(&suggested, left)));
    }
    ImportError::mapping(what, next)
}
