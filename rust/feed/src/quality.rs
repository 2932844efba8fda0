use serde_json::{Value, json};

use crate::error::{Error, Place};

/// What a converter found wrong or worth knowing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows, lines or messages read.
    pub rows: u64,
    /// Events written.
    pub events: u64,
    /// Orders named that were never added, or had ended. Fault.
    pub unknown_id: u64,
    /// Orders added whose id was live. Fault.
    pub duplicate_id: u64,
    /// Fills and cancels of more lots than the order had. Fault.
    pub over_fill: u64,
    /// Prices and sizes that are no multiple of tick and lot. Fault.
    pub off_grid: u64,
    /// Rows without lots or price. Fault.
    pub zero: u64,
    /// Exchange times before the last one. Fault.
    pub clock_back: u64,
    /// Breaks of the venue's sequence. Fault.
    pub gaps: u64,
    /// Fills without the cancel or modify that belongs to them. Fault.
    pub unpaired_fills: u64,
    /// Rows that disagree with what the book shows. Fault.
    pub mismatches: u64,
    /// Orders named that only the opening book can have held.
    pub opening_id: u64,
    /// Received before they were sent, by the clocks as they are.
    pub negative_latency: u64,
    /// Times the best bid stood above the best ask at a group's end.
    pub crossed_spans: u64,
    /// Nanoseconds it did.
    pub crossed_ns: u64,
    /// Times they were equal.
    pub locked_spans: u64,
    /// Nanoseconds they were.
    pub locked_ns: u64,
    /// Levels a crossing quote removed.
    pub purged_levels: u64,
    /// Levels that entered the window of a file with few levels.
    pub adopted_levels: u64,
    /// Messages of a type the format has no event for.
    pub other_types: u64,
    /// Updates before the snapshot, left out.
    pub dropped: u64,
    /// Best quotes compared with the book.
    pub bbo_checked: u64,
    /// Of these, equal in price and size.
    pub bbo_equal: u64,
}

type Count = fn(&Quality) -> u64;

impl Quality {
    const FIELDS: [(&'static str, Count); 23] = [
        ("rows", |q| q.rows),
        ("events", |q| q.events),
        ("unknown_id", |q| q.unknown_id),
        ("duplicate_id", |q| q.duplicate_id),
        ("over_fill", |q| q.over_fill),
        ("off_grid", |q| q.off_grid),
        ("zero", |q| q.zero),
        ("clock_back", |q| q.clock_back),
        ("gaps", |q| q.gaps),
        ("unpaired_fills", |q| q.unpaired_fills),
        ("mismatches", |q| q.mismatches),
        ("opening_id", |q| q.opening_id),
        ("negative_latency", |q| q.negative_latency),
        ("crossed_spans", |q| q.crossed_spans),
        ("crossed_ns", |q| q.crossed_ns),
        ("locked_spans", |q| q.locked_spans),
        ("locked_ns", |q| q.locked_ns),
        ("purged_levels", |q| q.purged_levels),
        ("adopted_levels", |q| q.adopted_levels),
        ("other_types", |q| q.other_types),
        ("dropped", |q| q.dropped),
        ("bbo_checked", |q| q.bbo_checked),
        ("bbo_equal", |q| q.bbo_equal),
    ];

    /// Every count with its name.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        Self::FIELDS.iter().map(|(name, get)| (*name, get(self)))
    }

    /// Sum of the faults.
    pub fn faults(&self) -> u64 {
        [
            self.unknown_id,
            self.duplicate_id,
            self.over_fill,
            self.off_grid,
            self.zero,
            self.clock_back,
            self.gaps,
            self.unpaired_fills,
            self.mismatches,
        ]
        .iter()
        .sum()
    }

    /// As stored in the file.
    pub fn to_json(&self) -> Value {
        let mut object = serde_json::Map::new();
        object.extend(self.counts().map(|(name, count)| (name.to_owned(), json!(count))));
        object.insert("fault_share".into(), json!(self.fault_share()));
        Value::Object(object)
    }

    /// Faults per row; 0 without rows.
    pub fn fault_share(&self) -> f64 {
        if self.rows == 0 { 0.0 } else { self.faults() as f64 / self.rows as f64 }
    }

    /// Refuse a source with too many faults.
    ///
    /// # Errors
    /// Faults per row above `most`.
    pub fn check(&self, most: f64) -> Result<(), Error> {
        if self.fault_share() <= most {
            return Ok(());
        }
        let named: Vec<String> =
            self.counts().filter(|(_, n)| *n > 0).map(|(name, n)| format!("{name} {n}")).collect();
        Err(Error::data(
            Place::File,
            "faults",
            format_args!("at most {most} a row (max_fault_share)"),
            format_args!("{:.4}: {}", self.fault_share(), named.join(", ")),
        ))
    }
}
