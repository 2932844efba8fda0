//! The hedge ratio: ln mid of the first leg on that of the second.

use crate::pair::config::Settings;
use crate::pair::features::{Joint, Ring};
use crate::pair::kalman::Filter;
use crate::pair::state::Words;

/// Where the ratio comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HedgeKind {
    /// alpha and beta of the settings.
    Fixed,
    /// A regression over the last W decisions.
    Rolling,
    /// A filter that lets both coefficients wander.
    Kalman,
}

impl HedgeKind {
    /// Every kind with the name Python uses.
    pub const TABLE: [(&'static str, HedgeKind); 3] =
        [("fixed", HedgeKind::Fixed), ("rolling", HedgeKind::Rolling), ("kalman", HedgeKind::Kalman)];
}

/// Ratios outside of these hedge nothing: only flat is legal.
pub const USABLE: std::ops::RangeInclusive<f64> = 0.2..=5.0;

/// Coefficients as known after the last decision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hedge {
    /// Intercept.
    pub alpha: f64,
    /// Ratio.
    pub beta: f64,
    learned: Learned,
}

/// What coefficients are learned by.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Learned {
    Never,
    Rolling(Joint),
    Kalman(Filter),
}

impl Hedge {
    /// alpha and beta of the settings, of a rolling ratio until W decisions were seen, of a filter at first.
    pub fn new(settings: &Settings) -> Self {
        let learned = match settings.hedge {
            HedgeKind::Fixed => Learned::Never,
            HedgeKind::Rolling => Learned::Rolling(Joint::new(settings.window)),
            HedgeKind::Kalman => Learned::Kalman(Filter::new(settings.noise, settings.window)),
        };
        Self { alpha: settings.alpha, beta: settings.beta, learned }
    }

    /// x_t = y - alpha - beta u with the coefficients of t - 1, which then take in (y, u).
    pub fn push(&mut self, first: &Ring, second: &Ring) -> f64 {
        let (y, u) = (first.back(0), second.back(0));
        if let Learned::Kalman(filter) = &mut self.learned {
            return filter.push(&mut self.alpha, &mut self.beta, y, u);
        }
        let x = y - self.alpha - self.beta * u;
        if let Learned::Rolling(joint) = &mut self.learned {
            joint.push(|i| [second.back(i), first.back(i)]);
            if joint.is_full() {
                self.beta = joint.slope();
                let [second, first] = joint.means();
                self.alpha = first - self.beta * second;
            }
        }
        x
    }

    /// Distance from `train` in standard errors; 0 of a fixed ratio.
    pub fn distance(&self, train: f64) -> f64 {
        let error = match &self.learned {
            Learned::Never => 0.0,
            Learned::Rolling(joint) => joint.slope_error(),
            Learned::Kalman(filter) => filter.beta_error(),
        };
        if error > 0.0 { (self.beta - train) / error } else { 0.0 }
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        super::state::put_reals(out, [self.alpha, self.beta]);
        match &self.learned {
            Learned::Never => {}
            Learned::Rolling(joint) => joint.save(out),
            Learned::Kalman(filter) => filter.save(out),
        }
    }

    pub(super) fn load(words: &mut Words<'_>, settings: &Settings) -> Self {
        let (alpha, beta) = (words.real(), words.real());
        let learned = match settings.hedge {
            HedgeKind::Fixed => Learned::Never,
            HedgeKind::Rolling => Learned::Rolling(Joint::load(words, settings.window)),
            HedgeKind::Kalman => Learned::Kalman(Filter::load(words, settings.noise)),
        };
        Self { alpha, beta, learned }
    }
}
