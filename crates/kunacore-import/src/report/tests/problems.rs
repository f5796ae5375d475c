//! The list of what the check found.

use super::*;
use crate::report::ProblemFile;

#[test]
fn every_problem_is_listed_with_its_place() {
    let one = format!("{HEADER}\na@x,Alex,Smith,FR,D,\"Paris\n7\"\nb.x,,Smith,FR,D,Paris\n");
    let two = format!("{HEADER}\nA@X,Alex,Smith,FR,D,Paris\n");
    let place = Place::new(&[("1.csv", one.as_bytes()), ("2.csv", two.as_bytes())]);
    let (files, mapping) = place.input().open(place.directory.path()).expect("opened");
    let mut problems = ProblemFile::new(Some(&place.run()));
    check(files.batches(&mapping), |problem| problems.add(problem)).expect("checked");
    assert!(!place.run().exists(), "it is made beside");
    assert_eq!(problems.finish(&place.run()).expect("kept"), Some(place.run().join("problems.csv")));
    let directory = place.directory.path().display().to_string();
    assert_eq!(
        place.read("problems.csv").replace(&directory, "DIR"),
        "row,line,file,field,code,message\n\
         2,4,DIR/1.csv,email,invalid_field,email is not an e-mail address: it has no @\n\
         2,4,DIR/1.csv,first_name,invalid_field,first_name is required\n\
         3,2,DIR/2.csv,email,duplicate_in_input,email is also in row 1 (line 2 of DIR/1.csv)\n"
    );
    // The run that begins there keeps it.
    drop(Run::create(&place.run(), place.manifest()).expect("created"));
    assert_eq!(names(&place.run()), ["problems.csv"]);
}

#[test]
fn without_problems_nothing_is_made_but_an_old_list_is_replaced() {
    let place = Place::of(2);
    let check = || {
        let (files, mapping) = place.input().open(place.directory.path()).expect("opened");
        let mut problems = ProblemFile::new(Some(&place.run()));
        check(files.batches(&mapping), |problem| problems.add(problem)).expect("checked");
        problems.finish(&place.run()).expect("kept")
    };
    assert_eq!(check(), None);
    assert!(!place.run().exists());
    fs::create_dir(place.run()).expect("made");
    fs::write(place.run().join("problems.csv"), "row,line,file,field,code,message\n1,2,,email,,\n").expect("written");
    assert_eq!(check(), None);
    assert_eq!(place.read("problems.csv"), "row,line,file,field,code,message\n");
}
