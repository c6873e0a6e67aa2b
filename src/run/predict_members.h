/* predict_members.h - which draws of a run predict, and in which groups. All functions
 * are Local. */
#ifndef BENS_RUN_PREDICT_MEMBERS_H
#define BENS_RUN_PREDICT_MEMBERS_H

#include "io/draws.h"

/* A Monte Carlo error from n clusters is itself known to 1 / sqrt(2 (n - 1)): 9 % of 64,
 * 27 % of 8. */
enum { BENS_MOST_UNITS = 64, BENS_FEW_CHAINS = 8 };

typedef struct {
    enum {
        BENS_MEMBERS_ALL,
        BENS_MEMBERS_LAST,
        BENS_MEMBERS_THIN,
        BENS_MEMBERS_SOME
    } kind;
    int64_t n;  /* thin: every n-th draw of a chain; some: how many ... */
    int64_t of; /* ... out of how many; 0: of all                       */
} bens_member_choice;

/* "all", "last", "thin=10", "15 of 35", "15". Errors: BENS_ERR_CONFIG. */
bens_status bens_member_choice_parse(const char *text, bens_member_choice *out);

typedef struct {
    int64_t row, draw;
} bens_member;

/* The good draws that were chosen, in the order of chains, then of draws. Chains that
 * diverged give none.
 *
 * Units are what ranks share: blocks of consecutive draws of a chain, 64 / chains of
 * each; from 33 chains on whole chains, beyond 64 of them groups of neighbours. Clusters
 * are what is resampled for Monte Carlo errors: from 8 chains on they are chains (or
 * those groups), since draws of a chain are not independent. Of fewer chains every unit
 * is one: those blocks must be longer than the draws remember, or the errors come out too
 * small. */
typedef struct {
    int64_t n;
    bens_member *member;
    int64_t n_units;
    int64_t *begin; /* [n_units + 1]: unit u has members begin[u] ... begin[u + 1] - 1 */
    int64_t n_clusters;
    int64_t *cluster;   /* [n_units] of each unit, ascending                           */
    int64_t n_good;     /* draws that could have been chosen                           */
    int64_t n_chains;   /* with members                                                */
    int64_t n_diverged; /* chains                                                      */
    int64_t n_empty;    /* chains without a draw                                       */
    int64_t n_missing;  /* draws not done yet, of chains that have not diverged        */
} bens_members;

/* `repeat` numbers the random choices. Errors: BENS_ERR_TRUST (no draw yet, every chain
 * diverged), BENS_ERR_CONFIG (more wanted than there are). */
bens_status bens_members_create(const bens_draws *draws, const bens_member_choice *choice,
                                uint64_t repeat, bens_members *out);

/* The same from the list and counts alone: the units of member [n]. */
bens_status bens_members_group(bens_members *members);
void bens_members_release(bens_members *members);

/* "all: 20000 draws of 4 chains". */
void bens_members_describe(const bens_members *members, const bens_member_choice *choice,
                           char *text, size_t size);

/* The chains and draws of a rectangle of members: every draw that all chains with members
 * have. row [n_rows], draw [n_draws], owned. Errors: BENS_ERR_CONFIG: there is none. */
typedef struct {
    int64_t n_rows, n_draws;
    int64_t *row, *draw;
} bens_rectangle;
bens_status bens_rectangle_create(const bens_members *members, int64_t n_draws,
                                  bens_rectangle *out);
void bens_rectangle_release(bens_rectangle *rectangle);

/* The place row * n_draws + draw of a member in it, -1: outside. */
int64_t bens_rectangle_find(const bens_rectangle *rectangle, bens_member member);

#endif
