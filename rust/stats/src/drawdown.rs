//! The equity curve below its peak. The starting cash is a point of the curve, so a first loss counts.

/// Where the curve ends and how deep it falls.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    /// Last equity over starting cash.
    pub growth: f64,
    /// Equity reached zero; it stays where it was then.
    pub ruined: bool,
    /// Least E_t / peak - 1; 0 if the curve never falls.
    pub max_drawdown: f64,
}

/// How long and how far it is below its peaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Underwater {
    /// Root mean square drawdown over the bars.
    pub ulcer: f64,
    /// Bars of the longest stretch from a peak to its recovery, or to the end where it is open.
    pub longest: usize,
}

/// One fall from a peak. Positions count returns from 1; 0 is the starting cash.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Episode {
    /// Depth as a negative fraction of the peak.
    pub depth: f64,
    /// Where the peak was.
    pub peak: usize,
    /// Where the curve was deepest.
    pub trough: usize,
    /// Where the peak was reached again.
    pub recovery: Option<usize>,
}

struct Walk {
    equity: f64,
    peak: f64,
}

impl Walk {
    const START: Self = Self { equity: 1.0, peak: 1.0 };

    fn step(&mut self, r: f64) -> f64 {
        if self.equity > 0.0 {
            self.equity *= 1.0 + r;
            self.peak = if self.equity > self.peak { self.equity } else { self.peak };
        }
        self.equity / self.peak - 1.0
    }
}

impl Curve {
    /// Walks once along simple returns. O(n).
    pub fn of(returns: &[f64]) -> Self {
        let [curve] = Self::of_each([returns]);
        curve
    }

    /// `K` series of one length side by side: each step waits for the one before, so a walk of its own would leave the
    /// processor idle.
    ///
    /// # Panics
    /// A series shorter than the first.
    pub fn of_each<const K: usize>(returns: [&[f64]; K]) -> [Self; K] {
        let n = returns.first().map_or(0, |first| first.len());
        let returns = returns.map(|series| &series[..n]);
        let (mut equity, mut peak, mut least) = ([1.0f64; K], [1.0f64; K], [1.0f64; K]);
        (0..n).for_each(|i| {
            for (j, series) in returns.iter().enumerate() {
                let grown = equity[j] * (1.0 + series[i]);
                equity[j] = if equity[j] > 0.0 { grown } else { equity[j] };
                peak[j] = if equity[j] > peak[j] { equity[j] } else { peak[j] };
                let share = equity[j] / peak[j];
                least[j] = if share < least[j] { share } else { least[j] };
            }
        });
        std::array::from_fn(|j| Self {
            growth: equity[j],
            ruined: equity[j] <= 0.0,
            max_drawdown: least[j] - 1.0,
        })
    }
}

impl Underwater {
    /// Walks once along simple returns. O(n).
    pub fn of(returns: &[f64]) -> Self {
        let mut walk = Walk::START;
        let (mut squares, mut peak_at, mut longest) = (0.0, 0, 0);
        for (i, &r) in returns.iter().enumerate() {
            let drawdown = walk.step(r);
            squares += drawdown * drawdown;
            if drawdown >= 0.0 {
                longest = longest.max(if i > peak_at { i + 1 - peak_at } else { 0 });
                peak_at = i + 1;
            }
        }
        if returns.len() > peak_at {
            longest = longest.max(returns.len() - peak_at);
        }
        let ulcer = if returns.is_empty() { 0.0 } else { (squares / returns.len() as f64).sqrt() };
        Self { ulcer, longest }
    }
}

/// E_t over the peak so far, minus one, after each return. O(n).
pub fn series(returns: &[f64]) -> Vec<f64> {
    let mut walk = Walk::START;
    returns.iter().map(|&r| walk.step(r)).collect()
}

/// Every fall in order of time. O(n).
pub fn episodes(returns: &[f64]) -> Vec<Episode> {
    let mut found: Vec<Episode> = Vec::new();
    let (mut peak, mut open) = (0, false);
    for (i, drawdown) in series(returns).into_iter().enumerate() {
        let now = i + 1;
        match found.last_mut() {
            Some(episode) if open && drawdown >= 0.0 => episode.recovery = Some(now),
            Some(episode) if open && drawdown < episode.depth => {
                (episode.depth, episode.trough) = (drawdown, now)
            }
            _ if !open && drawdown < 0.0 => {
                found.push(Episode { depth: drawdown, peak, trough: now, recovery: None })
            }
            _ => {}
        }
        open = drawdown < 0.0;
        peak = if open { peak } else { now };
    }
    found
}

/// The `count` deepest falls, deepest first, earlier first among equals. O(n + m log m) for m falls.
pub fn worst(returns: &[f64], count: usize) -> Vec<Episode> {
    let mut found = episodes(returns);
    found.sort_by(|a, b| a.depth.total_cmp(&b.depth));
    found.truncate(count);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_loss_counts() {
        assert!((Curve::of(&[-0.2, 0.1]).max_drawdown + 0.2).abs() < 1e-15);
        assert_eq!(Underwater::of(&[-0.2, 0.1]).longest, 2);
    }

    #[test]
    fn falls_in_order() {
        let returns = [0.5, -0.5, 0.2, 1.0, -0.1, 0.5, -0.25];
        let found = episodes(&returns);
        let places: Vec<_> = found.iter().map(|e| (e.peak, e.trough, e.recovery)).collect();
        assert_eq!(places, [(1, 2, Some(4)), (4, 5, Some(6)), (6, 7, None)]);
        assert_eq!(Underwater::of(&returns).longest, 3);
        assert_eq!(worst(&returns, 2).iter().map(|e| e.peak).collect::<Vec<_>>(), [1, 6]);
    }

    #[test]
    fn rising_and_ruined() {
        let rising = [0.1, 0.0, 0.1];
        assert_eq!(Curve::of(&rising).max_drawdown, 0.0);
        assert_eq!(Underwater::of(&rising), Underwater { ulcer: 0.0, longest: 0 });
        let ruined = Curve::of(&[0.5, -1.2, 9.0]);
        assert!(ruined.ruined && (ruined.growth + 0.3).abs() < 1e-15);
        assert!(episodes(&[]).is_empty());
        let [one, two] = Curve::of_each([&[0.5, -1.2, 9.0], &rising]);
        assert_eq!((one, two), (ruined, Curve::of(&rising)));
    }
}
