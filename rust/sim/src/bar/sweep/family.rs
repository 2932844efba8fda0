//! Families of signals: from the parameters of one member to the bars it enters and leaves on.

use crate::bar::Error;
use crate::bar::sweep::cross::{Bits, compare};
use crate::bar::sweep::indicators::{
    Rows, exponential_average, extreme_before, running_sums, simple_average, z_score,
};

/// A kind of signal on one series of prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Simple moving averages: (fast, slow).
    SmaCross,
    /// Exponential moving averages: (fast, slow).
    EmaCross,
    /// Close above the highest high of bars before, out below the lowest low: (entry, exit).
    Donchian,
    /// Long from z below -enter until z above -exit: (window, enter, exit).
    ZScore,
}

impl Family {
    /// Every family with its name and its parameters.
    pub const TABLE: [(&'static str, Family, &'static [&'static str]); 4] = [
        ("sma_cross", Family::SmaCross, &["fast", "slow"]),
        ("ema_cross", Family::EmaCross, &["fast", "slow"]),
        ("donchian", Family::Donchian, &["entry", "exit"]),
        ("zscore", Family::ZScore, &["window", "enter", "exit"]),
    ];

    /// Parameters of one member.
    pub fn width(self) -> usize {
        if self == Family::ZScore { 3 } else { 2 }
    }

    fn is_cross(self) -> bool {
        matches!(self, Family::SmaCross | Family::EmaCross)
    }

    /// # Errors
    /// A window that is no whole number from 1 (from 2 for a z-score) to `bars`, fast not below slow, thresholds the
    /// wrong way round.
    pub fn check(self, params: &[f64], bars: usize) -> Result<(), Error> {
        let refuse = |what: String| Err(Error::Config(what));
        let windows = if self == Family::ZScore { &params[..1] } else { params };
        let least = if self == Family::ZScore { 2.0 } else { 1.0 };
        for &w in windows {
            if !(w >= least && w <= bars as f64 && w.fract() == 0.0) {
                return refuse(format!(
                    "window: expected a whole number from {least} to {bars} bars, got {w}"
                ));
            }
        }
        if self.is_cross() && params[0] >= params[1] {
            return refuse(format!("fast: expected below slow, got {} and {}", params[0], params[1]));
        }
        if self == Family::ZScore
            && !(params[1].is_finite() && params[2].is_finite() && params[2] < params[1])
        {
            return refuse(format!("exit: expected below enter, got {} and {}", params[2], params[1]));
        }
        Ok(())
    }
}

/// Prices that signals are made from; `high` and `low` for `Donchian` alone.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Closes, all known.
    pub close: &'a [f64],
    /// Highs, else empty.
    pub high: &'a [f64],
    /// Lows, else empty.
    pub low: &'a [f64],
}

/// Indicators of every member that was asked for.
#[derive(Clone, Debug)]
pub struct Indicators<'a> {
    family: Family,
    close: &'a [f64],
    /// Averages, highs or z-scores.
    first: Rows,
    /// Lows of `Donchian`.
    second: Option<Rows>,
    tie: f64,
}

impl<'a> Indicators<'a> {
    /// One row for each distinct window of `params`. O(n) a window, O(n w) for a z-score.
    pub fn new(family: Family, series: Series<'a>, params: &[f64], tie: f64) -> Self {
        let (close, bars) = (series.close, series.close.len());
        let column = |k: usize| params.iter().skip(k).step_by(family.width()).map(|&w| w as usize);
        let all = || params.iter().map(|&w| w as usize);
        let mut second = None;
        let first = match family {
            Family::SmaCross => {
                let sums = running_sums(close);
                Rows::of(all(), bars, |w, row| simple_average(&sums, w, row))
            }
            Family::EmaCross => Rows::of(all(), bars, |w, row| exponential_average(close, w, row)),
            Family::Donchian => {
                let lowest = |w: usize, row: &mut [f64]| extreme_before(series.low, w, |a, b| a < b, row);
                second = Some(Rows::of(column(1), bars, lowest));
                Rows::of(column(0), bars, |w, row| extreme_before(series.high, w, |a, b| a > b, row))
            }
            Family::ZScore => Rows::of(column(0), bars, |w, row| z_score(close, w, tie, row)),
        };
        Self { family, close, first, second, tie }
    }

    /// Set `signals` to those of one member. O(n).
    pub fn signal(&self, params: &[f64], signals: &mut Signals) {
        let Signals { enter, exit, crosses } = signals;
        *crosses = self.family.is_cross();
        let first = self.first.row(params[0] as usize);
        match (self.family, &self.second) {
            (Family::SmaCross | Family::EmaCross, _) => {
                compare(first, self.first.row(params[1] as usize), self.tie, enter, exit);
            }
            (Family::Donchian, Some(second)) => {
                let low = second.row(params[1] as usize);
                *enter = Bits::of(self.close.iter().zip(first).map(|(close, high)| close > high));
                *exit = Bits::of(self.close.iter().zip(low).map(|(close, low)| close < low));
            }
            _ => {
                *enter = Bits::of(first.iter().map(|z| *z < -params[1]));
                *exit = Bits::of(first.iter().map(|z| *z > -params[2]));
            }
        }
    }
}

/// Bars on which one member may enter and leave.
#[derive(Clone, Debug)]
pub struct Signals {
    enter: Bits,
    exit: Bits,
    /// A bar above is an entry only after one below, and a bar below an exit only after one above.
    crosses: bool,
}

impl Signals {
    /// None on any of `bars`.
    pub fn new(bars: usize) -> Self {
        Self { enter: Bits::new(bars), exit: Bits::new(bars), crosses: false }
    }

    /// Where to look for the first entry.
    pub fn start(&self) -> Option<usize> {
        if self.crosses { self.exit.next(0) } else { Some(0) }
    }

    /// First entry at or after a bar, for an account without a position.
    pub fn entry(&self, from: usize) -> Option<usize> {
        self.enter.next(from)
    }

    /// First exit at or after a bar, for an account with one.
    pub fn exit(&self, from: usize) -> Option<usize> {
        self.exit.next(from)
    }

    /// Next exit after one that was refused: of crosses, after another entry.
    pub fn exit_again(&self, refused: usize) -> Option<usize> {
        let from = if self.crosses { self.enter.next(refused + 1)? } else { refused };
        self.exit.next(from + 1)
    }

    /// Entries and exits bar by bar, as `run_signals` takes them.
    pub fn each_bar(&self, bars: usize) -> [Vec<bool>; 2] {
        let (mut entries, mut exits) = (vec![false; bars], vec![false; bars]);
        if !self.crosses {
            let set = |bits: &Bits, out: &mut [bool]| {
                let mut from = 0;
                while let Some(t) = bits.next(from) {
                    out[t] = true;
                    from = t + 1;
                }
            };
            set(&self.enter, &mut entries);
            set(&self.exit, &mut exits);
            return [entries, exits];
        }
        let mut at = self.start();
        while let Some(entry) = at.and_then(|from| self.entry(from)) {
            entries[entry] = true;
            at = self.exit(entry + 1);
            if let Some(exit) = at {
                exits[exit] = true;
            }
        }
        [entries, exits]
    }
}
