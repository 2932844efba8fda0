//! Which decisions of a tape are served: sessions of both legs, and the part of the tape a batch lies in.

use std::ops::Range;
use std::sync::Arc;

use crate::Error;
use crate::pair::tape::Tape;

/// Times at which both legs have a session.
pub fn shared(one: &[(i64, i64)], two: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let (mut i, mut j, mut both) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (one.get(i), two.get(j)) {
        let (first, last) = (a.0.max(b.0), a.1.min(b.1));
        if first <= last {
            both.push((first, last));
        }
        if a.1 < b.1 { i += 1 } else { j += 1 }
    }
    both
}

/// A tape and the rows of it that episodes lie in.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The tape.
    pub tape: Arc<Tape>,
    /// Served rows, a range a session; each holds two or more.
    pub runs: Vec<Range<usize>>,
}

impl Stage {
    /// The rows from the first share of the tape to the second. A part that does not begin with the tape leaves out one
    /// warm-up, so that none of its windows reaches into the part before it.
    ///
    /// # Errors
    /// Shares out of order, a part without a decision.
    pub fn new(tape: Arc<Tape>, (from, to): (f64, f64)) -> Result<Self, Error> {
        if !(0.0 <= from && from < to && to <= 1.0) {
            return Err(Error::Config(format!("segment: expected 0 <= from < to <= 1, got {from}, {to}")));
        }
        let n = tape.rows.len();
        let row = |share: f64| libm::floor(share * n as f64) as usize;
        let start = if from > 0.0 { row(from) + tape.warm_up } else { 0 };
        let end = if to < 1.0 { row(to) } else { n };
        let part = |run: &Range<usize>| run.start.max(start)..run.end.min(end);
        let runs: Vec<_> = tape.runs.iter().map(part).filter(|run| run.start + 1 < run.end).collect();
        if runs.is_empty() {
            return Err(Error::Data(format!(
                "segment: expected at least 2 decisions after a warm-up of {}, found none of {n} between shares {from} and {to}",
                tape.warm_up
            )));
        }
        Ok(Self { tape, runs })
    }

    /// Decisions of the longest run.
    pub fn longest(&self) -> u64 {
        self.runs.iter().map(|run| (run.len() - 1) as u64).max().unwrap_or(0)
    }

    /// The run that holds a row.
    fn run(&self, row: usize) -> Option<usize> {
        self.runs.iter().position(|run| run.contains(&row))
    }

    /// Decisions from a row to the end of its run.
    pub fn left(&self, row: usize) -> u64 {
        self.run(row).map_or(0, |run| (self.runs[run].end - 1 - row) as u64)
    }

    /// How many rows an episode of `length` decisions may start at; a run too short for one is started at its first row.
    pub fn starts(&self, length: u64) -> u64 {
        self.runs.iter().map(|run| places(run, length)).sum()
    }

    /// One of them.
    pub fn start(&self, length: u64, mut nth: u64) -> usize {
        for run in &self.runs {
            let here = places(run, length);
            if nth < here {
                return run.start + nth as usize;
            }
            nth -= here;
        }
        self.runs[0].start
    }

    /// Where an evaluation goes on after an episode that ended at a row: there, or with the next run.
    pub fn after(&self, row: usize) -> usize {
        match self.run(row) {
            Some(run) if row + 1 < self.runs[run].end => row,
            Some(run) if run + 1 < self.runs.len() => self.runs[run + 1].start,
            _ => self.runs[0].start,
        }
    }
}

fn places(run: &Range<usize>, length: u64) -> u64 {
    (run.len() as u64).saturating_sub(length).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_those_of_both() {
        let one = [(0, 10), (20, 30), (40, 50)];
        let two = [(5, 22), (25, 26), (28, 60)];
        assert_eq!(shared(&one, &two), [(5, 10), (20, 22), (25, 26), (28, 30), (40, 50)]);
        assert_eq!(shared(&one, &[]), []);
    }

    #[test]
    fn starts_leave_room_for_an_episode() {
        assert_eq!(places(&(3..10), 4), 3);
        assert_eq!(places(&(3..10), 40), 1);
    }
}
