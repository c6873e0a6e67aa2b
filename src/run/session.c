#include "run/session.h"

#include "comm/share.h"
#include "io/folder.h"
#include "io/ini.h"
#include "run/resume.h"
#include "run/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Collective. */
static bens_status read_config(bens_session *s)
{
    char *text = NULL;
    size_t size = 0;
    const bens_train_request *r = s->request;
    bens_status status = BENS_OK;
    if (bens_session_speaks(s)) status = bens_ini_load(r->config, &text, &size);
    status = bens_comm_broadcast(s->world, 0, &text, &size, status);
    if (status == BENS_OK)
        status = bens_config_create(r->config, text, size, r->set, r->n_set, &s->config);
    status = bens_comm_agree(s->world, status);
    free(text);
    return status;
}

/* Collective. The run that is there, if we are to go on with it. */
static bens_status find_old(bens_session *s)
{
    char *text = NULL;
    const char *folder = s->config.run.output;
    BENS_TRY(bens_resume_find(s->world, folder, s->request->resume, &s->layout, &text,
                              &s->remains));
    bens_status status = BENS_OK;
    if (text != NULL) {
        char name[BENS_PATH_SIZE];
        status = bens_folder_join(folder, "config.ini", name);
        if (status == BENS_OK)
            status = bens_config_create(name, text, strlen(text), NULL, 0, &s->old);
        if (status == BENS_OK) bens_resume_adopt(&s->old, &s->config);
    }
    free(text);
    return bens_comm_agree(s->world, status);
}

/* Local. Everything that was "auto" gets its value, so that config.ini says it; what can
 * be checked only now is checked. */
static bens_status resolve(bens_session *s)
{
    bens_config *c = &s->config;
    bens_grid_options *grid = &c->grid;
    grid->chains = s->grid.n_chains;
    if (grid->slices == 0) grid->slices = grid->shards;
    if (grid->comm == BENS_COMM_AUTO)
        grid->comm = grid->shards > 1 ? BENS_COMM_MPI : BENS_COMM_NONE;
    if (grid->first_chain + grid->chains - 1 > BENS_MAX_CHAIN)
        BENS_FAIL(BENS_ERR_CONFIG, "[grid]: wanted chain numbers up to %d, found %lld",
                  BENS_MAX_CHAIN, (long long)(grid->first_chain + grid->chains - 1));
    if (grid->chains % c->init.superchain != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[init] superchain: wanted a divisor of the %lld chains, found %lld",
                  (long long)grid->chains, (long long)c->init.superchain);
    return BENS_OK;
}

/* Collective. The ranks of a node have one copy of the data. */
static bens_status plan_problem(bens_session *s)
{
    const bens_config *c = &s->config;
    const bens_backend *be = bens_backend_find(c->run.backend);
    BENS_ASSERT(be != NULL);
    BENS_TRY(bens_comm_node(s->world, &s->node, be->start((int)c->run.threads)));
    const bens_status mine =
        bens_problem_create(c, be, s->node, c->grid.slices, &s->problem);
    return bens_comm_agree(s->world, mine);
}

/* Local, rank 0. The draws of the run that is there, and whether it may go on. */
static bens_status check_draws(bens_session *s)
{
    const bens_config *c = &s->config;
    const uint64_t hash = s->problem.train != NULL ? s->problem.train->hash : 0;
    BENS_TRY(bens_draws_open(c->run.output, &s->draws));
    BENS_TRY(bens_resume_check(s->draws, c->run.output, &s->old, c, hash));
    s->n_done = s->draws->n_chains;
    BENS_TRY(bens_alloc((size_t)s->n_done, sizeof *s->done, &s->done));
    memcpy(s->done, s->draws->n_done, (size_t)s->n_done * sizeof *s->done);
    return BENS_OK;
}

/* Collective. One rank reads the draws for all. */
static bens_status check_settings(bens_session *s)
{
    bens_status status = bens_config_print(&s->config, &s->config_text);
    if (s->old.model == NULL) return bens_comm_agree(s->world, status);
    if (status == BENS_OK && bens_session_speaks(s)) status = check_draws(s);
    size_t size = (size_t)s->n_done * sizeof *s->done;
    char *bytes = (char *)s->done;
    BENS_TRY(bens_comm_broadcast(s->world, 0, &bytes, &size, status));
    s->done = (int64_t *)(void *)bytes;
    s->n_done = (int64_t)(size / sizeof *s->done);
    return BENS_OK;
}

/* Collective. Which files there are and which are to be made. */
static bens_status plan_files(bens_session *s)
{
    const int64_t n_draws = s->problem.n_draws;
    if (s->old.model != NULL)
        return bens_layout_extend(s->world, s->config.run.output, &s->config,
                                  bens_state_bytes(&s->problem), s->grid.n_chains,
                                  s->grid.n_groups, n_draws, &s->layout);
    const int lock = s->layout.lock;
    const bens_status status =
        bens_layout_create(s->grid.n_chains, s->grid.n_groups, n_draws, &s->layout);
    s->layout.lock = lock;
    return bens_comm_agree(s->world, status);
}

static void warn_of_idle_ranks(const bens_session *s)
{
    const long long idle =
        (long long)(s->grid.n_groups - s->grid.n_chains) * s->grid.n_shards;
    if (idle > 0 && bens_session_speaks(s))
        fprintf(stderr,
                "bens train: warning: %lld of %d ranks have no chain and idle; wanted "
                "at least as many chains as groups of ranks, found %lld chains\n",
                idle, bens_comm_size(s->world), (long long)s->grid.n_chains);
}

