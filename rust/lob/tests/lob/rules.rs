//! The rules of matching, each through 2 ladders, 3 id indexes and both sides.

use quantrl_lob::conformance::{LATER, RULES, Status, cases, check, table};

fn rule(name: &str) {
    let own: Vec<_> = cases().into_iter().filter(|case| case.rule() == name).collect();
    assert!(!own.is_empty(), "{name} has no case");
    for case in own {
        check(&case).unwrap_or_else(|error| panic!("{error}"));
    }
}

macro_rules! rules {
    ($($test:ident $name:literal)*) => {
        $(#[test] fn $test() { rule($name); })*
    };
}

rules! {
    r01_resting_price "R01"
    r02_price_then_time "R02"
    r03_never_past_the_limit "R03"
    r04_never_crossed "R04"
    r05_partial_fill_keeps_the_head "R05"
    r06_one_trade_for_each_maker "R06"
    r07_conservation "R07"
    r08_empty_levels_vanish "R08"
    r09_cancels_leave_the_others "R09"
    r10_ids_not_live "R10"
    r11_ids_are_free_at_once "R11"
    r12_duplicates_and_time "R12"
    r13_immediate_or_cancel "R13"
    r14_fill_or_kill "R14"
    r15_market "R15"
    r16_post_only "R16"
    r17_modify_priority "R17"
    r18_crossing_modify "R18"
    r19_siblings_and_remainders "R19"
    r20_refused_modify "R20"
    r21_expiry "R21"
    r22_self_trade "R22"
    r26_ranges "R26"
    r27_report_order "R27"
}

#[test]
fn there_are_enough_cases_and_the_table_names_every_rule() {
    assert!(cases().len() >= 80, "{}", cases().len());
    let table = table();
    assert_eq!(table.len(), RULES);
    for (rule, status) in table {
        let later = LATER.contains(&rule.as_str());
        assert!(
            if later { status == Status::Later } else { matches!(status, Status::Pass { .. }) },
            "{rule}"
        );
    }
}
