/* monitor.h - how good each chain is on rows of the data, and the average of all.
 *
 * At multiples of [monitor] every and at each draw the state of a chain predicts all rows
 * of [monitor] data. The answers to a draw join the average of its chain, which is part
 * of its state; at the end the chains are averaged in their order. So no number depends
 * on who had which chain, or on when the run was stopped. Shards of a group answer blocks
 * of rows in turn, and all of them have all answers. Nothing that a chain goes on from is
 * touched: its draws have the bits that they have without a monitor. */
#ifndef BENS_RUN_MONITOR_H
#define BENS_RUN_MONITOR_H

#include "analysis/average.h"
#include "comm/grid.h"
#include "io/metrics.h"
#include "run/chain.h"

typedef struct bens_monitor bens_monitor;

/* Local. What the chains of a rank share. *out = NULL: nothing is monitored; the
 * functions below then do nothing. shards is borrowed. */
bens_status bens_monitor_create(const bens_problem *problem, bens_comm *shards,
                                bens_monitor **out);
void bens_monitor_destroy(bens_monitor *monitor); /* takes NULL */

/* Local. Doubles of a chain's average; 0: nothing is monitored. */
size_t bens_monitor_size(const bens_problem *problem);

/* Local. Bytes that the chains of a rank share for it. */
size_t bens_monitor_bytes(const bens_problem *problem);

/* Local. The rows that chains are judged by; there are some. */
bens_questions bens_monitor_questions(const bens_problem *problem);

/* Local. The first step after `at` that wants a look; INT64_MAX: none does. */
int64_t bens_monitor_next(const bens_problem *problem, int64_t at);

/* Collective over the shards. chain->watch gets loss and score of the present state. */
bens_status bens_monitor_look(bens_monitor *monitor, bens_chain *chain);

/* Collective over the shards. The same at a draw, which joins the chain's average; lost:
 * it is no number (`diverging`), and from then on nothing of the chain counts at the end,
 * as in bens predict. */
bens_status bens_monitor_draw(bens_monitor *monitor, bens_chain *chain, bool lost);

/* Local. chain [n] come from checkpoints: are they about the rows that there are now?
 * Errors: BENS_ERR_CONFIG. */
bens_status bens_monitor_check(const bens_problem *problem, const bens_chain *chain,
                               int64_t n);

/* Local. What a chain's watch is in metrics.jsonl. */
bens_monitored bens_monitor_report(const bens_problem *problem, const bens_watch *watch);

/* Local. "test loss 0.482, accuracy 0.771": the means over those of chain [n] that have
 * been looked at and are numbers; "" if there are none. */
void bens_monitor_describe(const bens_problem *problem, const bens_chain *chain,
                           int64_t n, char *text, size_t size);

/* Local. One line on stderr if there are very many looks: an epoch of a full batch is one
 * step. */
void bens_monitor_warn(const bens_problem *problem);

/* Collective over the world. All chains of the run; chain [grid's] are this group's, and
 * *out is set on rank 0 only. The problem has a monitor. */
typedef struct {
    bens_average_scores scores;
    int64_t n_lost; /* chains that do not count */
} bens_monitor_result;
bens_status bens_monitor_finish(const bens_problem *problem, const bens_grid *grid,
                                bens_comm *world, const bens_chain *chain,
                                bens_monitor_result *out);

/* Local, rank 0. Two lines on stdout. */
void bens_monitor_show(const bens_problem *problem, const bens_monitor_result *result);
/* Local, rank 0. One line for metrics.jsonl, at path. Errors: BENS_ERR_IO. */
bens_status bens_monitor_write(const bens_problem *problem,
                               const bens_monitor_result *result, const char *path);

#endif
