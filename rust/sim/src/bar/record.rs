use crate::bar::books::Books;
use crate::bar::brokerage::Carry;
use crate::bar::{BarOut, DropReason, FillRecord};

/// Column of one number per bar.
pub type SeriesOf = fn(&BarOut) -> f64;

/// History of one account: per-bar rows always, units, fills and drops where asked for.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// One per bar.
    pub bars: Vec<BarOut>,
    /// Cash that moved without a trade, one per bar; empty for a cash account without interest or actions.
    pub carry: Vec<Carry>,
    /// Units after each bar, row-major (bars, instruments); empty unless full.
    pub units: Vec<f64>,
    /// (bar, decided, fill).
    pub fills: Vec<(usize, usize, FillRecord)>,
    /// (bar, decided, instrument, reason).
    pub drops: Vec<(usize, usize, usize, DropReason)>,
    /// The decision no later bar could fill.
    pub pending: Vec<f64>,
}

impl Record {
    /// Names of the per-bar columns.
    pub const SERIES: [(&'static str, SeriesOf); 7] = [
        ("equity", |b| b.equity),
        ("cash", |b| b.cash),
        ("cost", |b| b.cost),
        ("traded", |b| b.traded),
        ("gross", |b| b.gross),
        ("scale", |b| b.scale),
        ("fill_equity", |b| b.fill_equity),
    ];

    /// Take units, fills and drops of bar t, where the decision made on bar `due` was filled.
    pub(super) fn log(&mut self, books: &Books, t: usize, due: Option<usize>) {
        let decided = books.decided(t, due);
        self.units.extend_from_slice(books.units());
        self.fills.extend(books.fills().iter().map(|fill| (t, decided, *fill)));
        let due = due.unwrap_or(decided);
        self.drops.extend(books.drops().iter().map(|drop| (t, due, drop.instrument, drop.reason)));
    }

    /// One column.
    pub fn series(&self, of: SeriesOf) -> Vec<f64> {
        self.bars.iter().map(of).collect()
    }
}
