//! Who of many is better than a benchmark, with the error of naming anybody under control.
//!
//! Hansen (2005), A test for superior predictive ability, J. Business & Economic Statistics 23; White (2000), A reality
//! check for data snooping, Econometrica 68; Romano and Wolf (2005), Stepwise multiple testing as formalized data
//! snooping, Econometrica 73. Studentised by the plain standard deviation unless asked otherwise: the long-run
//! one over-rejects on daily returns of this length.

mod deviations;
mod test;

pub use test::{Scale, Superiority, superiority};
