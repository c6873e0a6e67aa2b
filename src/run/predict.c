#include "run/predict_parts.h"

#include "core/clock.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Collective. Rank 0 chooses: a run that goes on may show other ranks more draws. */
static bens_status choose(bens_predictor *p, uint64_t repeat)
{
    bens_members m = {0}, mine;
    bens_status s = BENS_OK;
    char *list = NULL, *counts = (char *)&mine;
    size_t n_list = 0, n_counts = sizeof mine;
    bens_members_release(&p->members);
    if (bens_comm_rank(p->world) == 0) {
        s = bens_members_create(p->draws, &p->request->members, repeat, &m);
        mine = m;
        list = (char *)m.member;
        n_list = (size_t)m.n * sizeof *m.member;
    }
    BENS_TRY(bens_comm_broadcast(p->world, 0, &counts, &n_counts, s));
    if (bens_comm_rank(p->world) != 0) {
        memcpy(&m, counts, sizeof m);
        free(counts);
        m.member = NULL;
        m.begin = m.cluster = NULL;
    }
    s = bens_comm_broadcast(p->world, 0, &list, &n_list, BENS_OK);
    if (s == BENS_OK && bens_comm_rank(p->world) != 0) {
        m.member = (bens_member *)(void *)list;
        s = bens_members_group(&m);
    }
    p->members = m;
    return bens_comm_agree(p->world, s);
}

/* Collective. The forecasts that are kept are those of the first choice: the others are
 * scored before it. */
static bens_status score(bens_predictor *p, bens_scores *scores)
{
    for (int64_t i = p->request->repeats - 1; i >= 0; i--) {
        BENS_TRY(choose(p, (uint64_t)i));
        BENS_TRY(bens_predictor_score(p, i == 0, &scores[i]));
    }
    return BENS_OK;
}

/* Collective. */
static bens_status predict(bens_predictor *p)
{
    const bool speaks = bens_comm_rank(p->world) == 0;
    const double start = bens_clock();
    bens_scores *scores = NULL;
    BENS_TRY(choose(p, 0));
    if (speaks) bens_predictor_warn(p);
    bens_status s = bens_predictor_allocate(p);
    if (s == BENS_OK)
        s = bens_alloc((size_t)p->request->repeats, sizeof *scores, &scores);
    s = bens_comm_agree(p->world, s);
    if (s == BENS_OK) s = bens_predictor_open_file(p);
    if (s == BENS_OK) s = score(p, scores);
    if (s == BENS_OK) s = bens_comm_agree(p->world, bens_predictions_sync(p->file));
    if (s == BENS_OK && speaks) s = bens_predictor_write(p, scores);
    if (s != BENS_ERR_PEER) s = bens_comm_agree(p->world, s);
    if (s != BENS_OK && speaks && p->temporary[0] != '\0') unlink(p->temporary);
    p->seconds = bens_clock() - start;
    if (s == BENS_OK && speaks && !p->request->quiet) bens_predictor_print(p, scores);
    free(scores);
    return s;
}

bens_status bens_predict(bens_comm *world, const bens_predict_request *request)
{
    bens_predictor p;
    bens_status s = bens_comm_agree(world, bens_predictor_create(request, world, &p));
    if (s == BENS_OK) s = bens_predictor_open(&p);
    if (s == BENS_OK) s = predict(&p);
    if (s != BENS_ERR_PEER) bens_predictor_release(&p); /* Collective */
    return s;
}
