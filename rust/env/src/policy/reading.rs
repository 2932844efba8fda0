use crate::Error;
use crate::policy::file::refuse;
use crate::portfolio::{Layout, N_STATS, Norm, ObsKind};

/// Log prices (rows, n, F) that index observations are looked up in.
#[derive(Debug)]
pub struct MarketTable {
    rows: usize,
    n: usize,
    prices: Vec<f32>,
}

impl MarketTable {
    /// Take prices that fit a layout.
    ///
    /// # Errors
    /// Fewer rows than a window, fewer or other names than an episode, another number of features.
    pub fn new(prices: Vec<f32>, shape: [usize; 3], layout: &Layout) -> Result<Self, Error> {
        let [rows, n, features] = shape;
        let names = if layout.ids { n >= layout.assets } else { n == layout.assets };
        if names
            && features == layout.features
            && rows >= layout.window
            && prices.len() == rows * n * features
        {
            return Ok(Self { rows, n, prices });
        }
        let many = if layout.ids { ">= " } else { "" };
        let expected = format!("(>= {}, {many}{}, {})", layout.window, layout.assets, layout.features);
        Err(refuse("features", format!("expected shape {expected}, got {shape:?}")))
    }
}

/// Takes observations apart; every part is written, prices as (W, K, F).
pub struct Reader<'a> {
    /// What they hold.
    pub layout: &'a Layout,
    /// Scale of prices looked up.
    pub norm: Norm,
    /// Where.
    pub table: Option<&'a MarketTable>,
}

impl Reader<'_> {
    /// Shapes of prices, weights and s for `assets` assets.
    pub fn shapes(layout: &Layout, assets: usize) -> [Vec<usize>; 3] {
        let stats = if layout.kind == ObsKind::Released { 0 } else { N_STATS };
        [vec![layout.window, assets, layout.features], vec![assets + 1], vec![stats]]
    }

    /// Read one observation.
    ///
    /// # Errors
    /// A number that is not finite; a row or an asset the market does not have; no market.
    pub fn read(&self, obs: &[f32], [prices, weights, stats]: [&mut [f32]; 3]) -> Result<(), Error> {
        if let Some(at) = obs.iter().position(|v| !v.is_finite()) {
            return Err(refuse("obs", format!("expected finite numbers, number {at} is {}", obs[at])));
        }
        let k = self.layout.assets;
        let (market, own) = obs.split_at(self.layout.market_part());
        match self.layout.kind {
            ObsKind::Index => self.look_up(market, prices)?,
            ObsKind::Image => self.image(market, 0, prices),
            ObsKind::Released => {
                self.image(market, 1, prices);
                weights[1..].copy_from_slice(&market[..k]);
                weights[0] = 1.0 - market[..k].iter().sum::<f32>();
                return Ok(());
            }
        }
        weights.copy_from_slice(&own[..=k]);
        stats.copy_from_slice(&own[k + 1..]);
        Ok(())
    }

    fn look_up(&self, index: &[f32], prices: &mut [f32]) -> Result<(), Error> {
        let Some(table) = self.table else {
            return Err(Error::Config("features: no market is bound; call bind first".to_owned()));
        };
        let (k, f, window) = (self.layout.assets, self.layout.features, self.layout.window);
        let last = whole("t", index[0], window - 1, table.rows)?;
        let first = last + 1 - window;
        for i in 0..k {
            let id = if self.layout.ids { whole("id", index[1 + i], 0, table.n)? } else { i };
            let at = |row: usize| (row * table.n + id) * f;
            let close = table.prices[at(last)];
            for step in 0..window {
                let from = &table.prices[at(first + step)..][..f];
                let to = &mut prices[(step * k + i) * f..][..f];
                to.iter_mut().zip(from).for_each(|(to, &p)| *to = self.norm.of(p - close));
            }
        }
        Ok(())
    }

    /// From (F, `extra` + W, K) to (W, K, F).
    fn image(&self, image: &[f32], extra: usize, prices: &mut [f32]) {
        let (k, f, window) = (self.layout.assets, self.layout.features, self.layout.window);
        for (feature, channel) in image.chunks_exact((window + extra) * k).enumerate() {
            for (cell, &value) in channel[extra * k..].iter().enumerate() {
                prices[cell * f + feature] = value;
            }
        }
    }
}

/// Scale log prices (W, K, F) by the last close of each asset.
pub fn normalise(window: &[f32], norm: Norm, assets: usize, features: usize, out: &mut [f32]) {
    let line = assets * features;
    let last = &window[window.len() - line..];
    for (at, (out, &price)) in out.iter_mut().zip(window).enumerate() {
        *out = norm.of(price - last[at % line / features * features]);
    }
}

fn whole(name: &str, value: f32, least: usize, below: usize) -> Result<usize, Error> {
    let number = value as usize;
    if value >= 0.0 && number as f32 == value && (least..below).contains(&number) {
        Ok(number)
    } else {
        Err(refuse(
            format!("obs.{name}"),
            format!("expected a whole number from {least} below {below}, got {value}"),
        ))
    }
}
