use super::agent::{Agent, VolBounds};
use super::cross_section;
use super::error::FoldError;
use super::scores::Scores;

const FLOOR_ANNUAL: f64 = 0.02;
const START_ANNUAL: f64 = 0.20;
const MIN_CALENDAR: f64 = 5.0;

/// Decayed normal scores of a growing set of agents, folded round after round.
#[derive(Clone, Debug, PartialEq)]
pub struct NormalScore {
    pub(super) decay: f64,
    pub(super) periods: f64,
    pub(super) bounds: VolBounds,
    pub(super) overlap: f64,
    pub(super) agents: Vec<Agent>,
}

impl NormalScore {
    /// Most agents a scorer takes.
    pub const MAX_AGENTS: usize = 4096;

    /// A scorer without history. Weights halve every `half_life` periods (infinity: never).
    ///
    /// # Errors
    /// An argument is not positive, or the target is not finite.
    pub fn new(half_life: f64, target_vol: f64, periods_per_year: f64) -> Result<Self, FoldError> {
        positive("half_life", half_life, true)?;
        positive("target_vol_daily", target_vol, false)?;
        positive("periods_per_year", periods_per_year, false)?;
        let root = periods_per_year.sqrt();
        let bounds = VolBounds { target: target_vol, floor: FLOOR_ANNUAL / root, start: START_ANNUAL / root };
        let decay = libm::exp2(-1.0 / half_life);
        Ok(Self { decay, periods: periods_per_year, bounds, overlap: 1.0, agents: Vec::new() })
    }

    /// Number of ids known: the largest ever seen, plus one.
    pub fn len(&self) -> usize {
        self.agents.len()
    }

    /// True before the first round.
    pub fn is_empty(&self) -> bool {
        self.agents.is_empty()
    }

    /// Adds one matured round `elapsed` periods after the last and returns the volatility-scaled net returns.
    /// Agents without a row only fade. Rounds with fewer than three acting agents are not scored. O(A + k log k).
    ///
    /// # Errors
    /// Lengths differ, ids do not increase, or a value is out of range; the state is as before.
    pub fn fold(
        &mut self,
        agent: &[u32],
        net: &[f64],
        acted: &[u8],
        elapsed: f64,
        overlap: f64,
    ) -> Result<Vec<f64>, FoldError> {
        check_round(agent, net, acted, elapsed, overlap)?;
        if let Some(&last) = agent.last() {
            let known = self.agents.len().max(last as usize + 1);
            self.agents.resize_with(known, Agent::default);
        }
        self.overlap = overlap;
        let rows = || agent.iter().map(|&id| id as usize);
        let scaled: Vec<f64> = rows().zip(net).map(|(i, r)| r * self.agents[i].scale(&self.bounds)).collect();
        let scores = self.scores_of_round(agent, &scaled, acted);
        let keep = libm::pow(self.decay, elapsed);
        self.agents.iter_mut().for_each(|a| a.decay(keep));
        for (at, i) in rows().enumerate() {
            self.agents[i].remember(net[at], scaled[at]);
            self.agents[i].calendar += f64::from(scores.is_some());
        }
        for (i, z) in scores.into_iter().flatten() {
            self.agents[i].scores.add(z);
            self.agents[i].acted += 1;
        }
        Ok(scaled)
    }

    /// Everything known now. O(A).
    pub fn scores(&self) -> Scores {
        Scores::of(&self.agents, &self.bounds, self.periods, self.overlap)
    }

    /// (id, score) of the rows that acted, with what was known before the round.
    fn scores_of_round(&self, agent: &[u32], scaled: &[f64], acted: &[u8]) -> Option<Vec<(usize, f64)>> {
        let acting: Vec<usize> = (0..agent.len()).filter(|&at| acted[at] == 1).collect();
        let x: Vec<f64> = acting.iter().map(|&at| scaled[at]).collect();
        let z = cross_section::scores(&x)?;
        let guarded = |(at, (x, z)): (&usize, (f64, f64))| {
            let id = agent[*at] as usize;
            let known = &self.agents[id];
            let share = if known.calendar < MIN_CALENDAR { 1.0 } else { known.share() };
            (id, cross_section::guarded(z, x, share, self.bounds.target))
        };
        Some(acting.iter().zip(x.into_iter().zip(z)).map(guarded).collect())
    }
}

fn positive(field: &'static str, value: f64, may_be_infinite: bool) -> Result<(), FoldError> {
    let fits = value > 0.0 && (may_be_infinite || value.is_finite());
    if fits { Ok(()) } else { Err(FoldError::Value { field, row: None, value }) }
}

