//! Prices of a market as the environments read them.

use crate::Error;

/// Rows are stored as f32 in an observation, which is exact below this.
pub const MAX_ROWS: usize = 1 << 24;

/// What action 0 of the `tilt` map holds: logarithms of weights before they are normalised.
#[derive(Clone, Debug, PartialEq)]
pub enum Base {
    /// The same for every name and cash.
    Equal,
    /// (rows, n_all) for the names; cash gets their mean.
    Rows(Vec<f64>),
    /// Constant (n_all + 1), cash first.
    Fixed(Vec<f64>),
}

impl Base {
    /// Constant weights, cash first.
    pub fn of_weights(weights: &[f64]) -> Self {
        Self::Fixed(weights.iter().map(|&w| libm::log(w)).collect())
    }
}

/// Arrays of a market, row-major.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Names, N.
    pub n_all: usize,
    /// Price columns, F; the first is the close.
    pub n_features: usize,
    /// (T, N, F) log prices of the total-return chain; NaN before a name's first row.
    pub features: Vec<f32>,
    /// (T, N) close over previous close.
    pub cc: Vec<f64>,
    /// (T, N) open over previous close; empty without opens.
    pub co: Vec<f64>,
    /// (T, N) close over open; empty without opens.
    pub oc: Vec<f64>,
    /// (T, N) 1 where buying is possible.
    pub can_buy: Vec<u8>,
    /// (T, N) 1 where selling is possible.
    pub can_sell: Vec<u8>,
    /// (N,) first row with a price.
    pub first: Vec<i64>,
}

/// Prices that many environments share, read-only.
#[derive(Clone, Debug)]
pub struct Market {
    columns: Columns,
    rows: usize,
    stride: usize,
    blocked: Vec<bool>,
}

/// Rows are filled up with relatives of 1 to a multiple of this, so that the engine never meets a broken block.
const LANES: usize = 4;

/// Names of a row with the padding.
pub fn padded(n: usize) -> usize {
    n.next_multiple_of(LANES)
}

impl Market {
    /// # Errors
    /// Shapes that do not fit, 2^24 rows or more, a relative that is not positive and finite, a log price that is not
    /// finite after the first row of its name: the column, row and name.
    pub fn new(columns: Columns) -> Result<Self, Error> {
        let n = columns.n_all;
        if n == 0 || columns.n_features == 0 || columns.cc.is_empty() {
            return Err(Error::Data("market: expected at least one row, name and feature".into()));
        }
        let rows = columns.cc.len() / n;
        if rows >= MAX_ROWS {
            return Err(Error::Data(format!("market: expected fewer than {MAX_ROWS} rows, got {rows}")));
        }
        check_lengths(&columns, rows)?;
        for (name, values) in [("cc", &columns.cc), ("co", &columns.co), ("oc", &columns.oc)] {
            check(name, n, values, |v| v.is_finite() && *v > 0.0, "a positive finite relative")?;
        }
        let cells = columns.features.chunks_exact(columns.n_features).enumerate();
        for (cell, prices) in cells.filter(|(cell, _)| (cell / n) as i64 >= columns.first[cell % n]) {
            if let Some(bad) = prices.iter().find(|p| !p.is_finite()) {
                let (row, name) = (cell / n, cell % n);
                return Err(Error::Data(format!(
                    "features: row {row}, instrument {name}: expected a finite log price, got {bad}"
                )));
            }
        }
        let masks = columns.can_buy.chunks_exact(n).zip(columns.can_sell.chunks_exact(n));
        let blocked = masks.map(|(buy, sell)| buy.contains(&0) || sell.contains(&0)).collect();
        let mut columns = columns;
        for values in [&mut columns.cc, &mut columns.co, &mut columns.oc] {
            *values = pad(values, n);
        }
        Ok(Self { columns, rows, stride: padded(n), blocked })
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of names.
    pub fn n_all(&self) -> usize {
        self.columns.n_all
    }

    /// Number of price columns.
    pub fn n_features(&self) -> usize {
        self.columns.n_features
    }

    /// Whether decisions can be filled at opens.
    pub fn has_opens(&self) -> bool {
        !self.columns.co.is_empty()
    }

    /// Close over previous close of a row; like the others with 1 up to [`padded`].
    pub fn cc(&self, row: usize) -> &[f64] {
        self.row(&self.columns.cc, row)
    }

    /// Open over previous close of a row.
    pub fn co(&self, row: usize) -> &[f64] {
        self.row(&self.columns.co, row)
    }

    /// Close over open of a row.
    pub fn oc(&self, row: usize) -> &[f64] {
        self.row(&self.columns.oc, row)
    }

    /// Whether some name cannot be bought or sold on a row.
    pub fn is_blocked(&self, row: usize) -> bool {
        self.blocked[row]
    }

    /// Whether a name can be traded on a row in this direction.
    pub fn can_trade(&self, row: usize, name: usize, buying: bool) -> bool {
        let mask = if buying { &self.columns.can_buy } else { &self.columns.can_sell };
        mask[row * self.columns.n_all + name] != 0
    }

    /// First row with a price of a name.
    pub fn first(&self, name: usize) -> i64 {
        self.columns.first[name]
    }

    /// (N F,) log prices of one row, the close of a name first.
    pub fn row_prices(&self, row: usize) -> &[f32] {
        let line = self.columns.n_all * self.columns.n_features;
        &self.columns.features[row * line..(row + 1) * line]
    }

    fn row<'a>(&self, values: &'a [f64], row: usize) -> &'a [f64] {
        &values[row * self.stride..(row + 1) * self.stride]
    }
}

fn pad(values: &[f64], n: usize) -> Vec<f64> {
    let fill = std::iter::repeat_n(1.0, padded(n) - n);
    values.chunks_exact(n).flat_map(|row| row.iter().copied().chain(fill.clone())).collect()
}

fn check_lengths(columns: &Columns, rows: usize) -> Result<(), Error> {
    let (n, f) = (columns.n_all, columns.n_features);
    let opens = if columns.co.is_empty() { 0 } else { rows * n };
    let lengths = [
        ("features", columns.features.len(), rows * n * f),
        ("cc", columns.cc.len(), rows * n),
        ("co", columns.co.len(), opens),
        ("oc", columns.oc.len(), opens),
        ("can_buy", columns.can_buy.len(), rows * n),
        ("can_sell", columns.can_sell.len(), rows * n),
        ("first", columns.first.len(), n),
    ];
    match lengths.into_iter().find(|(_, got, expected)| got != expected) {
        None => Ok(()),
        Some((name, got, expected)) => {
            Err(Error::Data(format!("{name}: expected {expected} values for {rows} rows of {n}, got {got}")))
        }
    }
}

fn check(name: &str, n: usize, values: &[f64], good: impl Fn(&f64) -> bool, what: &str) -> Result<(), Error> {
    match values.iter().position(|v| !good(v)) {
        None => Ok(()),
        Some(at) => Err(Error::Data(format!(
            "{name}: row {}, instrument {}: expected {what}, got {}",
            at / n,
            at % n,
            values[at]
        ))),
    }
}
