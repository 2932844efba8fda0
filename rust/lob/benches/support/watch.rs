//! Processor time of benches.

use std::time::Instant;

/// Time this process has run, so that a busy machine does not count as work. Elapsed time where the system has no such
/// record.
pub struct Watch {
    began: Instant,
    ran: Option<u64>,
}

impl Watch {
    pub const UNIT: &str = "second of processor time";

    fn ran() -> Option<u64> {
        std::fs::read_to_string("/proc/self/schedstat").ok()?.split_whitespace().next()?.parse().ok()
    }

    pub fn start() -> Self {
        Self { ran: Self::ran(), began: Instant::now() }
    }

    pub fn seconds(&self) -> f64 {
        let ran = self.ran.zip(Self::ran()).map(|(from, to)| (to - from) as f64 / 1e9);
        ran.filter(|&s| s > 0.0).unwrap_or_else(|| self.began.elapsed().as_secs_f64())
    }
}