/* The paper's MAP did both, and had two priors without saying so. */
static void warn_of_two_priors(const bens_session *s)
{
    const bens_config *c = &s->config;
    const bens_params *params = &s->problem.params;
    const double decay = c->sampler->weight_decay != NULL
                             ? c->sampler->weight_decay(c->sampler_options)
                             : 0;
    if (decay == 0 || !bens_session_speaks(s)) return;
    for (int i = 0; i < params->n_tensors; i++) {
        const bens_tensor *t = &params->tensors[i];
        if (t->prior.kind == BENS_PRIOR_FLAT) continue;
        fprintf(stderr,
                "bens train: warning: [sampler] weight_decay = %g acts beside "
                "the prior of tensor '%s'%s: the parameters are pulled to zero twice; "
                "wanted weight_decay = 0 or [prior] name = flat\n",
                decay, t->name, params->n_tensors > 1 ? " and perhaps others" : "");
        return;
    }
}

/* A temperature that has come to 0 makes an optimiser of the sampler, where perhaps only
 * `length` was forgotten. */
static void warn_of_cold_draws(const bens_session *s)
{
    const bens_problem *p = &s->problem;
    const bens_schedule *heat = &p->heat;
    int64_t n = 0;
    if (p->temperature == 0 || p->n_draws < 2 || !bens_session_speaks(s)) return;
    while (n < p->n_draws &&
           bens_schedule_at(heat, bens_problem_draw_step(p, p->n_draws - 1 - n) - 1) == 0)
        n++;
    if (n > 0)
        fprintf(
            stderr,
            "bens train: warning: [schedule] temperature is 0 from step %lld on: %lld "
            "of %lld draws of each chain are of no posterior; a larger length, or a "
            "floor, keeps them warm\n",
            (long long)heat->length, (long long)n, (long long)p->n_draws);
}

/* Seconds for which shard 0 may keep the others waiting while it writes all that its chains
 * have, to a disk that takes 10 MB/s of each rank. */
static double write_time(const bens_session *s)
{
    const double state = (double)bens_state_bytes(&s->problem);
    const double draw = (double)s->problem.stored.n * sizeof(float);
    return floor((double)bens_session_chains(s) * (state + draw) / 1e7);
}

bens_status bens_session_create(bens_comm *world, const bens_train_request *request,
                                bens_session *out)
{
    *out = (bens_session){.world = world, .request = request, .layout = {.lock = -1}};
    BENS_TRY(read_config(out));
    BENS_TRY(find_old(out));
    const bens_grid_options *grid = &out->config.grid;
    BENS_TRY(bens_grid_create(world, grid->chains, grid->first_chain, grid->shards,
                              &out->grid));
    BENS_TRY(bens_comm_agree(world, resolve(out)));
    warn_of_idle_ranks(out);
    BENS_TRY(plan_problem(out));
    BENS_TRY(check_settings(out));
    warn_of_two_priors(out);
    warn_of_cold_draws(out);
    BENS_TRY(plan_files(out));
    bens_comm_limit(out->grid.shards, grid->timeout + write_time(out));
    const char *comm = grid->comm == BENS_COMM_MPI ? "mpi" : "none";
    const bens_status s =
        bens_workspace_create(&out->problem, comm, out->grid.shards, &out->work);
    return bens_comm_agree(world, s);
}

void bens_session_release(bens_session *s)
{
    bens_workspace_release(&s->work);
    bens_layout_release(&s->layout);
    bens_problem_release(&s->problem);
    bens_comm_destroy(s->node);
    bens_draws_close(s->draws);
    free(s->done);
    bens_grid_release(&s->grid);
    bens_config_release(&s->config);
    bens_config_release(&s->old);
}

bool bens_session_speaks(const bens_session *s)
{
    return bens_comm_rank(s->world) == 0;
}

int64_t bens_session_chains(const bens_session *s)
{
    return s->grid.end - s->grid.begin;
}

int64_t bens_session_done(const bens_session *s, int64_t row)
{
    return row < s->n_done ? s->done[row] : 0;
}

int64_t bens_session_visit(const bens_session *s)
{
    const bens_problem *p = &s->problem;
    const double work = (double)p->params.n_values * (double)p->order.batch;
    const double steps = 1e7 / work;
    return steps < 1 ? 1 : steps > 4096 ? 4096 : (int64_t)steps;
}

bens_samples_spec bens_session_spec(const bens_session *s, const char *hosts,
                                    const char *build, const char *environment)
{
    const bens_data *data = s->problem.train;
    bens_samples_spec spec = {.params = &s->problem.stored,
                              .all = &s->problem.params,
                              .first_chain = s->grid.first_chain,
                              .n_chains = s->grid.n_chains,
                              .n_draws = s->problem.n_draws,
                              .n_data = s->problem.params.n_data,
                              .seed = (uint64_t)s->config.run.seed,
                              .config = s->config_text,
                              .version = s->request->version,
                              .argv = s->request->argv,
                              .environment = environment,
                              .hosts = hosts,
                              .build = build};
    if (data == NULL) return spec;
    spec.data_hash = data->hash;
    spec.n_obs = data->n_rows;
    spec.obs_name = "y";
    spec.obs_label = data->label;
    spec.obs_value = data->y;
    spec.n_classes = data->n_classes;
    spec.class_names = (const char *const *)data->class_names;
    spec.row_rank = data->rank;
    spec.row_dim = data->dim;
    spec.n_features = data->n_features;
    spec.feature_names = (const char *const *)data->feature_names;
    spec.x_mean = data->x_mean;
    spec.x_sd = data->x_sd;
    return spec;
}
