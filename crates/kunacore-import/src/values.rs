//! Which Arrow columns can be read, and the text of their values.
//!
//! Text is taken in every layout. Integers only where a number of digits is meant, and with a warning, because what wrote
//! them may have dropped leading zeros. All else is refused by column, before a value is read: no rendering of a float or
//! a time is surely the text that was meant.

use std::fmt::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::{Array, ArrayRef, LargeStringArray, StringArray, StringViewArray};
use arrow_schema::extension::{EXTENSION_TYPE_NAME_KEY, ExtensionType, Uuid};
use arrow_schema::{DataType, Field as Column};
use kunacore::Field;

/// Metadata of a text column from JSON Lines that holds numbers, in digits as they stand in the file.
pub(crate) const JSON_INTEGERS: &str = "kunacore.json_integers";

/// What a column holds, as far as the import can read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Uuid,
    /// Nulls only.
    Nothing,
    /// What it holds and the cure.
    Refused(&'static str, &'static str),
}

impl Kind {
    pub(crate) fn of(column: &Column) -> Self {
        if column.metadata().contains_key(JSON_INTEGERS) {
            return Self::Integer;
        }
        let uuid = column.metadata().get(EXTENSION_TYPE_NAME_KEY).is_some_and(|name| name == Uuid::NAME);
        match column.data_type() {
            DataType::FixedSizeBinary(16) if uuid => Self::Uuid,
            other => Self::of_type(other),
        }
    }

    fn of_type(data_type: &DataType) -> Self {
        match data_type {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Self::Text,
            DataType::Dictionary(_, values) => Self::of_type(values),
            DataType::Null => Self::Nothing,
            integer if integer.is_integer() => Self::Integer,
            DataType::Float16 | DataType::Float32 | DataType::Float64 => Self::Refused(
                "floating-point numbers",
                "Pandas turns integer columns with nulls into floats: read the column as text there (dtype=str).",
            ),
            DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
                Self::Refused("decimal numbers", "Write the column as text.")
            }
            DataType::Boolean => Self::Refused("booleans", "Write the column as text."),
            DataType::Date32 | DataType::Date64 | DataType::Time32(_) | DataType::Time64(_) => {
                Self::Refused("dates or times", "Write the column as text, in the form that is to be sent.")
            }
            DataType::Timestamp(..) | DataType::Duration(_) | DataType::Interval(_) => {
                Self::Refused("dates or times", "Write the column as text, in the form that is to be sent.")
            }
            DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
                Self::Refused("bytes", "Write the column as text; UUIDs may also have the type arrow.uuid.")
            }
            _ => Self::Refused("nested or encoded values", "Write the column as plain text."),
        }
    }

    /// Why the column cannot be read into the field, with the cure.
    pub(crate) fn refusal(self, field: Option<Field>) -> Option<(&'static str, &'static str)> {
        match (self, field) {
            (Self::Refused(what, cure), _) => Some((what, cure)),
            (Self::Integer, Some(field)) if !takes_integers(field) => {
                Some(("integers", "Write the column as text; or another column was meant."))
            }
            _ => None,
        }
    }
}

/// Whether digits alone can be what is meant: then an integer is taken.
fn takes_integers(field: Field) -> bool {
    matches!(
        field,
        Field::PhoneNumber | Field::ExternalId | Field::ReferralId | Field::VerificationDocumentId | Field::Itn
    )
}

/// The text of a column's values.
#[derive(Clone, Debug)]
pub(crate) enum Text {
    Utf8(StringArray),
    Large(LargeStringArray),
    View(StringViewArray),
    Nothing,
}

impl Text {
    /// Reads a column; `None` when its type is none of those that [`Kind`] lets pass.
    pub(crate) fn of(array: &ArrayRef) -> Option<Self> {
        macro_rules! integers {
            ($($data_type:ident => $arrow:ty),*) => {
                match array.data_type() {
                    $(DataType::$data_type => {
                        rendered(array.as_primitive::<$arrow>().iter(), |text, value| _ = write!(text, "{value}"))
                    })*
                    _ => return None,
                }
            };
        }
        Some(match array.data_type() {
            DataType::Utf8 => Self::Utf8(array.as_string().clone()),
            DataType::LargeUtf8 => Self::Large(array.as_string().clone()),
            DataType::Utf8View => Self::View(array.as_string_view().clone()),
            DataType::Null => Self::Nothing,
            DataType::FixedSizeBinary(16) => rendered(array.as_fixed_size_binary().iter(), write_uuid),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                // Nulls only: the keys of a dictionary without values cannot be normalised.
                if dictionary.values().is_empty() {
                    return Some(Self::Nothing);
                }
                let values = Self::of(dictionary.values())?;
                let keys = dictionary.normalized_keys();
                let value = |(row, key): (usize, &usize)| if dictionary.is_null(row) { None } else { values.get(*key) };
                Self::Large(keys.iter().enumerate().map(value).collect())
            }
            _ => integers!(
                Int8 => Int8Type, Int16 => Int16Type, Int32 => Int32Type, Int64 => Int64Type,
                UInt8 => UInt8Type, UInt16 => UInt16Type, UInt32 => UInt32Type, UInt64 => UInt64Type
            ),
        })
    }

    /// The value of a row of the batch; a null is `None`.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Utf8(array) => (row < array.len() && array.is_valid(row)).then(|| array.value(row)),
            Self::Large(array) => (row < array.len() && array.is_valid(row)).then(|| array.value(row)),
            Self::View(array) => (row < array.len() && array.is_valid(row)).then(|| array.value(row)),
            Self::Nothing => None,
        }
    }
}

