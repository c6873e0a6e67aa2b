/* session.h - a run being prepared or going on: what every rank holds. */
#ifndef BENS_RUN_SESSION_H
#define BENS_RUN_SESSION_H

#include "io/draws.h"
#include "run/chain.h"
#include "run/layout.h"
#include "run/train.h"

typedef struct {
    bens_comm *world; /* borrowed */
    const bens_train_request *request;
    bens_config config;
    bens_grid grid;
    bens_comm *node; /* the ranks on this node: they share the data; owned */
    bens_problem problem;
    bens_workspace work;
    bens_layout layout;
    char *config_text; /* resolved; owned by config                 */
    bens_config old;   /* of the run that goes on; model NULL: a new run */
    bool remains;      /* of a start that never came to be           */
    bens_draws *draws; /* of the run that goes on, as they were found: rank 0 only */
    int64_t *done;     /* [n_done] draws on disk of its rows                       */
    int64_t n_done;
} bens_session;

/* Collective. Reads the settings on rank 0, broadcasts the bytes, parses everywhere, cuts
 * the grid, opens the data, plans the model. *out must be released even after a failure.
 */
bens_status bens_session_create(bens_comm *world, const bens_train_request *request,
                                bens_session *out);
void bens_session_release(bens_session *session); /* Collective */

/* Local. True on the rank that speaks. */
bool bens_session_speaks(const bens_session *session);

/* Local. Chains of this rank's group. */
int64_t bens_session_chains(const bens_session *session);

/* Local. Draws of this row of the run that were on disk when it went on. */
int64_t bens_session_done(const bens_session *session, int64_t row);

/* Local. Steps of a visit to a chain before the next one's turn: about 10^7
 * multiplications (a hundredth of a second), the same on all shards. */
int64_t bens_session_visit(const bens_session *session);

/* Local. What will be in samples.h5; hosts may be NULL. Borrows from the session. */
bens_samples_spec bens_session_spec(const bens_session *session, const char *hosts,
                                    const char *build, const char *environment);

#endif
