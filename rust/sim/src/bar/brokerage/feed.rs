use crate::bar::brokerage::Terms;
use crate::bar::{BarConfig, Error};

/// What a market tells an account beside prices, row-major (bars, instruments) where there is any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Feed<'a> {
    /// Years from the bar before to each bar; 0 for the first.
    pub years: &'a [f64],
    /// New units per unit held on a bar; NaN or 1: no split.
    pub split: Option<&'a [f64]>,
    /// Currency per unit on a bar, after its split; NaN or 0: none.
    pub dividend: Option<&'a [f64]>,
    /// Currency per unit on the bar a name is delisted, after its split; NaN: it is not.
    pub delisted: Option<&'a [f64]>,
    /// Units traded in the market on a bar.
    pub volume: Option<&'a [f64]>,
    /// Slippage of a fill on a bar, a fraction; instead of that of the costs.
    pub slippage: Option<&'a [f64]>,
    /// Annual fee on a short held at the close before a bar; instead of that of the terms.
    pub short_fee: Option<&'a [f64]>,
    /// Whether a name can be bought on a bar.
    pub can_buy: Option<&'a [bool]>,
    /// Whether a name can be sold on a bar.
    pub can_sell: Option<&'a [bool]>,
}

impl Feed<'_> {
    /// # Errors
    /// Lengths that are not those of the prices, time that runs backwards, a negative or infinite number.
    pub fn check(&self, config: &BarConfig, terms: &Terms, bars: usize) -> Result<(), Error> {
        let n = config.n();
        let refuse = |message: String| Err(Error::Data(message));
        if self.years.len() != bars || self.years.iter().any(|years| !(years.is_finite() && *years >= 0.0)) {
            return refuse(format!("years: expected {bars} finite numbers of at least 0"));
        }
        let cells = bars * n;
        let most = f64::MAX;
        for (name, column, least, most) in [
            ("split", self.split, f64::MIN_POSITIVE, most),
            ("dividend", self.dividend, 0.0, most),
            ("delisted", self.delisted, 0.0, most),
            ("volume", self.volume, 0.0, most),
            ("slippage", self.slippage, 0.0, 1.0f64.next_down()),
            ("short_fee", self.short_fee, 0.0, most),
        ] {
            let Some(column) = column else { continue };
            if column.len() != cells {
                return refuse(format!("{name}: expected {cells} cells, got {}", column.len()));
            }
            let is_rate = matches!(name, "slippage" | "short_fee");
            let bad = |x: &f64| *x < least || *x > most || (is_rate && x.is_nan());
            if let Some(at) = column.iter().position(bad) {
                let (row, i) = (at / n, at % n);
                return refuse(format!(
                    "{name}: row {row}: {} of instrument {i} is out of range",
                    column[at]
                ));
            }
        }
        for (name, mask) in [("can_buy", self.can_buy), ("can_sell", self.can_sell)] {
            if mask.is_some_and(|mask| mask.len() != cells) {
                return refuse(format!("{name}: expected {cells} cells"));
            }
        }
        if terms.participation.is_finite() && self.volume.is_none() {
            return Err(Error::Config("participation: needs the volume of every bar".into()));
        }
        let highest = self.slippage.unwrap_or_default().iter().fold(0.0, |most: f64, &s| most.max(s));
        terms.check_rate(config.costs.highest_at(highest))
    }

    /// The rows of one bar.
    pub fn row(&self, t: usize, n: usize) -> FeedRow<'_> {
        FeedRow { feed: self, at: t * n, years: self.years[t] }
    }
}

/// What is told of one instrument alone.
#[derive(Clone, Debug)]
pub struct OwnFeed<'a> {
    years: &'a [f64],
    numbers: [Option<Vec<f64>>; 6],
    masks: [Option<Vec<bool>>; 2],
}

impl<'a> OwnFeed<'a> {
    /// The columns of instrument i of n.
    pub fn new(feed: &Feed<'a>, i: usize, n: usize) -> Self {
        fn column<T: Copy>(cells: Option<&[T]>, i: usize, n: usize) -> Option<Vec<T>> {
            cells.map(|cells| cells.iter().skip(i).step_by(n).copied().collect())
        }
        let numbers = [feed.split, feed.dividend, feed.delisted, feed.volume, feed.slippage, feed.short_fee];
        Self {
            years: feed.years,
            numbers: numbers.map(|cells| column(cells, i, n)),
            masks: [feed.can_buy, feed.can_sell].map(|cells| column(cells, i, n)),
        }
    }

    /// As an account of one instrument takes it.
    pub fn feed(&self) -> Feed<'_> {
        let [split, dividend, delisted, volume, slippage, short_fee] = &self.numbers;
        let [can_buy, can_sell] = &self.masks;
        Feed {
            years: self.years,
            split: split.as_deref(),
            dividend: dividend.as_deref(),
            delisted: delisted.as_deref(),
            volume: volume.as_deref(),
            slippage: slippage.as_deref(),
            short_fee: short_fee.as_deref(),
            can_buy: can_buy.as_deref(),
            can_sell: can_sell.as_deref(),
        }
    }
}

/// One bar of a feed.
#[derive(Clone, Copy, Debug)]
pub struct FeedRow<'a> {
    feed: &'a Feed<'a>,
    at: usize,
    /// Since the bar before.
    pub years: f64,
}

impl FeedRow<'_> {
    /// New units per unit, 1 without a split.
    pub fn split(&self, i: usize) -> f64 {
        self.cell(self.feed.split, i).unwrap_or(1.0)
    }

    /// Currency per unit, 0 without a dividend.
    pub fn dividend(&self, i: usize) -> f64 {
        self.cell(self.feed.dividend, i).unwrap_or(0.0)
    }

    /// Currency per unit of a name that is delisted here.
    pub fn delisted(&self, i: usize) -> Option<f64> {
        self.cell(self.feed.delisted, i)
    }

    /// Units traded in the market; none where it is not known.
    pub fn volume(&self, i: usize) -> f64 {
        self.cell(self.feed.volume, i).unwrap_or(0.0)
    }

    /// Slippage of every name, where it is told by bar.
    pub fn slippage(&self, n: usize) -> Option<&[f64]> {
        self.feed.slippage.map(|column| &column[self.at..self.at + n])
    }

    /// Annual fee on a short, where it is told by bar.
    pub fn short_fee(&self, i: usize) -> Option<f64> {
        self.cell(self.feed.short_fee, i)
    }

    /// Whether an order of this sign is blocked.
    pub fn blocks(&self, i: usize, x: f64) -> bool {
        let mask = if x > 0.0 { self.feed.can_buy } else { self.feed.can_sell };
        mask.is_some_and(|mask| !mask[self.at + i])
    }

    fn cell(&self, column: Option<&[f64]>, i: usize) -> Option<f64> {
        column.map(|column| column[self.at + i]).filter(|x| !x.is_nan())
    }
}
