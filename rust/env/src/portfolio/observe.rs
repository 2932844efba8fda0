use crate::market::Market;
use crate::portfolio::{Episode, ObsKind, Settings};

/// Scale of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Norm {
    /// 100 ln(p / p_last close).
    Log100,
    /// p / p_last close.
    Ratio,
}

impl Norm {
    /// Every scale with the name a config uses.
    pub const TABLE: [(&'static str, Norm); 2] = [("log100", Norm::Log100), ("ratio", Norm::Ratio)];

    pub(crate) fn of(self, log_ratio: f32) -> f32 {
        match self {
            Norm::Log100 => 100.0 * log_ratio,
            Norm::Ratio => libm::expf(log_ratio),
        }
    }
}

impl Episode {
    /// Write the observation; its parts are those of `quantrl.envs.ObsLayout`. O(K), images O(F W K).
    pub fn observe(&self, market: &Market, settings: &Settings, out: &mut [f32]) {
        let layout = &settings.layout;
        let (prices, own) = out.split_at_mut(layout.market_part());
        match layout.kind {
            ObsKind::Index => {
                prices[0] = self.row as f32;
                // Empty unless assets are drawn.
                prices[1..].iter_mut().zip(&self.ids).for_each(|(out, &id)| *out = id as f32);
            }
            ObsKind::Image => self.image(market, settings, 0, prices),
            ObsKind::Released => {
                self.image(market, settings, 1, prices);
                return;
            }
        }
        let (weights, stats) = own.split_at_mut(layout.assets + 1);
        weights[0] = self.account.weights.in_cash() as f32;
        self.account.weights.write(&mut weights[1..]);
        stats.iter_mut().zip(self.account.shown(settings)).for_each(|(out, s)| *out = s as f32);
    }

    /// (F, W, K), or with `extra` = 1 (F, W + 1, K) whose first time row is the last target.
    fn image(&self, market: &Market, settings: &Settings, extra: usize, out: &mut [f32]) {
        let (window, k) = (settings.layout.window, self.ids.len());
        let rows = window + extra;
        let first = self.row + 1 - window;
        for f in 0..settings.layout.features {
            for step in 0..window {
                let at = (f * rows + extra + step) * k;
                self.image_row(market, settings, (first + step, f), &mut out[at..at + k]);
            }
        }
        for i in 0..extra * k {
            // A name that was kept has no target: it shows what is held.
            let target = self.target[1 + i];
            let chosen = if target.is_nan() { self.account.weights.of(i) } else { target };
            for f in 0..extra * settings.layout.features {
                out[f * rows * k + i] = chosen as f32;
            }
        }
    }

    /// (K,) one feature of one row, relative to the last close.
    fn image_row(&self, market: &Market, settings: &Settings, (row, f): (usize, usize), out: &mut [f32]) {
        let (features, norm) = (settings.layout.features, settings.norm);
        let (prices, last) = (market.row_prices(row), market.row_prices(self.row));
        if features == 1 && !settings.layout.ids {
            // Without a gather the row is a difference of two contiguous ones.
            let names = out.iter_mut().zip(prices).zip(last);
            match norm {
                Norm::Log100 => names.for_each(|((out, p), last)| *out = Norm::Log100.of(p - last)),
                Norm::Ratio => names.for_each(|((out, p), last)| *out = Norm::Ratio.of(p - last)),
            }
            return;
        }
        for (out, &id) in out.iter_mut().zip(&self.ids) {
            let at = id as usize * features;
            *out = norm.of(prices[at + f] - last[at]);
        }
    }
}
