/// Which agents have skill, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// P0: none.
    Null,
    /// P1: six keep it, four lose it at once.
    Mixed,
    /// P2: two groups take turns with the regime.
    Regimes,
    /// P3: twelve have it one after the other, and it fades.
    Decay,
    /// P4: five keep it, ten are copies of a lucky one.
    Clones,
    /// P5: agents come and go.
    Arrivals,
    /// P6: most of the skilled act one day in five.
    Sparse,
    /// P7: ten imitate yesterday's best and are sure of themselves.
    Liars,
    /// P8: eight earn steadily until the day they crash.
    Crashes,
    /// P0 with ten copies of one of them.
    NullClones,
}

/// A change of skill whose detection is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flip {
    /// First day after it.
    pub day: usize,
    /// First of the agents that lost their skill.
    pub first: usize,
    /// How many they are.
    pub count: usize,
}

impl Kind {
    /// Every kind with its name.
    pub const TABLE: [(&'static str, Kind); 10] = [
        ("P0", Kind::Null),
        ("P1", Kind::Mixed),
        ("P2", Kind::Regimes),
        ("P3", Kind::Decay),
        ("P4", Kind::Clones),
        ("P5", Kind::Arrivals),
        ("P6", Kind::Sparse),
        ("P7", Kind::Liars),
        ("P8", Kind::Crashes),
        ("P0-clones", Kind::NullClones),
    ];

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// Columns of a pool.
    pub fn agents(self) -> usize {
        if self == Self::Arrivals { 80 } else { 40 }
    }

    /// The change of skill, where there is one common to all.
    pub fn flip(self) -> Option<Flip> {
        (self == Self::Mixed).then_some(Flip { day: 504, first: 36, count: 4 })
    }

    pub(super) fn stream(self) -> u64 {
        self as u64
    }
}
