//! Everything the market columns look back on, advanced once a decision.

use crate::pair::config::Settings;
use crate::pair::features::micro::Flow;
use crate::pair::features::regime::Drift;
use crate::pair::features::spread::Rsi;
use crate::pair::features::window::{Joint, Ring, Window};
use crate::pair::hedge::Hedge;
use crate::pair::state::Words;
use crate::pair::world::Quote;

/// Decisions of the moving averages.
pub const AVERAGES: [usize; 3] = [5, 20, 60];
/// Decisions of the short volatility.
pub const SHORT: usize = 60;

/// Columns and their windows. In order: spread, log mids of both legs, and the changes of all three.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// alpha and beta.
    pub hedge: Hedge,
    /// x.
    pub spread: Ring,
    /// y and u.
    pub mids: [Ring; 2],
    /// Changes of x, y and u.
    pub changes: [Ring; 3],
    /// Of x over 5, 20, 60, W and 4W decisions.
    pub levels: [Window; 5],
    /// Of the changes over 60 and W decisions.
    pub moves: [[Window; 2]; 3],
    /// x_t on x_{t-1} over W.
    pub reversion: Joint,
    /// Changes of y and u over W.
    pub together: Joint,
    /// Relative strength.
    pub rsi: Rsi,
    /// Cumulative sums of 3.11.
    pub drift: Drift,
    /// Order flow of both legs.
    pub flows: [Flow; 2],
    rows: u64,
}

/// n of each of the five level windows.
fn spans(w: usize) -> [usize; 5] {
    [AVERAGES[0], AVERAGES[1], AVERAGES[2], w, 4 * w]
}

/// Rows a ring needs.
fn lengths(w: usize) -> (usize, usize) {
    (4 * w.max(SHORT) + 2, w.max(SHORT) + 2)
}

impl History {
    /// Before the first row.
    pub fn new(settings: &Settings) -> Self {
        let w = settings.window;
        let (long, short) = lengths(w);
        Self {
            hedge: Hedge::new(settings),
            spread: Ring::new(long),
            mids: [Ring::new(short), Ring::new(short)],
            changes: std::array::from_fn(|_| Ring::new(short)),
            levels: spans(w).map(Window::new),
            moves: [[Window::new(SHORT), Window::new(w)]; 3],
            reversion: Joint::new(w),
            together: Joint::new(w),
            rsi: Rsi::default(),
            drift: Drift::default(),
            flows: Default::default(),
            rows: 0,
        }
    }

    /// One more decision's row, from ln mids and quotes; returns x.
    pub fn push(&mut self, settings: &Settings, logs: [f64; 2], quotes: &[Quote; 2]) -> f64 {
        self.mids.iter_mut().zip(logs).for_each(|(ring, log)| ring.push(log));
        let x = self.hedge.push(&self.mids[0], &self.mids[1]);
        let before = self.spread.back(0);
        self.spread.push(x);
        self.levels.iter_mut().for_each(|window| window.push(&self.spread));
        if self.rows > 0 {
            let steps = [x - before, self.step_of(0), self.step_of(1)];
            for ((ring, windows), step) in self.changes.iter_mut().zip(&mut self.moves).zip(steps) {
                ring.push(step);
                windows.iter_mut().for_each(|window| window.push(ring));
            }
            self.reversion.push(|i| [self.spread.back(i + 1), self.spread.back(i)]);
            self.together.push(|i| [self.changes[1].back(i), self.changes[2].back(i)]);
            self.rsi.push(steps[0]);
            self.drift.push(settings, before, x);
        }
        self.push_flows(quotes);
        self.rows += 1;
        x
    }

    fn step_of(&self, leg: usize) -> f64 {
        self.mids[leg].back(0) - self.mids[leg].back(1)
    }

    fn push_flows(&mut self, quotes: &[Quote; 2]) {
        for (flow, quote) in self.flows.iter_mut().zip(quotes) {
            flow.push(quote, self.rows > 0);
        }
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        crate::pair::state::put(out, [self.rows]);
        self.hedge.save(out);
        let rings = std::iter::once(&self.spread).chain(&self.mids).chain(&self.changes);
        rings.for_each(|ring| ring.save(out));
        self.levels.iter().chain(self.moves.as_flattened()).for_each(|window| window.save(out));
        self.reversion.save(out);
        self.together.save(out);
        self.rsi.save(out);
        self.drift.save(out);
        self.flows.iter().for_each(|flow| flow.save(out));
    }

    pub(super) fn load(words: &mut Words<'_>, settings: &Settings) -> Self {
        let w = settings.window;
        let (long, short) = lengths(w);
        let rows = words.whole();
        Self {
            hedge: Hedge::load(words, settings),
            spread: Ring::load(words, long),
            mids: std::array::from_fn(|_| Ring::load(words, short)),
            changes: std::array::from_fn(|_| Ring::load(words, short)),
            levels: spans(w).map(|n| Window::load(words, n)),
            moves: std::array::from_fn(|_| [SHORT, w].map(|n| Window::load(words, n))),
            reversion: Joint::load(words, w),
            together: Joint::load(words, w),
            rsi: Rsi::load(words),
            drift: Drift::load(words),
            flows: std::array::from_fn(|_| Flow::load(words)),
            rows,
        }
    }
}
