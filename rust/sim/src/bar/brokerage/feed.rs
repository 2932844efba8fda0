use crate::bar::Error;

/// What a market tells an account beside prices, row-major (bars, instruments) where there is any.
#[derive(Clone, Copy, Debug)]
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
    /// Whether a name can be bought on a bar.
    pub can_buy: Option<&'a [bool]>,
    /// Whether a name can be sold on a bar.
    pub can_sell: Option<&'a [bool]>,
}

impl Feed<'_> {
    /// # Errors
    /// Lengths that are not those of the prices, time that runs backwards, a negative or infinite number.
    pub fn check(&self, bars: usize, n: usize, capped: bool) -> Result<(), Error> {
        let refuse = |message: String| Err(Error::Data(message));
        if self.years.len() != bars || self.years.iter().any(|years| !(years.is_finite() && *years >= 0.0)) {
            return refuse(format!("years: expected {bars} finite numbers of at least 0"));
        }
        let cells = bars * n;
        for (name, column, least) in [
            ("split", self.split, f64::MIN_POSITIVE),
            ("dividend", self.dividend, 0.0),
            ("delisted", self.delisted, 0.0),
            ("volume", self.volume, 0.0),
        ] {
            let Some(column) = column else { continue };
            if column.len() != cells {
                return refuse(format!("{name}: expected {cells} cells, got {}", column.len()));
            }
            if let Some(at) = column.iter().position(|x| *x < least || x.is_infinite()) {
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
        if capped && self.volume.is_none() {
            return Err(Error::Config("participation: needs the volume of every bar".into()));
        }
        Ok(())
    }

    /// The rows of one bar.
    pub fn row(&self, t: usize, n: usize) -> FeedRow<'_> {
        FeedRow { feed: self, at: t * n, years: self.years[t] }
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

    /// Whether an order of this sign is blocked.
    pub fn blocks(&self, i: usize, x: f64) -> bool {
        let mask = if x > 0.0 { self.feed.can_buy } else { self.feed.can_sell };
        mask.is_some_and(|mask| !mask[self.at + i])
    }

    fn cell(&self, column: Option<&[f64]>, i: usize) -> Option<f64> {
        column.map(|column| column[self.at + i]).filter(|x| !x.is_nan())
    }
}
