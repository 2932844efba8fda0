use super::QueueModel;

/// Estimated place of an own order, in lots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Front {
    /// Lots ahead; infinite while the price has not been shown.
    pub ahead: f64,
    /// Lots traded since the last depth row of the price.
    pub traded: f64,
}

impl Front {
    /// Behind all `lots` that are displayed.
    pub fn behind(lots: u64) -> Self {
        Self { ahead: lots as f64, traded: 0.0 }
    }

    /// At a price whose lots the feed does not show.
    pub const UNSEEN: Self = Self { ahead: f64::INFINITY, traded: 0.0 };

    /// `lots` traded at the price: those that reach the order. Spec 3.8: e = round(-q), half away from zero.
    #[inline]
    pub fn trade(&mut self, lots: u64) -> u64 {
        self.ahead -= lots as f64;
        self.traded += lots as f64;
        let reach = (-self.ahead).round();
        if reach > 0.0 {
            self.ahead = 0.0;
            return reach as u64;
        }
        0
    }

    /// The displayed lots of the price went from `from` to `to`. `lot` is a lot in base units.
    #[inline]
    pub fn depth(&mut self, model: QueueModel, from: u64, to: u64, lot: f64) {
        let (from, to) = (from as f64, to as f64);
        // Trades are in the fall already.
        let fall = from - to - self.traded;
        self.traded = 0.0;
        if model == QueueModel::RiskAverse || fall < 0.0 {
            self.ahead = self.ahead.min(to);
            return;
        }
        let (front, back) = (self.ahead, from - self.ahead);
        let p = model.behind(front, back, lot);
        let p = if p.is_infinite() { 1.0 } else { p };
        // A NaN ends as `to`: `min` passes over it.
        self.ahead = (front - (1.0 - p) * fall + (back - p * fall).min(0.0)).min(to);
    }

    /// The price is shown after it was not: at most its lots are ahead.
    pub fn shown(&mut self, lots: u64) {
        *self = Self { ahead: self.ahead.min(lots as f64), traded: 0.0 };
    }

    /// Whole lots ahead: the most that can trade without reaching the order.
    pub fn lots(self) -> u64 {
        (self.ahead - 0.5).ceil() as u64
    }
}
