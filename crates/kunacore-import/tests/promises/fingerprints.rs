//! The fingerprint of a table never changes: a run is known by it, also to a later version of the program.

use kunacore_import::MappingOptions;

use crate::support::{batches, csv, customer, fingerprint};

fn of(count: usize, length: usize) -> String {
    let rows: Vec<_> = (0..count).map(|n| customer(&format!("alex{n}@mail.com"), &"Ольга ".repeat(length))).collect();
    let options = MappingOptions { keys: vec!["country".into()], ..Default::default() };
    fingerprint(batches(csv(&rows), &options).expect("opened"))
}

#[test]
fn it_is_what_it_has_always_been_however_the_rows_lie_in_what_is_hashed_at_once() {
    let known = [
        "5d4f1eab67223e999eb1e1fd3204ebe1118cc764247567bf2203325f2f7ec316",
        "dcbdd259472b2e30f81e47aa474978736c937e99aaa5b6d88e9f7e9b3996fc9d",
        "5c4d496909f934eca55fd6bbca66dd3aec4cfbfe1b60b61a2ca6c095712b64e5",
        "bda1cfd075d485cd081085fef9fe370db53f08f57b4cc8cfd08d129bf3cae5d3",
    ];
    assert_eq!([of(1, 1), of(700, 1), of(9_000, 1), of(3, 40_000)], known);
}
