//! Walks over whole files and conversions: touches, progress, and stopping.

use std::sync::Arc;

use crate::common::flow::{Flow, instrument, options, written};
use crate::common::{Folder, Lcg};
use quantrl_feed::convert::columns::convert;
use quantrl_feed::{Bbo, Error, Progress, Replay, Target, Touch, flag};
use quantrl_lob::Side;

#[test]
fn touches_are_the_changes_at_group_ends() {
    let folder = Folder::new();
    let file = written(&Flow::random(3_000, 2, 5), &folder, "a.qev", &["A", "B"]);
    for instr in 0..2 {
        let mut replay = Replay::new(&file);
        let mut naive: Vec<Touch> = Vec::new();
        while let Some(event) = replay.step().unwrap() {
            let [bid, ask] = Side::BOTH.map(|side| replay.books().best(usize::from(instr), side));
            let before = naive.last().map_or((None, None), |touch| (touch.bid, touch.ask));
            if event.instr == instr && event.has(flag::LAST) && before != (bid, ask) {
                let received = quantrl_feed::received(event.ts_exch, event.recv, file.header().recv_unit_ns);
                naive.push(Touch { ts: event.ts_exch, received, bid, ask });
            }
        }
        let (mut bbo, mut touches) = (Bbo::new(&file, instr).unwrap(), Vec::new());
        let mut random = Lcg(1);
        while bbo.run(1 + random.below(50), &mut touches).unwrap() {}
        assert!(naive.len() > 20, "{}", naive.len());
        assert_eq!(touches, naive);
    }
    assert!(matches!(Bbo::new(&file, 2), Err(Error::Config { argument: "instrument", .. })));
}

#[test]
fn a_conversion_tells_how_far_it_is_and_stops() {
    let folder = Folder::new();
    let flow = Flow::random(10_000, 1, 5);
    let run = |name: &str| {
        let target = folder.file(name);
        convert(&flow.columns(), 3, &[instrument("A")], Target::File(&target), &options())
    };
    let watched = Arc::new(Progress::default());
    assert!(watched.watching(|| run("a.qev")).is_ok());
    assert_eq!(watched.steps(), 8_192);
    watched.stop();
    assert_eq!(watched.watching(|| run("b.qev")), Err(Error::Stopped));
    assert!(run("c.qev").is_ok());
    assert_eq!(folder.names(), ["a.qev", "c.qev"]);
}
