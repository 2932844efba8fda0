/// How the default engine is set; a part is off where its number says so.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Slots.
    pub k: usize,
    /// Bonus of funded agents in posterior standard deviations.
    pub hysteresis: f64,
    /// Rows after which a row counts half; infinity never forgets.
    pub half_life: f64,
    /// Whether large losses enter at their size.
    pub guard: bool,
    /// Least probability of a positive mean to be funded; 0: not asked.
    pub psr_enter: f64,
    /// The same to stay funded.
    pub psr_stay: f64,
    /// Cumulative loss at which a funded agent is cut; infinity: never.
    pub cusum_cut: f64,
    /// Correlation from which agents are copies; above 1: not looked for.
    pub copies: f64,
}

impl Settings {
    /// The core without gates.
    pub const CORE: Self = Self {
        k: 5,
        hysteresis: 0.5,
        half_life: 126.0,
        guard: true,
        psr_enter: 0.0,
        psr_stay: 0.0,
        cusum_cut: f64::INFINITY,
        copies: 2.0,
    };
    /// All gates on.
    pub const DEFAULT: Self =
        Self { psr_enter: 0.5, psr_stay: 0.3, cusum_cut: 15.0, copies: 0.95, ..Self::CORE };
}

/// A way to share capital.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// 1/N each.
    EqualWeight,
    /// These agents for ever, equally.
    Fixed(Vec<usize>),
    /// The `k` of highest Sharpe ratio over all that is still to come: unattainable.
    Hindsight(usize),
    /// The `k` of highest mean over root mean square of all scaled rows.
    Leader(usize),
    /// The three of highest five-day mean over standard deviation.
    FiveDayTop(usize),
    /// Weights in proportion to that score where it is positive.
    FiveDayWeights,
    /// Every 63 rows the one of highest Sharpe ratio over the last 63.
    Quarterly,
    /// The `k` of highest Sharpe ratio over a window.
    Rolling {
        /// Rows looked back on.
        window: usize,
        /// Slots.
        k: usize,
    },
    /// Multiplicative weights, of which a share is spread equally every day.
    Hedge {
        /// That share; 0 for plain Hedge.
        share: f64,
    },
    /// Shrunken Sharpe ratios of decayed returns, without ranks.
    EwSharpe(Settings),
    /// Decayed normal scores, shrunken.
    NormalScore(Settings),
    /// Half-lives 63, 126, 252 and infinity, weighted by what each earned.
    Mix(Settings),
}
