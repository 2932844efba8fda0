//! No event gives a lot twice, whatever it is and whoever waits.

use quantrl_feed::{Books, Decimal, Event, Instrument, Kind};
use quantrl_lob::Side;
use quantrl_sim::tick::own::{Ghost, L2Queue, OwnConfig, QueueModel, ThroughRule};
use quantrl_sim::tick::{Outcome, Report, Venue};

use super::wild::{Lcg, Orders, Requests, SLOTS, gates, sided};

fn given(reports: &[Report]) -> u64 {
    reports.iter().map(|report| u64::from(report.lots)).sum()
}

/// Open lots by order, from reports alone; nothing fills that is not open.
#[derive(Default)]
struct Open(std::collections::BTreeMap<u64, u32>);

impl Open {
    fn hear(&mut self, reports: &[Report]) {
        for report in reports {
            let order = u64::from(report.order.generation()) << 32 | u64::from(report.order.slot());
            match report.outcome {
                Outcome::Accepted | Outcome::Amended => drop(self.0.insert(order, report.lots)),
                Outcome::Filled => {
                    let open = self.0[&order];
                    assert!(report.lots > 0 && report.leaves + report.lots == open, "{report:?} of {open}");
                    self.0.insert(order, report.leaves);
                }
                Outcome::Cancelled => assert_eq!(self.0.remove(&order), Some(report.leaves)),
                Outcome::Rejected | Outcome::RequestRejected => {}
            }
        }
    }

    fn count(&self) -> usize {
        self.0.values().filter(|&&lots| lots > 0).count()
    }
}

#[test]
fn of_single_orders() {
    let count = if gates() { 100_000 } else { 20_000 };
    let mut venue = Ghost::new(Books::new(3, &[SLOTS]), OwnConfig::ghost()).unwrap();
    let (mut orders, mut random) = (Orders::new(77), Lcg(78));
    let (mut requests, mut open, mut total) = (Requests::new(), Open::default(), 0);
    let mut reports = Vec::new();
    for _ in 0..count {
        let Books::Orders(books) = venue.books() else { unreachable!() };
        let mut lots = 0;
        let event = orders.next(|slot| {
            let level = books[0].level_of(slot).unwrap();
            lots = books[0].order(slot).unwrap().qty;
            (level.side, lots)
        });
        reports.clear();
        venue.on_event(&event, &mut reports).unwrap();
        let budget = match Kind::of(event.kind).unwrap() {
            Kind::Reduce | Kind::Delete | Kind::Clear => 0,
            Kind::Exec => lots.min(event.qty),
            _ => event.qty,
        };
        assert!(given(&reports) <= u64::from(budget), "{event:?}: {reports:?}");
        total += given(&reports);
        open.hear(&reports);
        if random.chance(10) {
            reports.clear();
            let request = requests.next(&mut random, 1_000);
            venue.submit(event.ts_exch, &request, &mut reports);
            open.hear(&reports);
        }
        assert_eq!(open.count(), venue.resting());
    }
    assert!(total > count / 50);
}

/// Level sums and trades around one price, never crossed by a level.
fn sums(random: &mut Lcg, ts: i64, best: [Option<i32>; 2]) -> Event {
    let side = random.side();
    let other = best[1 - side as usize];
    let away = random.below(6) as i32;
    let event = Event { ts_exch: ts, qty: random.below(20), ..Event::default() };
    if random.chance(25) {
        // The other side's best or beyond.
        let tick = other.unwrap_or(1_000) + if side == Side::Buy { away / 3 } else { -away / 3 };
        let flags = if random.chance(10) { 0 } else { sided(side) };
        return Event { kind: Kind::Trade as u8, tick, flags, ..event };
    }
    let tick = match side {
        Side::Buy => other.map_or(1_000, |ask| ask - 1) - away,
        Side::Sell => other.map_or(1_001, |bid| bid + 1) + away,
    };
    Event { kind: Kind::Level as u8, tick, flags: sided(side), ..event }
}

#[test]
fn of_level_sums() {
    let count = if gates() { 100_000 } else { 12_000 };
    let models = [
        QueueModel::RiskAverse,
        QueueModel::Power(3.0),
        QueueModel::Power2(2.0),
        QueueModel::Power3(1.5),
        QueueModel::Log,
        QueueModel::Log2,
    ];
    for (seed, model) in (1..).zip(models) {
        let config = OwnConfig { through: ThroughRule::Volume, ..OwnConfig::l2_queue(model) };
        let instrument = Instrument::new("X", Decimal::ONE, Decimal::ONE);
        let mut venue = L2Queue::new(Books::new(2, &[0]), &[instrument], config).unwrap();
        let mut random = Lcg(seed);
        let (mut requests, mut open, mut total) = (Requests::new(), Open::default(), 0);
        let mut reports = Vec::new();
        for ts in 0..count / 6 {
            let best = Side::BOTH.map(|side| venue.books().best(0, side).map(|(tick, _)| tick));
            let event = sums(&mut random, ts, best);
            let Books::Levels(books) = venue.books() else { unreachable!() };
            let before = books[0].lots(quantrl_feed::side_of(event.flags), event.tick);
            reports.clear();
            venue.on_event(&event, &mut reports).unwrap();
            let is_level = event.kind == Kind::Level as u8;
            let budget = if is_level { event.lots().saturating_sub(before) } else { event.lots() };
            assert!(given(&reports) <= budget, "{model} {event:?}: {reports:?}");
            total += given(&reports);
            open.hear(&reports);
            if random.chance(10) {
                reports.clear();
                let mid = best[0].or(best[1]).unwrap_or(1_000);
                venue.submit(ts, &requests.next(&mut random, mid), &mut reports);
                open.hear(&reports);
            }
            assert_eq!(open.count(), venue.resting());
        }
        assert!(total > count as u64 / 300, "{model} {total}");
    }
}
