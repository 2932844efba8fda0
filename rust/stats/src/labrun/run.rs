use super::FIRST;
use super::measures::{Measures, Meter, Path};
use super::rule::Rule;
use super::selectors::{Known, Row, Selector, build};
use super::track::Track;
use crate::pools::{Flip, Pool};

const COST: f64 = 5e-4;
const MIN_AGE: usize = 63;
const MIN_ACTED: f64 = 21.0;

/// How rules are run on a pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Protocol {
    /// Days until a row is known: 1 is the next day. 0 looks ahead and exists to show what that does.
    pub delay: usize,
    /// The change of skill whose detection is measured.
    pub flip: Option<Flip>,
    /// Whether weights are kept.
    pub keep_weights: bool,
}

impl Protocol {
    /// Rows known the next day.
    pub fn new(flip: Option<Flip>) -> Self {
        Self { delay: 1, flip, keep_weights: false }
    }
}

struct Running {
    selector: Box<dyn Selector>,
    weights: Vec<f64>,
    before: Vec<f64>,
    score: Vec<f64>,
    meter: Meter,
}

impl Running {
    /// Keeps the weights of the day before and takes new ones.
    fn decide(&mut self, now: &Known<'_>, truth: &[f64]) {
        std::mem::swap(&mut self.weights, &mut self.before);
        self.selector.decide(now, &mut self.weights, &mut self.score);
        if now.compared {
            self.meter.compare(&self.weights, &self.score, truth);
        }
    }

    fn trade(&mut self, day: usize, x: &[f64]) {
        let (mut moved, mut gain) = (0.0, 0.0);
        for ((now, before), x) in self.weights.iter().zip(&self.before).zip(x) {
            moved += (now - before).abs();
            gain += now * x;
        }
        self.meter.day(day, &self.weights, moved, gain - COST * moved);
    }
}

/// Runs every rule on one pool: 1/N until day 63, then what the rule decides on the rows it may know; a cost of 5 bp
/// of what changes hands. O(rules days agents).
pub fn run_pool(pool: &Pool, rules: &[Rule], protocol: &Protocol) -> Vec<(Measures, Path)> {
    let (n, track) = (pool.agents, Track::new(pool));
    let start = |rule: &Rule| Running {
        selector: build(rule, &track),
        weights: vec![1.0 / n as f64; n],
        before: vec![0.0; n],
        score: vec![f64::NAN; n],
        meter: Meter::new(pool.days, protocol.keep_weights, protocol.flip),
    };
    let mut running: Vec<Running> = rules.iter().map(start).collect();
    let mut people = People::new(n);
    for day in 0..pool.days {
        let born: Vec<usize> = (0..n).filter(|i| pool.born[day * n + i] == 1).collect();
        people.begin(day, &born);
        running.iter_mut().for_each(|one| born.iter().for_each(|&slot| one.selector.reset(slot)));
        if let Some(at) = day.checked_sub(protocol.delay) {
            people.meet(&track, at);
            let row = people.row(at, track.scored[at]);
            running.iter_mut().for_each(|one| one.selector.fold(&row, &people.age));
        }
        let now = Known {
            day,
            compared: Meter::compares(day),
            age: &people.age,
            aged: &people.aged,
            ready: &people.ready,
        };
        if day >= FIRST {
            running.iter_mut().for_each(|one| one.decide(&now, &pool.truth[day * n..][..n]));
        }
        running.iter_mut().for_each(|one| one.trade(day, &track.x[day * n..][..n]));
        if day == 0 {
            running.iter_mut().for_each(|one| one.before.copy_from_slice(&one.weights));
        }
    }
    running.into_iter().map(|one| one.meter.finish()).collect()
}

/// Whose rows the columns hold, and how many each has.
struct People {
    birth: Vec<usize>,
    age: Vec<usize>,
    acted: Vec<f64>,
    aged: Vec<bool>,
    ready: Vec<bool>,
    columns: [Vec<f64>; 5],
}

impl People {
    fn new(n: usize) -> Self {
        let zeros = || vec![0.0; n];
        Self {
            birth: vec![0; n],
            age: vec![0; n],
            acted: zeros(),
            aged: vec![false; n],
            ready: vec![false; n],
            columns: [zeros(), zeros(), zeros(), zeros(), vec![1.0; n]],
        }
    }

    fn begin(&mut self, day: usize, born: &[usize]) {
        for &slot in born {
            (self.birth[slot], self.age[slot], self.acted[slot]) = (day, 0, 0.0);
            (self.aged[slot], self.ready[slot]) = (false, false);
        }
    }

    /// One more row; what belongs to an agent that is gone is left out.
    fn meet(&mut self, track: &Track<'_>, at: usize) {
        let n = self.age.len();
        let [net, x, z, acted, here] = &mut self.columns;
        net.copy_from_slice(&track.pool.returns[at * n..][..n]);
        x.copy_from_slice(&track.x[at * n..][..n]);
        z.copy_from_slice(&track.z[at * n..][..n]);
        for i in 0..n {
            acted[i] = f64::from(track.pool.acted[at * n + i]);
            here[i] = 1.0;
            if self.birth[i] > at {
                [net[i], x[i], z[i], acted[i], here[i]] = [0.0; 5];
            }
            self.age[i] += usize::from(here[i] > 0.0);
            self.acted[i] += if track.scored[at] { acted[i] } else { 0.0 };
            self.aged[i] = self.age[i] >= MIN_AGE;
            self.ready[i] = self.aged[i] && self.acted[i] >= MIN_ACTED;
        }
    }

    fn row(&self, at: usize, scored: bool) -> Row<'_> {
        let [net, x, z, acted, here] = &self.columns;
        Row { at, scored, net, x, z, acted, here }
    }
}
