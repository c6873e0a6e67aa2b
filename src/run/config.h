/* config.h - the settings of a run: parsed, checked, resolved. contracts in
 * docs/settings.md */
#ifndef BENS_RUN_CONFIG_H
#define BENS_RUN_CONFIG_H

#include "data/batch.h"
#include "models/model.h"
#include "samplers/sampler.h"

typedef struct {
    char *output, *backend;
    int64_t seed, threads;
    double time_limit; /* seconds; 0: none */
    bool strict;
} bens_run_options;

typedef struct {
    int64_t chains; /* 0: auto */
    int64_t first_chain, shards, slices;
    int comm;       /* bens_comm_choice */
    double timeout; /* seconds          */
} bens_grid_options;
enum { BENS_COMM_AUTO, BENS_COMM_NONE, BENS_COMM_MPI };

typedef struct {
    bens_data_request request;
    int64_t batch; /* 0: full         */
    int order;     /* bens_order_kind */
} bens_data_options;

typedef struct {
    char *from;  /* "model", "zero", "prior" or the path of a run */
    int momenta; /* BENS_MOMENTA_                                 */
    int64_t superchain;
} bens_init_options;
enum { BENS_MOMENTA_STATIONARY, BENS_MOMENTA_ZERO };

/* The keys of one factor; length, offset, cycle and explore are shared by both. */
typedef struct {
    int kind; /* bens_schedule_kind */
    bens_length warmup;
    double power, floor;
} bens_factor_options;

typedef struct {
    bens_factor_options step_size, temperature;
    bens_length length, offset, cycle;
    double explore; /* share of a cycle */
} bens_schedule_options;

typedef struct {
    bens_length burn_in;
    int64_t thin, draws;
} bens_chain_options;

typedef struct {
    double every; /* seconds */
} bens_checkpoint_options;

typedef struct {
    char *tensors; /* patterns, parted by blanks */
    int dtype;     /* BENS_DTYPE_                */
    int lp;        /* BENS_LP_                   */
} bens_store_options;
enum { BENS_DTYPE_FLOAT32, BENS_DTYPE_FLOAT16 };
enum { BENS_LP_FULL, BENS_LP_BATCH };

/* When a chain is judged by rows of the data. */
typedef struct {
    int data; /* BENS_MONITOR_ */
    bens_length every;
} bens_monitor_options;
enum { BENS_MONITOR_NONE, BENS_MONITOR_TRAIN, BENS_MONITOR_TEST };

/* What `bens diagnose` wants of a run before it trusts it. */
typedef struct {
    double r_hat, tau, ess, temperature, ksd, diverged;
    int64_t gradients, ksd_parameters;
} bens_diagnose_options;

/* One [prior] or [prior PATTERN] section, in the order of the file: later ones win. */
typedef struct {
    const char *pattern; /* "*" for [prior] */
    bens_prior_kind kind;
    double mean, scale;
    char *from;        /* a finished run that gives mean and scale; NULL, "": none */
    const char *where; /* "pima.ini:31", "--set", "default"; for messages          */
} bens_prior_rule;

typedef struct {
    bens_pool *pool; /* owns all of it */
    bens_run_options run;
    bens_grid_options grid;
    bens_data_options data;
    bens_init_options init;
    bens_schedule_options schedule;
    bens_chain_options chain;
    bens_store_options store;
    bens_monitor_options monitor;
    bens_checkpoint_options checkpoint;
    bens_diagnose_options diagnose;
    const bens_model *model;
    void *model_options;
    const char **model_settings; /* any_key: key, value, ..., NULL */
    const bens_sampler *sampler;
    void *sampler_options;
    const bens_source *source; /* NULL for a model with a density of its own */
    void *source_options;
    const bens_likelihood *likelihood; /* NULL likewise */
    void *likelihood_options;
    bens_prior_rule *prior; /* [n_priors]; the first is the default */
    int n_priors;
} bens_config;

/* Local. text [size] is an INI file called `name` (its folder is where relative paths
 * start); set [n_set] are "section.key=value". Every section and key is checked, defaults
 * are filled in, what does not go together is refused.
 * Errors: BENS_ERR_CONFIG: "pima.ini:12: [sampler] step_size: wanted ..., found ...". */
bens_status bens_config_create(const char *name, const char *text, size_t size,
                               const char *const *set, size_t n_set, bens_config *out);
void bens_config_release(bens_config *config);

/* Local. The complete, resolved settings as INI text; *out belongs to the config's pool.
 * Parsed again it gives the same settings. */
bens_status bens_config_print(const bens_config *config, char **out);

/* Local. Writes the priors into the table; means and scales of finished runs
 * belong to the pool. Errors: BENS_ERR_CONFIG: a pattern that matches no
 * tensor, a run that lacks one. */
bens_status bens_config_apply_priors(const bens_config *config, bens_pool *pool,
                                     bens_params *params);

/* Local. `bens options [SECTION]`: every setting: default, range, unit, meaning.
 * section = NULL: all. Errors: BENS_ERR_CONFIG: no such section (with the nearest
 * name). */
bens_status bens_config_describe(const char *section, FILE *out);

#endif
