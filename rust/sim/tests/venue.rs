//! Integer fills of the bar venue: exact cash, the largest scale, no order of legs, no wrap.

use quantrl_sim::bar::{Costs, Error, Leg, LegFill, Reason, Side, Venue};

const SCALES: i128 = 1 << 32;
const RICH: i64 = 1 << 61;

/// A cheap sequence of numbers: the tests need variety, not quality.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 20) % limit) as i64
    }
}

struct Case {
    venue: Venue,
    tick_values: Vec<i64>,
    legs: Vec<Leg>,
    prices: Vec<i64>,
    cash: i64,
}

fn case(seed: u64) -> Case {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let n = 1 + numbers.below(12) as usize;
    let rates = [0.0, 0.001, 0.0007, 0.03];
    let slippage: Vec<f64> = (0..n).map(|_| [0.0, 0.0, 0.0005, 0.02][numbers.below(4) as usize]).collect();
    let mut rate = || rates[numbers.below(4) as usize];
    let (buy, sell) = (rate(), rate());
    let flat = [0.0, 1.0, 25.0];
    let (fixed, minimum) = (flat[numbers.below(3) as usize], flat[numbers.below(3) as usize]);
    let costs = Costs::new(buy, sell, &slippage, fixed, minimum).unwrap();
    let tick_values: Vec<i64> = (0..n).map(|_| [1, 100_000, 1_000_000][numbers.below(3) as usize]).collect();
    let prices = (0..n).map(|_| numbers.below(8).min(1) * (1 + numbers.below(200_000))).collect();
    let most = [3, 100, 100_000][numbers.below(3) as usize];
    let legs = (0..n)
        .map(|instrument| {
            let side = if numbers.below(3) == 0 { Side::Sell } else { Side::Buy };
            Leg { instrument, side, lots: 1 + numbers.below(most) }
        })
        .collect();
    let most = [1, 1_000_000_000, 1 << 44][numbers.below(3) as usize];
    let cash = numbers.below(most);
    let venue = Venue::new(&costs, &tick_values).unwrap();
    Case { venue, tick_values, legs, prices, cash }
}

/// What a fill adds to cash, recounted from what the caller sees.
fn gain(case: &Case, leg: &Leg, fill: &LegFill) -> i128 {
    let value = i128::from(fill.lots) * i128::from(fill.price) * i128::from(case.tick_values[leg.instrument]);
    if leg.side == Side::Buy { -value - i128::from(fill.fee) } else { value - i128::from(fill.fee) }
}

fn settle(case: &Case, fills: &[LegFill]) -> i128 {
    let gains = case.legs.iter().zip(fills).map(|(leg, fill)| gain(case, leg, fill));
    i128::from(case.cash) + gains.sum::<i128>()
}

#[test]
fn cash_is_exact_and_never_overdrawn() {
    let mut bound = 0;
    for seed in 0..4_000 {
        let case = case(seed);
        let fills = case.venue.fill(&case.legs, &case.prices, case.cash).unwrap();
        assert!(settle(&case, &fills) >= 0, "seed {seed}");
        for (leg, fill) in case.legs.iter().zip(&fills) {
            assert!(0 <= fill.lots && fill.lots <= leg.lots && fill.fee >= 0);
            assert_eq!(fill.reason == Reason::Filled, fill.lots == leg.lots);
            assert_eq!(fill.reason == Reason::NoPrice, case.prices[leg.instrument] == 0);
            assert_eq!(fill.lots == 0, fill.price == 0);
        }
        bound += u64::from(fills.iter().any(|fill| fill.reason == Reason::CashBound));
    }
    assert!((1_000..3_500).contains(&bound), "{bound}");
}

#[test]
fn the_order_of_legs_changes_nothing() {
    for seed in 0..2_000 {
        let case = case(seed);
        let fills = case.venue.fill(&case.legs, &case.prices, case.cash).unwrap();
        let mut numbers = Numbers(seed);
        let mut order: Vec<usize> = (0..fills.len()).collect();
        order.sort_by_key(|_| numbers.below(1 << 30));
        let shuffled: Vec<Leg> = order.iter().map(|&k| case.legs[k]).collect();
        let again = case.venue.fill(&shuffled, &case.prices, case.cash).unwrap();
        let expected: Vec<LegFill> = order.iter().map(|&k| fills[k]).collect();
        assert_eq!(again, expected, "seed {seed}");
    }
}

#[test]
fn the_scale_is_the_largest_affordable() {
    let mut bound = 0;
    for seed in 0..2_000 {
        let case = case(seed);
        let fills = case.venue.fill(&case.legs, &case.prices, case.cash).unwrap();
        let legs = || case.legs.iter().zip(&fills);
        let buys = || legs().filter(|(leg, fill)| leg.side == Side::Buy && fill.reason != Reason::NoPrice);
        let Some(next) = buys()
            .filter(|(leg, fill)| fill.lots < leg.lots)
            .map(|(leg, fill)| (i128::from(fill.lots + 1) * SCALES - 1).div_euclid(i128::from(leg.lots)) + 1)
            .min()
        else {
            continue;
        };
        // At the next scale that changes any leg the buys cost more than there was.
        let sales: i128 =
            legs().filter(|(leg, _)| leg.side == Side::Sell).map(|(l, f)| gain(&case, l, f)).sum();
        let mut spent = 0;
        for (leg, fill) in buys() {
            let part = |scale: i128| (i128::from(leg.lots) * scale / SCALES) as i64;
            assert!(fill.lots <= part(next) && part(next) <= fill.lots + 1, "seed {seed}");
            if part(next) > 0 {
                let more = Leg { lots: part(next), ..*leg };
                let alone = case.venue.fill(&[more], &case.prices, RICH).unwrap()[0];
                spent -= gain(&case, &more, &alone);
            }
        }
        assert!(spent > i128::from(case.cash) + sales, "seed {seed}");
        bound += 1;
    }
    assert!(bound > 500, "{bound}");
}

