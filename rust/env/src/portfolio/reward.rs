/// What a decision earns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reward {
    /// (1/T) sqrt(A) mean / (std_pop + 1e-7) over all log returns since reset, a leading 0 among them: arXiv 2412.18563.
    AvgSharpe,
    /// S_k / T.
    MarkovSharpe,
    /// gamma S_k - S_{k-1}, and S_T - S_{T-1} at the end: sums to S_T without discount.
    TerminalSharpe,
    /// Sum over bars of the differential Sharpe ratio of Moody and Saffell (1998).
    DifferentialSharpe,
    /// Sum over bars of ln(1 + R).
    LogReturn,
}

/// Bars below which S is 0.
pub const WARM_UP: u64 = 20;
const LEAST_STD: f64 = 1e-4;
const ETA: f64 = 0.01;
const MOST_DIFFERENTIAL: f64 = 10.0;

impl Reward {
    /// Every reward with the name a config uses.
    pub const TABLE: [(&'static str, Reward); 5] = [
        ("avg_sharpe", Reward::AvgSharpe),
        ("markov_sharpe", Reward::MarkovSharpe),
        ("terminal_sharpe", Reward::TerminalSharpe),
        ("differential_sharpe", Reward::DifferentialSharpe),
        ("log_return", Reward::LogReturn),
    ];

    /// Whether the end of an episode is terminal: a bootstrap past it would value statistics that were just reset.
    pub fn terminates(self) -> bool {
        !matches!(self, Reward::DifferentialSharpe | Reward::LogReturn)
    }
}

/// Running statistics of an episode's bars: Welford, O(1) a bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Statistics {
    /// Bars, the leading 0 of `AvgSharpe` included.
    pub n: u64,
    /// Mean.
    pub mean: f64,
    /// Sum of squared distances from it.
    pub squares: f64,
    /// A of the differential Sharpe ratio.
    pub first: f64,
    /// B of the differential Sharpe ratio.
    pub second: f64,
    /// S after the last decision.
    pub potential: f64,
    /// Collected by the bars of the current decision.
    pub collected: f64,
}

impl Statistics {
    /// At a reset.
    pub fn new(reward: Reward) -> Self {
        let zero =
            Self { n: 0, mean: 0.0, squares: 0.0, first: 0.0, second: 1e-4, potential: 0.0, collected: 0.0 };
        if reward == Reward::AvgSharpe { Self { n: 1, ..zero } } else { zero }
    }

    /// One bar: simple net return, and log growth as the released code takes it.
    pub fn push(&mut self, reward: Reward, simple: f64, log: f64) {
        match reward {
            Reward::DifferentialSharpe => self.collected += self.differential(simple),
            Reward::LogReturn => self.collected += libm::log1p(simple),
            _ => {}
        }
        let value = if reward == Reward::AvgSharpe { log } else { simple };
        self.n += 1;
        let gap = value - self.mean;
        self.mean += gap / self.count();
        self.squares += gap * (value - self.mean);
    }

    fn differential(&mut self, r: f64) -> f64 {
        let (a, b) = (self.first, self.second);
        let (da, db) = (r - a, r * r - b);
        let spread = b - a * a;
        let gain = (b * da - 0.5 * a * db) / (spread * spread.sqrt());
        self.first += ETA * da;
        self.second += ETA * db;
        gain.clamp(-MOST_DIFFERENTIAL, MOST_DIFFERENTIAL)
    }

    /// n as a number; from a signed one that is a single instruction.
    fn count(&self) -> f64 {
        self.n as i64 as f64
    }

    /// Population standard deviation.
    pub fn std(&self) -> f64 {
        if self.n == 0 { 0.0 } else { (self.squares / self.count()).sqrt() }
    }

    /// S = sqrt(A) mean / max(std, 1e-4), 0 below `warm_up` bars.
    pub fn sharpe(&self, root_periods: f64, warm_up: u64) -> f64 {
        if self.n < warm_up { 0.0 } else { root_periods * self.mean / self.std().max(LEAST_STD) }
    }

    /// Reward of the decision that ends here, the `last` of its episode or not.
    pub fn settle(
        &mut self,
        reward: Reward,
        root_periods: f64,
        episode_len: usize,
        gamma: f64,
        last: bool,
    ) -> f64 {
        let share = 1.0 / episode_len as f64;
        match reward {
            Reward::AvgSharpe => share * root_periods * self.mean / (self.std() + 1e-7),
            Reward::MarkovSharpe => share * self.sharpe(root_periods, WARM_UP),
            Reward::TerminalSharpe => {
                let (before, now) = (self.potential, self.sharpe(root_periods, WARM_UP));
                self.potential = now;
                if last { now - before } else { gamma * now - before }
            }
            Reward::DifferentialSharpe | Reward::LogReturn => std::mem::take(&mut self.collected),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: f64 = 15.874_507_866_387_544;

    /// Net returns of the four bars of the specification's 7.1 under `post_cost`: growth times cost factor.
    fn bars() -> [f64; 4] {
        use quantrl_sim::bar::{Costs, Growth, Scratch, Sizing, Weights};
        let relatives = [[1.01, 0.99], [0.98, 1.02], [1.03, 1.0], [0.97, 1.01]];
        let targets = [[0.5, 0.3], [0.3, 0.6], [0.5, 0.5], [0.0, 0.0]];
        let costs = Costs::new(0.0025, 0.0025, &[0.0; 2], 0.0, 0.0).unwrap();
        let (mut weights, mut scratch) = (Weights::cash(2), Scratch::new(2));
        std::array::from_fn(|t| {
            let grown = weights.drift(&relatives[t], Growth::Arithmetic);
            grown * weights.trade(&targets[t], &[1.0; 2], &costs, Sizing::PostCost, &mut scratch).factor - 1.0
        })
    }

    #[test]
    fn markov_sharpe_after_two_bars() {
        let mut stats = Statistics::new(Reward::MarkovSharpe);
        let expected = [0.0, -35.615_804_633, 0.985_281_439, -6.066_770_029];
        for (r, wanted) in bars().into_iter().zip(expected) {
            stats.push(Reward::MarkovSharpe, r, 0.0);
            assert!((stats.sharpe(ROOT, 2) - wanted).abs() < 1e-7, "{} {wanted}", stats.sharpe(ROOT, 2));
        }
    }

    #[test]
    fn differential_sharpe() {
        let mut stats = Statistics::new(Reward::DifferentialSharpe);
        let expected = [-0.199_600_798, -0.521_852_910, 0.840_494_197, -1.261_547_726];
        for (r, wanted) in bars().into_iter().zip(expected) {
            stats.push(Reward::DifferentialSharpe, r, 0.0);
            let found = stats.settle(Reward::DifferentialSharpe, ROOT, 4, 1.0, false);
            assert!((found - wanted).abs() < 1e-8, "{found} {wanted}");
        }
    }

    #[test]
    fn terminal_sharpe_sums_to_the_last() {
        let mut stats = Statistics::new(Reward::TerminalSharpe);
        let mut sum = 0.0;
        for k in 1..=40 {
            stats.push(Reward::TerminalSharpe, 0.01 * f64::from(k % 7) - 0.02, 0.0);
            sum += stats.settle(Reward::TerminalSharpe, ROOT, 40, 1.0, k == 40);
        }
        assert!((sum - stats.sharpe(ROOT, WARM_UP)).abs() < 1e-12);
    }
}
