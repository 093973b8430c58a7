//! Input that nobody would send: whatever comes from outside is read without a panic, within its limits of time and size.
//!
//! Each target runs for `FUZZ_SECONDS` (a second, unless told otherwise) on inputs made by chance and by changing good
//! ones; what fails is made small and printed.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails where it stands")]

mod inbound;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Inputs between two looks at the clock.
const AT_ONCE: u32 = 200;
/// No input may take longer, however slow the machine.
const LONGEST: Duration = Duration::from_secs(5);

/// Tries `test` on what `inputs` makes until the time is up.
fn fuzz<S>(inputs: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>)
where
    S: Strategy<Value: Debug>,
{
    #[expect(
        clippy::disallowed_methods,
        reason = "how long is for who runs this to say, in no configuration"
    )]
    let seconds = std::env::var("FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut tried = 0;
    while Instant::now() < end {
        let config = Config { cases: AT_ONCE, failure_persistence: None, ..Config::default() };
        let result = TestRunner::new(config).run(&inputs, |input| {
            let started = Instant::now();
            test(input)?;
            let took = started.elapsed();
            if took < LONGEST { Ok(()) } else { Err(TestCaseError::fail(format!("took {took:?}"))) }
        });
        if let Err(failure) = result {
            panic!("{failure}");
        }
        tried += AT_ONCE;
    }
    println!("{tried} inputs");
}
