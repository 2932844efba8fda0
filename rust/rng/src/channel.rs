/// What random numbers are drawn for: word two of the counter. Numbers are never reused or renumbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Channel {
    /// Decisions of agents.
    Agent = 1,
    /// Random-entry baselines.
    Baseline = 2,
    /// Bootstrap replicates.
    Bootstrap = 3,
    /// Draws of a posterior, such as P(top K).
    Posterior = 4,
    /// Generated market data.
    Synthetic = 5,
    /// Checks that poison or permute data.
    Check = 6,
    /// Pools of agents with known skill.
    Lab = 7,
    /// First row of an environment's episode.
    StartRow = 8,
    /// Assets of an environment's episode.
    Assets = 9,
    /// Weights an environment's episode starts with.
    StartWeights = 10,
    /// Training: initial networks, exploration, minibatches.
    Train = 11,
    /// Controls of an evaluation: permuted markets, noise, corners.
    Control = 12,
    /// Latency of new orders.
    LatencyNew = 13,
    /// Latency of amends.
    LatencyAmend = 14,
    /// Latency of cancels.
    LatencyCancel = 15,
    /// Latency of answers without an execution.
    LatencyAck = 16,
    /// Latency of executions.
    LatencyFill = 17,
    /// Start of a pair environment's episode: position and first length.
    PairStart = 32,
    /// Domain parameters of a pair environment's episode.
    PairTheta = 33,
    /// Innovations of a simulated spread.
    PairSpread = 34,
    /// Innovations of what both legs of a simulated pair share.
    PairCommon = 35,
    /// Entry latency of the first leg.
    PairLatency1 = 36,
    /// Entry latency of the second leg.
    PairLatency2 = 37,
    /// Where a simulated pair is between two decisions.
    PairBridge = 38,
    /// Which passive executions of a pair happen.
    PairFill = 39,
    /// Stock a pair environment's episode starts with.
    PairStock = 41,
}

impl Channel {
    /// Every channel with the name Python uses.
    pub const TABLE: [(&'static str, Channel); 26] = [
        ("agent", Channel::Agent),
        ("baseline", Channel::Baseline),
        ("bootstrap", Channel::Bootstrap),
        ("posterior", Channel::Posterior),
        ("synthetic", Channel::Synthetic),
        ("check", Channel::Check),
        ("lab", Channel::Lab),
        ("start_row", Channel::StartRow),
        ("assets", Channel::Assets),
        ("start_weights", Channel::StartWeights),
        ("train", Channel::Train),
        ("control", Channel::Control),
        ("latency_new", Channel::LatencyNew),
        ("latency_amend", Channel::LatencyAmend),
        ("latency_cancel", Channel::LatencyCancel),
        ("latency_ack", Channel::LatencyAck),
        ("latency_fill", Channel::LatencyFill),
        ("pair_start", Channel::PairStart),
        ("pair_theta", Channel::PairTheta),
        ("pair_spread", Channel::PairSpread),
        ("pair_common", Channel::PairCommon),
        ("pair_latency_1", Channel::PairLatency1),
        ("pair_latency_2", Channel::PairLatency2),
        ("pair_bridge", Channel::PairBridge),
        ("pair_fill", Channel::PairFill),
        ("pair_stock", Channel::PairStock),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_distinct() {
        for (i, (_, a)) in Channel::TABLE.iter().enumerate() {
            for (_, b) in &Channel::TABLE[i + 1..] {
                assert_ne!(*a as u64, *b as u64);
            }
        }
    }
}
