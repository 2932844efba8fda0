/* quantrl-lob for C. Build the library with
 *   cargo rustc -p quantrl-lob --release --features capi --crate-type cdylib
 * An engine is used by one thread at a time. Functions return 0, or -1 for a null pointer, a message with a field out
 * of its list, a call from within a sink, or an engine that has failed. What the matching rules refuse is a report. */
#ifndef QUANTRL_LOB_H
#define QUANTRL_LOB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct qlob_engine qlob_engine;

typedef struct {
    int64_t base_tick;     /* prices are within 2^31 ticks of it */
    uint64_t max_ids;      /* ids are below this, if counted up; else 0 */
    uint32_t max_orders;   /* live at a time, without allocating */
    uint32_t max_levels;   /* a side */
    uint32_t step;         /* of the venue, in ticks */
    uint32_t collar_ticks; /* reach of market orders, UINT32_MAX = any */
    uint8_t modify;        /* 0 keep place on decrease, 1 always requeue */
    uint8_t post_only;     /* 0 reject, 1 slide */
    uint8_t stp;           /* 0 off, 1 cancel newest, 2 oldest, 3 both, 4 decrement */
    uint8_t ids;           /* 0 direct, 1 paged, 2 hash */
    uint8_t pad[4];
} qlob_config;

typedef struct {
    uint64_t id, seq;
    int64_t price; /* INT64_MAX: none, for a market order */
    uint32_t qty;
    uint8_t side;   /* 0 buy, 1 sell */
    uint8_t tif;    /* 0 GTC, 1 IOC, 2 FOK, 3 DAY; + 0x10 market, + 0x20 post-only */
    uint16_t owner; /* 0: nobody in particular */
} qlob_new_order_msg;

typedef struct {
    uint64_t id, seq;
} qlob_cancel_msg;

typedef struct {
    uint64_t id, seq;
    int64_t price;
    uint32_t qty; /* new open lots */
    uint8_t side;
    uint8_t pad[3];
} qlob_modify_msg;

typedef struct {
    uint8_t kind;   /* 0 ack, 1 trade, 2 cancelled, 3 modified, 4, 5 cancel, modify refused, 6 refused, 7 expired */
    uint8_t side;   /* of a trade: the aggressor's */
    uint8_t reason; /* 0: as asked */
    uint8_t pad[5];
    uint64_t seq, id;
    int64_t price;
    uint32_t qty, pad_qty;
    uint64_t maker, taker, pad_end;
} qlob_report;

/* The report is good during the call only. The sink must not call the engine. */
typedef void (*qlob_sink)(void *ctx, const qlob_report *report);

qlob_engine *qlob_create(const qlob_config *config); /* NULL: settings not valid */
void qlob_destroy(qlob_engine *engine);
int32_t qlob_set_sink(qlob_engine *engine, qlob_sink push, void *ctx);
int32_t qlob_new_order(qlob_engine *engine, const qlob_new_order_msg *order);
int32_t qlob_cancel(qlob_engine *engine, const qlob_cancel_msg *cancel);
int32_t qlob_modify(qlob_engine *engine, const qlob_modify_msg *modify);
int32_t qlob_advance(qlob_engine *engine, uint64_t seq, int64_t ts_ns, uint8_t close);
int64_t qlob_best_bid(const qlob_engine *engine); /* INT64_MIN: none */
int64_t qlob_best_ask(const qlob_engine *engine); /* INT64_MAX: none */
uint64_t qlob_depth_at(const qlob_engine *engine, int64_t price, uint8_t side);
int32_t qlob_flush(qlob_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
