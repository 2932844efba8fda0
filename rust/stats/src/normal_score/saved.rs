use super::agent::{Agent, Memory, WINDOW};
use super::error::FoldError;
use super::state::NormalScore;

/// A scorer as plain numbers; a scorer made from them goes on as the first would have.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Share of a weight that is left after one period.
    pub decay: f64,
    /// Target volatility per period.
    pub target_vol: f64,
    /// Periods per year.
    pub periods_per_year: f64,
    /// Overlap of the last round.
    pub overlap: f64,
    /// Sums of normal scores: value, square, weight, squared weight.
    pub scores: Vec<[f64; 4]>,
    /// The same of volatility-scaled returns.
    pub scaled: Vec<[f64; 4]>,
    /// Decayed count of scored rounds lived through.
    pub calendar: Vec<f64>,
    /// Rows ever.
    pub age: Vec<i64>,
    /// Scored rows ever.
    pub acted: Vec<i64>,
    /// Last net returns, oldest first.
    pub window: Vec<Vec<f64>>,
}

impl NormalScore {
    /// Everything that decides what comes next. O(A).
    pub fn save(&self) -> Saved {
        let of = |f: fn(&Agent) -> [f64; 4]| self.agents.iter().map(f).collect();
        Saved {
            decay: self.decay,
            target_vol: self.bounds.target,
            periods_per_year: self.periods,
            overlap: self.overlap,
            scores: of(|a| a.scores.into()),
            scaled: of(|a| a.scaled.into()),
            calendar: self.agents.iter().map(|a| a.calendar).collect(),
            age: self.agents.iter().map(|a| a.age).collect(),
            acted: self.agents.iter().map(|a| a.acted).collect(),
            window: self.agents.iter().map(|a| a.window.iter().copied().collect()).collect(),
        }
    }

    /// The scorer that was saved.
    ///
    /// # Errors
    /// Columns differ in length, a number is not finite or negative where it cannot be, or a window is too long.
    pub fn restore(saved: &Saved) -> Result<Self, FoldError> {
        let mut scorer = Self::new(f64::INFINITY, saved.target_vol, saved.periods_per_year)?;
        check(saved)?;
        (scorer.decay, scorer.overlap) = (saved.decay, saved.overlap);
        scorer.agents = (0..saved.age.len())
            .map(|i| Agent {
                scores: saved.scores[i].into(),
                calendar: saved.calendar[i],
                scaled: saved.scaled[i].into(),
                age: saved.age[i],
                acted: saved.acted[i],
                window: saved.window[i].iter().copied().collect(),
            })
            .collect();
        Ok(scorer)
    }
}

fn check(saved: &Saved) -> Result<(), FoldError> {
    let agents = saved.age.len();
    let columns =
        [saved.scores.len(), saved.scaled.len(), saved.calendar.len(), saved.acted.len(), saved.window.len()];
    if let Some(&other) = columns.iter().find(|&&rows| rows != agents) {
        return Err(FoldError::Value { field: "state columns", row: None, value: other as f64 });
    }
    if agents > NormalScore::MAX_AGENTS {
        return Err(FoldError::Value { field: "agents in state", row: None, value: agents as f64 });
    }
    for (field, value, fits) in [
        ("decay", saved.decay, saved.decay > 0.0 && saved.decay <= 1.0),
        ("overlap", saved.overlap, saved.overlap >= 1.0 && saved.overlap.is_finite()),
    ] {
        if !fits {
            return Err(FoldError::Value { field, row: None, value });
        }
    }
    (0..agents).try_for_each(|i| check_agent(saved, i))
}

fn check_agent(saved: &Saved, i: usize) -> Result<(), FoldError> {
    let bad = |field, value| Err(FoldError::Value { field, row: Some(i), value });
    let not_negative = |x: &f64| x.is_finite() && *x >= 0.0;
    for (field, memory) in [("scores", &saved.scores[i]), ("scaled", &saved.scaled[i])] {
        if !memory[0].is_finite() || !memory[1..].iter().all(not_negative) {
            return bad(field, memory[0]);
        }
    }
    if !not_negative(&saved.calendar[i]) {
        return bad("calendar", saved.calendar[i]);
    }
    if saved.age[i] < saved.acted[i] || saved.acted[i] < 0 {
        return bad("age", saved.age[i] as f64);
    }
    let window = &saved.window[i];
    if window.len() > WINDOW || !window.iter().all(|r| r.is_finite()) {
        return bad("window", window.len() as f64);
    }
    Ok(())
}

impl From<Memory> for [f64; 4] {
    fn from(m: Memory) -> Self {
        [m.sum, m.square, m.weight, m.weight2]
    }
}

impl From<[f64; 4]> for Memory {
    fn from([sum, square, weight, weight2]: [f64; 4]) -> Self {
        Self { sum, square, weight, weight2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scorer() -> NormalScore {
        let mut scorer = NormalScore::new(126.0, 0.006, 252.0).unwrap();
        for day in 0..80u32 {
            let net: Vec<f64> = (0..9).map(|i| f64::from((day * 13 + i * 7) % 11) * 1e-3 - 0.005).collect();
            scorer.fold(&[0, 1, 2, 3, 4, 5, 6, 7, 9], &net, &[1; 9], 1.0, 1.0).unwrap();
        }
        scorer
    }

    #[test]
    fn round_trip() {
        let scorer = scorer();
        assert_eq!(NormalScore::restore(&scorer.save()).unwrap(), scorer);
    }

    #[test]
    fn damage_is_refused() {
        let saved = scorer().save();
        let damage: [fn(&mut Saved); 7] = [
            |s| s.decay = 1.5,
            |s| s.overlap = f64::NAN,
            |s| s.calendar[3] = f64::INFINITY,
            |s| s.scores[2][1] = -1.0,
            |s| s.window[0].push(0.0),
            |s| s.age[1] = -5,
            |s| s.acted.truncate(3),
        ];
        for spoil in damage {
            let mut spoiled = saved.clone();
            spoil(&mut spoiled);
            assert!(NormalScore::restore(&spoiled).is_err());
        }
    }
}
