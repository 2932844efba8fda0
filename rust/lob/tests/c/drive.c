/* Reads messages from stdin, drives an engine, writes every report and, after each message, both best prices and the
 * lots at them to stdout. With -DCHALLENGE the same through the challenge's names. */
#include <stdio.h>
#include <stdlib.h>

#include "quantrl_lob.h"

typedef struct {
    uint64_t kind; /* 0 new, 1 cancel, 2 modify */
    union {
        qlob_new_order_msg order;
        qlob_cancel_msg cancel;
        qlob_modify_msg modify;
    } as;
} message;

static void put(const void *bytes, size_t n) {
    if (fwrite(bytes, n, 1, stdout) != 1) exit(3);
}

static void answers(int64_t bid, int64_t ask, uint64_t bid_lots, uint64_t ask_lots) {
    int64_t row[4] = {bid, ask, (int64_t)bid_lots, (int64_t)ask_lots};
    put(row, sizeof row);
}

#ifdef CHALLENGE
typedef struct {
    void *(*create)(uint32_t);
    int (*push)(void *, const qlob_report *);
    uint32_t (*drain)(void *, qlob_report *, uint32_t);
    void (*flush)(void *);
    void (*destroy)(void *);
} transport;

int engine_init(uint64_t seed, const transport *t, void *sink);
void engine_shutdown(void);
void engine_on_new_order(const qlob_new_order_msg *);
void engine_on_cancel(const qlob_cancel_msg *);
void engine_on_modify(const qlob_modify_msg *);
void engine_flush(void);
int64_t engine_query_best_bid(void);
int64_t engine_query_best_ask(void);
uint64_t engine_query_depth_at(int64_t, uint8_t);

static void *create(uint32_t n) { return calloc(n, 1); }
static uint32_t drain(void *h, qlob_report *out, uint32_t max) { (void)h, (void)out; return max * 0; }
static void flush(void *h) { ++((int *)h)[1]; }
static int push(void *h, const qlob_report *report) {
    int *calls = h;
    if (++calls[0] % 3 == 0) return 0; /* full now and then */
    put(report, sizeof *report);
    return 1;
}

int main(void) {
    transport t = {create, push, drain, flush, free};
    int *calls = t.create(2 * sizeof(int));
    message m;
    if (engine_init(7, NULL, calls) == 0) return 4;
    if (engine_init(7, &t, calls) != 0) return 5;
    while (fread(&m, sizeof m, 1, stdin) == 1) {
        if (m.kind == 0) engine_on_new_order(&m.as.order);
        if (m.kind == 1) engine_on_cancel(&m.as.cancel);
        if (m.kind == 2) engine_on_modify(&m.as.modify);
        int64_t bid = engine_query_best_bid(), ask = engine_query_best_ask();
        answers(bid, ask, engine_query_depth_at(bid, 0), engine_query_depth_at(ask, 1));
    }
    engine_flush();
    engine_shutdown();
    if (calls[1] != 1) return 6;
    t.destroy(calls);
    return 0;
}
#else
static qlob_engine *engine;
static int refused;

static void sink(void *ctx, const qlob_report *report) {
    if (ctx != &refused) exit(4);
    if (qlob_flush(engine) == -1) ++refused; /* calling back is refused */
    put(report, sizeof *report);
}

int main(void) {
    qlob_config config = {.base_tick = 1000, .max_ids = 4096, .max_orders = 512, .max_levels = 64, .step = 1,
                          .collar_ticks = UINT32_MAX, .modify = 1, .stp = 2, .ids = 1};
    qlob_config wrong = config;
    wrong.stp = 9;
    if (qlob_create(NULL) || qlob_create(&wrong)) return 5;
    engine = qlob_create(&config);
    if (!engine || qlob_set_sink(engine, sink, &refused)) return 6;
    message m;
    while (fread(&m, sizeof m, 1, stdin) == 1) {
        if (m.kind == 0 && qlob_new_order(engine, &m.as.order)) return 7;
        if (m.kind == 1 && qlob_cancel(engine, &m.as.cancel)) return 8;
        if (m.kind == 2 && qlob_modify(engine, &m.as.modify)) return 9;
        int64_t bid = qlob_best_bid(engine), ask = qlob_best_ask(engine);
        answers(bid, ask, qlob_depth_at(engine, bid, 0), qlob_depth_at(engine, ask, 1));
    }
    m.as.order.side = 2;
    if (qlob_new_order(engine, &m.as.order) != -1 || qlob_new_order(engine, NULL) != -1) return 10;
    if (qlob_depth_at(engine, 0, 2) != UINT64_MAX || qlob_new_order(NULL, &m.as.order) != -1) return 11;
    if (qlob_set_sink(engine, NULL, NULL) || qlob_advance(engine, 0, 5, 1) || refused == 0) return 12;
    qlob_destroy(engine);
    qlob_destroy(NULL);
    return 0;
}
#endif
