//! What a set of orders is to change, how far it has come, and which leg is behind.

/// From where to where, in lots.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan {
    /// Held at the start.
    pub from: [i64; 2],
    /// To be held.
    pub goal: [i64; 2],
    /// Of a whole position.
    pub units: [i64; 2],
    /// The legs were together at the start: they are as long as they come equally far.
    pub even: bool,
}

impl Plan {
    fn change(&self, leg: usize) -> i64 {
        self.goal[leg] - self.from[leg]
    }

    /// Share of its change that a leg has.
    fn progress(&self, held: [i64; 2], leg: usize) -> f64 {
        match self.change(leg) {
            0 => 0.0,
            change => (held[leg] - self.from[leg]) as f64 / change as f64,
        }
    }

    /// The legs differ by more than half a lot of each.
    pub fn is_apart(&self, held: [i64; 2]) -> bool {
        if held == self.goal {
            return false;
        }
        let half = |of: i64| if of == 0 { 0.0 } else { 0.5 / of.abs() as f64 };
        if !self.even {
            let share = |leg: usize| match self.units[leg] {
                0 => 0.0,
                units => held[leg] as f64 / units as f64,
            };
            // The second leg is held the other way round.
            return (share(0) + share(1)).abs() > half(self.units[0]) + half(self.units[1]) + 1e-12;
        }
        let [one, two] = [self.change(0), self.change(1)];
        let apart = (self.progress(held, 0) - self.progress(held, 1)).abs();
        one != 0 && two != 0 && apart > half(one) + half(two) + 1e-12
    }

    /// The leg behind.
    fn behind(&self, held: [i64; 2]) -> usize {
        if self.even {
            return usize::from(self.progress(held, 1) < self.progress(held, 0));
        }
        let missing = |leg: usize| (self.goal[leg] - held[leg]).abs() as f64 / self.units[leg].max(1) as f64;
        usize::from(missing(1) > missing(0))
    }

    /// Lots of a leg that go with what the other one holds.
    pub fn matching(&self, held: [i64; 2], leg: usize) -> i64 {
        let other = 1 - leg;
        let (moved, whole) = (i128::from(held[other] - self.from[other]), i128::from(self.change(other)));
        if whole == 0 {
            return self.from[leg];
        }
        let lots = i128::from(self.change(leg)) * moved;
        // To the nearest lot, halves away from the start.
        let near = (2 * lots.abs() + whole.abs()) / (2 * whole.abs());
        self.from[leg] + (near * lots.signum() * whole.signum()) as i64
    }

    /// The leg behind, and the lots that bring it to the other.
    pub fn chase(&self, held: [i64; 2]) -> (usize, i64) {
        let leg = self.behind(held);
        let to = if self.even { self.matching(held, leg) } else { self.goal[leg] };
        (leg, to - held[leg])
    }

    /// The leg ahead, and the lots that bring it back to the other; None where they were apart from the start.
    pub fn unwind(&self, held: [i64; 2]) -> Option<(usize, i64)> {
        let leg = 1 - self.behind(held);
        self.even.then(|| (leg, self.matching(held, leg) - held[leg]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::Stand;
    use super::*;

    #[test]
    fn legs_are_together_as_long_as_they_come_equally_far() {
        let plan = Plan { from: [0, 0], goal: [10, -21], units: [10, 21], even: true };
        for (held, apart) in
            [([0, 0], false), ([10, -21], false), ([4, -8], false), ([4, -9], false), ([4, 0], true)]
        {
            assert_eq!(plan.is_apart(held), apart, "{held:?}");
        }
        assert_eq!(plan.chase([4, 0]), (1, -8));
        assert_eq!(plan.unwind([4, 0]), Some((0, -4)));
        assert_eq!(plan.chase([2, -21]), (0, 8));
        assert_eq!((plan.stand([4, 0]), plan.stand([10, 0])), (Stand::Partial, Stand::OneLeg));
    }

    #[test]
    fn other_units_do_not_part_legs_that_stood_together() {
        // Held by an older ratio; nothing of the new target was filled.
        let plan = Plan { from: [10, -20], goal: [-10, 24], units: [10, 24], even: true };
        assert!(!plan.is_apart([10, -20]));
        assert!(plan.is_apart([-10, -20]));
        // One leg alone: the ratio is brought up to date.
        let plan = Plan { from: [10, -20], goal: [10, -24], units: [10, 24], even: true };
        assert!(!plan.is_apart([10, -22]));
    }

    #[test]
    fn legs_apart_from_the_start_are_judged_by_what_they_hold() {
        let plan = Plan { from: [10, 0], goal: [0, 0], units: [10, 20], even: false };
        assert!(plan.is_apart([10, 0]));
        assert!(plan.is_apart([3, 0]));
        assert!(!plan.is_apart([0, 0]));
        assert_eq!(plan.chase([3, 0]), (0, -3));
        assert_eq!(plan.unwind([3, 0]), None);
    }
}
