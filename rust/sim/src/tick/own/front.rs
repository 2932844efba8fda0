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
    pub fn depth(&mut self, model: &QueueModel, from: u64, to: u64, lot: f64) {
        let (from, to) = (from as f64, to as f64);
        // Trades are in the fall already.
        let fall = from - to - self.traded;
        self.traded = 0.0;
        if *model == QueueModel::RiskAverse || fall < 0.0 {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn moved(model: QueueModel, ahead: f64, from: u64, to: u64) -> f64 {
        let mut front = Front { ahead, traded: 0.0 };
        front.depth(&model, from, to, 1.0);
        front.ahead
    }

    #[test]
    fn an_infinite_chance_is_one() {
        // -0.5 ahead and 0.5 behind of nothing: the denominators are 0, the numerators are not.
        for model in [QueueModel::Power2(2.0), QueueModel::Log2] {
            assert!(model.behind(-0.5, 0.5, 1.0).is_infinite());
            assert_eq!(moved(model, -0.5, 0, 0), -0.5);
        }
    }

    #[test]
    fn no_chance_leaves_the_level() {
        // Nothing ahead and nothing behind: 0 / 0.
        for model in [
            QueueModel::Power(2.0),
            QueueModel::Power2(2.0),
            QueueModel::Power3(2.0),
            QueueModel::Log,
            QueueModel::Log2,
        ] {
            assert!(model.behind(0.0, 0.0, 1.0).is_nan(), "{model}");
            let mut front = Front { ahead: 0.0, traded: -5.0 };
            front.depth(&model, 0, 5, 1.0);
            assert_eq!(front, Front { ahead: 5.0, traded: 0.0 });
        }
        // A negative lot ahead under an odd power: front^n + back^n = 0 again, and a root of it is no number.
        assert!(QueueModel::Power(2.5).behind(-0.25, 3.0, 1.0).is_nan());
        assert_eq!(moved(QueueModel::Power(2.5), -0.25, 3, 2), 2.0);
    }

    #[test]
    fn whole_lots_ahead_do_not_reach_the_order() {
        for (ahead, lots) in [(0.0, 0), (0.4, 0), (0.6, 1), (2.3, 2), (2.5, 2), (2.6, 3), (-0.4, 0)] {
            let place = Front { ahead, traded: 0.0 };
            assert_eq!(place.lots(), lots, "{ahead}");
            assert_eq!({ place }.trade(lots), 0, "{ahead}");
            assert_eq!({ place }.trade(lots + 1), 1, "{ahead}");
        }
        assert_eq!(Front::UNSEEN.lots(), u64::MAX);
        assert_eq!({ Front::UNSEEN }.trade(u64::MAX), 0);
    }
}
