//! A look-up: which customers it asks for, and the SQL that says so.
//!
//! All filters must hold. Values only ever travel as parameters; the text of a query depends on which filters are given,
//! so the few forms that occur stay prepared. Exact look-ups by e-mail, wallet and external id use an index.

use rusqlite::types::Value;
use serde::Deserialize;
use serde_json::Number;

use super::email_key;
use crate::clock;
use crate::options::FindMode;
use crate::refusal::Refusal;

/// How many customers are answered when the request does not say.
const DEFAULT_TAKE: i64 = 100;

/// The body of a find request.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Filters {
    email: Option<String>,
    wallet_id: Option<String>,
    phone_number: Option<String>,
    full_name: Option<String>,
    comment: Option<String>,
    external_id: Option<String>,
    referral_id: Option<String>,
    created_from: Option<String>,
    created_to: Option<String>,
    take: Option<Number>,
    skip: Option<Number>,
}

/// A look-up as the store runs it; times are in milliseconds since the Unix epoch.
#[derive(Debug)]
pub(crate) struct Search {
    mode: FindMode,
    text: Vec<(&'static str, String)>,
    from: Option<i64>,
    to: Option<i64>,
    take: i64,
    skip: i64,
}

impl Search {
    /// What filters ask for, of the customers created up to `visible`, at most `page_size` of them.
    pub(crate) fn new(
        filters: Filters,
        mode: FindMode,
        visible: i64,
        page_size: Option<usize>,
    ) -> Result<Self, Refusal> {
        let text = [
            ("email_key", filters.email.map(|email| email_key(&email))),
            ("wallet_id", filters.wallet_id),
            ("phone_number", filters.phone_number),
            ("first_name || ' ' || last_name", filters.full_name),
            ("comment", filters.comment),
            ("external_id", filters.external_id),
            ("referral_id", filters.referral_id),
        ];
        // A moment between two milliseconds excludes the earlier one from below and the later one from above.
        let from = moment("createdFrom", filters.created_from)?.map(|(_, ceiling)| ceiling);
        let to = moment("createdTo", filters.created_to)?.map(|(floor, _)| floor);
        let cap = page_size.map_or(i64::MAX, |size| i64::try_from(size).unwrap_or(i64::MAX));
        Ok(Self {
            mode,
            text: text.into_iter().filter_map(|(column, value)| Some((column, value?))).collect(),
            from,
            to: Some(to.map_or(visible, |to| to.min(visible))),
            take: if mode == FindMode::Blind { 0 } else { filters.take.map_or(DEFAULT_TAKE, saturate).min(cap) },
            skip: if mode == FindMode::Stuck { 0 } else { filters.skip.map_or(0, saturate) },
        })
    }

    /// The query and its parameters, oldest customer first.
    pub(super) fn to_sql(&self, columns: &str) -> (String, Vec<Value>) {
        let mut parameters = Vec::new();
        let mut conditions = Vec::new();
        for (column, value) in &self.text {
            let (condition, value) = match self.mode {
                FindMode::Exact | FindMode::Stuck | FindMode::Blind => (format!("{column} = ?"), value.clone()),
                FindMode::Partial => (format!("instr(fold({column}), ?) > 0"), value.to_lowercase()),
            };
            conditions.push(condition);
            parameters.push(Value::from(value));
        }
        for (condition, value) in [("created_ms >= ?", self.from), ("created_ms <= ?", self.to)] {
            if let Some(value) = value {
                conditions.push(condition.to_owned());
                parameters.push(Value::from(value));
            }
        }
        parameters.extend([Value::from(self.take), Value::from(self.skip)]);
        let conditions = conditions.join(" AND ");
        let sql = format!("SELECT {columns} FROM customers WHERE {conditions} ORDER BY seq LIMIT ? OFFSET ?");
        (sql, parameters)
    }
}

fn moment(field: &str, text: Option<String>) -> Result<Option<(i64, i64)>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let moment = clock::parse(&text);
    moment.map(Some).ok_or_else(|| Refusal::invalid(vec![format!("{field} must be an ISO 8601 date and time")]))
}

/// The contract bounds a count from below only, and takes `3.0` for a whole number; more than SQLite can count is all.
fn saturate(count: Number) -> i64 {
    count.as_i64().or_else(|| count.as_f64().map(|count| count as i64)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_count_that_the_contract_allows_is_taken() {
        let count = |text: &str| saturate(serde_json::from_str(text).expect("a number"));
        assert_eq!((count("0"), count("3.0"), count("7")), (0, 3, 7));
        assert_eq!((count("18446744073709551615"), count("1e30")), (i64::MAX, i64::MAX));
    }
    use crate::store::Store;

    #[test]
    fn exact_look_ups_by_email_wallet_and_external_id_use_an_index() {
        let something = || Some("something".to_owned());
        for unique in [true, false] {
            let store = Store::open(None, unique).expect("a store in memory");
            for filters in [
                Filters { email: something(), ..Filters::default() },
                Filters { wallet_id: something(), ..Filters::default() },
                Filters { external_id: something(), comment: something(), ..Filters::default() },
            ] {
                let search = Search::new(filters, FindMode::Exact, 0, None).expect("filters that can be read");
                let (sql, parameters) = search.to_sql("id");
                let mut query = store.db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("SQL");
                let plan: String =
                    query.query_row(rusqlite::params_from_iter(parameters), |row| row.get("detail")).expect("a plan");
                assert!(plan.starts_with("SEARCH customers USING INDEX"), "{plan}");
            }
        }
    }
}
