//! The arguments of the tests that print a line of counts of their own: the fault matrix and the crash tests.

/// Which part of such a test is asked for.
#[derive(Default)]
pub struct Arguments {
    /// Less of each.
    pub quick: bool,
    /// Only the cases whose name holds this.
    pub case: Option<String>,
    /// Only the random case of this seed.
    pub seed: Option<u64>,
}

impl Arguments {
    /// Those of this process.
    ///
    /// # Errors
    ///
    /// What is wrong with them, in a sentence for whoever typed them.
    pub fn read() -> Result<Self, String> {
        let mut arguments = Self::default();
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => arguments.quick = true,
                "--case" => arguments.case = Some(value()?),
                "--seed" => arguments.seed = Some(value()?.parse().map_err(|_| "a seed is a number".to_owned())?),
                // What the test harness of the other tests understands.
                "--quiet" | "--nocapture" => {}
                other => return Err(format!("unknown argument {other}")),
            }
        }
        Ok(arguments)
    }
}