fn rendered<T>(values: impl Iterator<Item = Option<T>>, write: impl Fn(&mut String, T)) -> Text {
    let render = |value: T| {
        let mut text = String::new();
        write(&mut text, value);
        text
    };
    Text::Large(values.map(|value| value.map(render)).collect())
}

/// The canonical form: 8-4-4-4-12 digits, lower case.
fn write_uuid(text: &mut String, bytes: &[u8]) {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        _ = write!(text, "{byte:02x}");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::Int32Type;
    use arrow_array::{DictionaryArray, FixedSizeBinaryArray, Int64Array, NullArray, UInt8Array};

    use super::*;

    fn read(array: impl Array + 'static) -> Vec<Option<String>> {
        let array: ArrayRef = Arc::new(array);
        let text = Text::of(&array).expect("readable");
        (0..array.len()).map(|row| text.get(row).map(ToOwned::to_owned)).collect()
    }

    #[test]
    fn text_is_the_same_in_every_layout() {
        let values = [Some("Ольга"), None, Some("")];
        let expected: Vec<_> = values.iter().map(|value| value.map(ToOwned::to_owned)).collect();
        assert_eq!(read(StringArray::from_iter(values)), expected);
        assert_eq!(read(LargeStringArray::from_iter(values)), expected);
        assert_eq!(read(StringViewArray::from_iter(values)), expected);
        assert_eq!(read(DictionaryArray::<Int32Type>::from_iter(values)), expected);
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("Ольга"), Some("")]));
        let keys = arrow_array::Int8Array::from(vec![Some(0), None, Some(1)]);
        assert_eq!(read(DictionaryArray::new(keys, views)), expected);
    }

    #[test]
    fn a_slice_and_a_dictionary_with_null_values_are_read_by_row() {
        let large: ArrayRef = Arc::new(LargeStringArray::from(vec![Some("a"), None]));
        let dictionary = DictionaryArray::new(arrow_array::Int8Array::from(vec![1, 0, 1]), large);
        assert_eq!(read(dictionary.slice(1, 2)), [Some("a".to_owned()), None]);
        let nulls = DictionaryArray::<Int32Type>::from_iter([None::<&str>, None]);
        assert_eq!(read(nulls), [None, None]);
    }

    #[test]
    fn integers_are_decimal_and_uuids_canonical() {
        assert_eq!(read(Int64Array::from(vec![Some(-7), None])), [Some("-7".to_owned()), None]);
        assert_eq!(read(UInt8Array::from(vec![200])), [Some("200".to_owned())]);
        assert_eq!(read(NullArray::new(2)), [None, None]);
        let bytes: Vec<u8> = (0..16).map(|n| n * 16 + n).collect();
        let uuids = FixedSizeBinaryArray::try_from_iter([bytes].into_iter()).expect("16 bytes");
        assert_eq!(read(uuids), [Some("00112233-4455-6677-8899-aabbccddeeff".to_owned())]);
    }

    #[test]
    fn sixteen_bytes_are_a_uuid_only_when_they_say_so() {
        let plain = Column::new("id", DataType::FixedSizeBinary(16), true);
        assert!(matches!(Kind::of(&plain), Kind::Refused("bytes", _)));
        assert_eq!(Kind::of(&plain.with_extension_type(Uuid)), Kind::Uuid);
    }

    #[test]
    fn integers_are_taken_only_where_digits_can_be_meant() {
        let taken: Vec<&str> = Field::ALL
            .into_iter()
            .filter(|field| Kind::Integer.refusal(Some(*field)).is_none())
            .map(Field::name)
            .collect();
        assert_eq!(taken, ["verification_document_id", "phone_number", "external_id", "referral_id", "itn"]);
        assert_eq!(Kind::Integer.refusal(None), None);
    }
}