fn check_round(
    agent: &[u32],
    net: &[f64],
    acted: &[u8],
    elapsed: f64,
    overlap: f64,
) -> Result<(), FoldError> {
    if agent.len() != net.len() || agent.len() != acted.len() {
        return Err(FoldError::Lengths { rows: [agent.len(), net.len(), acted.len()] });
    }
    for (row, (&id, (&r, &flag))) in agent.iter().zip(net.iter().zip(acted)).enumerate() {
        if row > 0 && agent[row - 1] >= id {
            return Err(FoldError::Order { row });
        }
        if id as usize >= NormalScore::MAX_AGENTS {
            return Err(FoldError::TooMany { row, agent: id });
        }
        if !r.is_finite() {
            return Err(FoldError::Value { field: "net", row: Some(row), value: r });
        }
        if flag > 1 {
            return Err(FoldError::Value { field: "acted", row: Some(row), value: f64::from(flag) });
        }
    }
    if !(elapsed >= 0.0 && elapsed.is_finite()) {
        return Err(FoldError::Value { field: "elapsed", row: None, value: elapsed });
    }
    if !(overlap >= 1.0 && overlap.is_finite()) {
        return Err(FoldError::Value { field: "overlap", row: None, value: overlap });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scorer() -> NormalScore {
        NormalScore::new(126.0, 0.1 / 252f64.sqrt(), 252.0).unwrap()
    }

    fn net(day: usize, agent: usize) -> f64 {
        ((day * 31 + agent * 17) % 29) as f64 * 1e-3 - 0.013 + agent as f64 * 2e-4
    }

    fn run(scorer: &mut NormalScore, days: std::ops::Range<usize>, agents: usize) {
        let ids: Vec<u32> = (0..agents as u32).collect();
        for day in days {
            let rows: Vec<f64> = (0..agents).map(|i| net(day, i)).collect();
            scorer.fold(&ids, &rows, &vec![1; agents], 1.0, 1.0).unwrap();
        }
    }

    #[test]
    fn ready_after_63_rows() {
        let mut scorer = scorer();
        run(&mut scorer, 0..62, 10);
        assert!(scorer.scores().ready.iter().all(|&r| r == 0));
        run(&mut scorer, 62..63, 10);
        let scores = scorer.scores();
        assert!(scores.ready.iter().all(|&r| r == 1) && scores.mean.iter().all(|m| m.is_finite()));
        assert!(scores.share.iter().all(|&a| a == 1.0));
    }

    #[test]
    fn absent_agents_only_fade() {
        let mut scorer = scorer();
        run(&mut scorer, 0..80, 10);
        let before = scorer.scores();
        scorer.fold(&[1, 2, 3], &[0.0; 3], &[1; 3], 5.0, 1.0).unwrap();
        let after = scorer.scores();
        assert!((after.share[0] - before.share[0]).abs() < 1e-15 && (after.s[0] - before.s[0]).abs() < 1e-12);
        assert_eq!((after.age[0], after.age[1]), (80, 81));
    }

    #[test]
    fn two_agents_are_never_scored() {
        let mut scorer = scorer();
        run(&mut scorer, 0..100, 2);
        let scores = scorer.scores();
        assert_eq!((scores.ready[0], scores.acted[0], scores.age[0]), (0, 0, 100));
        assert!(scores.s[0].is_nan() && scores.psr_abs[0].is_finite());
    }

    #[test]
    fn refused_rounds_change_nothing() {
        let mut scorer = scorer();
        run(&mut scorer, 0..9, 5);
        let before = scorer.clone();
        let nan = f64::NAN;
        assert!(scorer.fold(&[0, 1], &[0.0], &[1, 1], 1.0, 1.0).is_err());
        assert_eq!(scorer.fold(&[1, 1], &[0.0; 2], &[1; 2], 1.0, 1.0), Err(FoldError::Order { row: 1 }));
        assert!(scorer.fold(&[9, 4096], &[0.0; 2], &[1; 2], 1.0, 1.0).is_err());
        assert!(scorer.fold(&[9], &[nan], &[1], 1.0, 1.0).is_err());
        assert!(scorer.fold(&[9], &[0.0], &[2], 1.0, 1.0).is_err());
        assert!(scorer.fold(&[9], &[0.0], &[1], nan, 1.0).is_err());
        assert!(scorer.fold(&[9], &[0.0], &[1], 1.0, 0.5).is_err());
        assert_eq!(scorer, before);
    }

    #[test]
    fn overlap_multiplies_the_variance() {
        let (mut one, mut five) = (scorer(), scorer());
        run(&mut one, 0..70, 10);
        run(&mut five, 0..69, 10);
        let rows: Vec<f64> = (0..10).map(|i| net(69, i)).collect();
        five.fold(&(0..10).collect::<Vec<u32>>(), &rows, &[1; 10], 1.0, 5.0).unwrap();
        assert!((five.scores().v[0] / one.scores().v[0] - 5.0).abs() < 1e-12);
    }
}
