//! Where the execution of a target stands, in the words of 3.6.

use super::super::broker::held;
use super::super::plan::Plan;
use super::*;

/// Where the execution of a target stands (3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// No order; what is missing is asked for at the next decision.
    Idle,
    /// Nothing is known of the orders.
    Sent,
    /// One leg has all that it was to get.
    OneLeg,
    /// Both have.
    Both,
    /// Some of it.
    Partial,
    /// The leg behind is sent after the other.
    Chasing,
    /// What the other has too much is taken back.
    Unwinding,
    /// The legs could not be brought together.
    Legged,
}

impl Plan {
    /// How far orders of it have come.
    pub fn stand(&self, held: [i64; 2]) -> Stand {
        let full = [0, 1].map(|leg| held[leg] == self.goal[leg]);
        match full {
            [true, true] => Stand::Both,
            _ if held == self.from => Stand::Sent,
            [false, false] => Stand::Partial,
            _ => Stand::OneLeg,
        }
    }
}

impl Broker {
    /// Where the execution stands.
    pub fn stand(&self, account: &Account) -> Stand {
        match self.phase {
            Phase::Idle => Stand::Idle,
            Phase::Working => self.plan.stand(held(account)),
            Phase::Chasing => Stand::Chasing,
            Phase::Unwinding => Stand::Unwinding,
            Phase::Legged => Stand::Legged,
        }
    }
}
