use super::agent::{Agent, VolBounds};
use super::shrink::shrink;
use crate::normal::cdf;

const MIN_AGE: i64 = 63;
const MIN_ACTED: i64 = 21;
const MIN_VARIANCE: f64 = 1e-12;
const ROUNDING: f64 = 1e-12;

/// What is known of each agent, by id; NaN where it is not known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Score per round, times the root of the share of rounds it acted in.
    pub s: Vec<f64>,
    /// Variance of `s`.
    pub v: Vec<f64>,
    /// Effective number of independent scored rows.
    pub n_eff: Vec<f64>,
    /// Rows ever.
    pub age: Vec<i64>,
    /// Scored rows ever.
    pub acted: Vec<i64>,
    /// Decayed share of rounds in which it acted.
    pub share: Vec<f64>,
    /// Probability that its own mean return is positive.
    pub psr_abs: Vec<f64>,
    /// Factor to the target volatility for the next row.
    pub scale: Vec<f64>,
    /// Annualised volatility of the last rows.
    pub vol_ann: Vec<f64>,
    /// 1 where there are enough rows to rank.
    pub ready: Vec<u8>,
    /// Posterior mean of `s` over the ready.
    pub mean: Vec<f64>,
    /// Posterior standard deviation of `s`.
    pub sd: Vec<f64>,
}

impl Scores {
    pub(super) fn of(agents: &[Agent], bounds: &VolBounds, periods: f64, overlap: f64) -> Self {
        let mut out = Self::default();
        for agent in agents {
            let (s, v) = score(agent, overlap);
            out.s.push(s);
            out.v.push(v);
            out.n_eff.push(agent.scores.effective() / overlap);
            out.age.push(agent.age);
            out.acted.push(agent.acted);
            out.share.push(agent.share());
            out.psr_abs.push(beats_cash(agent));
            out.scale.push(agent.scale(bounds));
            out.vol_ann.push(agent.vol(bounds) * periods.sqrt());
            out.ready.push(u8::from(agent.age >= MIN_AGE && agent.acted >= MIN_ACTED && s.is_finite()));
        }
        out.add_posterior();
        out
    }

    fn add_posterior(&mut self) {
        let ready: Vec<usize> = (0..self.s.len()).filter(|&i| self.ready[i] == 1).collect();
        let pick = |from: &[f64]| ready.iter().map(|&i| from[i]).collect::<Vec<f64>>();
        let (mean, sd) = shrink(&pick(&self.s), &pick(&self.v));
        self.mean = vec![f64::NAN; self.s.len()];
        self.sd = self.mean.clone();
        for (at, &i) in ready.iter().enumerate() {
            (self.mean[i], self.sd[i]) = (mean[at], sd[at]);
        }
    }
}

fn score(agent: &Agent, overlap: f64) -> (f64, f64) {
    let share = agent.share();
    let (mean, variance) = agent.scores.mean_variance();
    let s = share.sqrt() * mean / variance.max(MIN_VARIANCE).sqrt();
    (s, share * overlap / agent.scores.effective())
}

/// A relative score never says "beats cash"; this does. NaN where the returns do not vary.
fn beats_cash(agent: &Agent) -> f64 {
    let (mean, variance) = agent.scaled.mean_variance();
    if variance > ROUNDING * agent.scaled.square / agent.scaled.weight {
        cdf(mean / variance.sqrt() * agent.scaled.effective().sqrt())
    } else {
        f64::NAN
    }
}