#[test]
fn worked_by_hand() {
    // Ticks of 0.01, lots of 1 unit: 1,000,000 cash units a tick and lot. 10 bp, cash 1,000.00.
    let costs = Costs::new(0.001, 0.001, &[0.0; 3], 0.0, 0.0).unwrap();
    let venue = Venue::new(&costs, &[1_000_000; 3]).unwrap();
    let leg = |instrument, side, lots| Leg { instrument, side, lots };
    let legs = [leg(0, Side::Buy, 90), leg(1, Side::Buy, 33), leg(2, Side::Sell, 1)];
    // Sale: 1 x 5.00 less 0.005. Buys at 10.00 and 7.00, asked 900 + 231 and 1.131: 1,132.131 of 1,004.995.
    let fills = venue.fill(&legs, &[1_000, 700, 500], 100_000_000_000).unwrap();
    let fill = |lots, price, fee, reason| LegFill { lots, price, fee, reason };
    // 79 and 29 lots cost 993 + 0.993 = 993.993; one more of the first, which comes next, 1,004.003.
    assert_eq!(fills[2], fill(1, 500, 500_000, Reason::Filled));
    assert_eq!(fills[0], fill(80, 1_000, 80_000_000, Reason::CashBound));
    assert_eq!(fills[1], fill(29, 700, 20_300_000, Reason::CashBound));
}

#[test]
fn a_sale_that_cannot_pay_its_fee_is_not_made() {
    let costs = Costs::new(0.0, 0.0, &[0.0; 2], 5.0, 0.0).unwrap();
    let venue = Venue::new(&costs, &[100_000_000; 2]).unwrap();
    let sell = |instrument, lots| Leg { instrument, side: Side::Sell, lots };
    let fills = venue.fill(&[sell(0, 3), sell(1, 6)], &[1, 1], 0).unwrap();
    assert_eq!((fills[0].lots, fills[0].reason), (0, Reason::CashBound));
    assert_eq!((fills[1].lots, fills[1].fee), (6, 500_000_000));
    // Cash that can pay for it lets it happen.
    assert_eq!(venue.fill(&[sell(0, 3)], &[1, 1], 200_000_000).unwrap()[0].lots, 3);
}

#[test]
fn slippage_rounds_against_the_account() {
    let costs = Costs::new(0.0, 0.0, &[0.0005], 0.0, 0.0).unwrap();
    let venue = Venue::new(&costs, &[1]).unwrap();
    let got = |side, price| {
        venue.fill(&[Leg { instrument: 0, side, lots: 1 }], &[price], 1 << 40).unwrap()[0].price
    };
    assert_eq!((got(Side::Buy, 2_000), got(Side::Sell, 2_000)), (2_001, 1_999));
    assert_eq!((got(Side::Buy, 2_001), got(Side::Sell, 2_001)), (2_003, 1_999));
    assert_eq!((got(Side::Buy, 1), got(Side::Sell, 1)), (2, 1));
}

#[test]
fn the_edge_of_64_bits_is_an_error() {
    let costs = Costs::new(0.5, 0.5, &[0.0], 0.0, 0.0).unwrap();
    let venue = Venue::new(&costs, &[1]).unwrap();
    let sell = |lots| Leg { instrument: 0, side: Side::Sell, lots };
    assert_eq!(venue.fill(&[sell(i64::MAX)], &[1], 0).unwrap()[0].lots, i64::MAX);
    for (legs, price, cash) in [
        (vec![sell(i64::MAX)], 2, 0),
        (vec![sell(i64::MAX)], i64::MAX, 0),
        (vec![sell(i64::MAX), sell(i64::MAX), sell(5)], 1, 0),
        (vec![sell(3)], 1, i64::MAX),
    ] {
        assert!(matches!(venue.fill(&legs, &[price], cash), Err(Error::Range(_))), "{legs:?}");
    }
    let dear = Venue::new(&Costs::new(0.0, 0.0, &[0.9], 0.0, 0.0).unwrap(), &[1]).unwrap();
    let buy = Leg { instrument: 0, side: Side::Buy, lots: 1 };
    assert!(matches!(dear.fill(&[buy], &[i64::MAX], 0), Err(Error::Range(_))));
    assert!(Venue::new(&Costs::new(0.0, 0.0, &[0.0], 1e11, 0.0).unwrap(), &[1]).is_err());
}

#[test]
fn nonsense_is_refused() {
    let costs = Costs::new(0.0, 0.0, &[0.0], 0.0, 0.0).unwrap();
    let venue = Venue::new(&costs, &[1]).unwrap();
    let buy = |instrument, lots| [Leg { instrument, side: Side::Buy, lots }];
    assert!(matches!(venue.fill(&buy(1, 1), &[1], 0), Err(Error::Order(_))));
    assert!(matches!(venue.fill(&buy(0, 0), &[1], 0), Err(Error::Order(_))));
    assert!(matches!(venue.fill(&buy(0, -1), &[1], 0), Err(Error::Order(_))));
    assert!(matches!(venue.fill(&buy(0, 1), &[-1], 0), Err(Error::Data(_))));
    assert!(matches!(venue.fill(&buy(0, 1), &[], 0), Err(Error::Data(_))));
    assert!(Venue::new(&costs, &[0]).is_err() && Venue::new(&costs, &[1, 1]).is_err());
}
