#include "run/plan.h"

#include "core/clock.h"
#include "core/text.h"
#include "io/folder.h"
#include "run/monitor.h"
#include "run/plan_memory.h"
#include "run/state.h"

#include <math.h>
#include <stdio.h>

enum { TEXT = 64 };

static void show_prior(const bens_problem *p, const bens_prior *prior)
{
    const char *kind = prior->kind == BENS_PRIOR_LAPLACE ? "laplace" : "normal";
    if (prior->kind == BENS_PRIOR_FLAT)
        printf("%s\n",
               p->model->own_density ? "no prior beside the density" : "prior flat");
    else if (prior->means != NULL)
        printf("prior %s, means and scales of a run\n", kind);
    else if (prior->mean != 0)
        printf("prior %s, mean %g, scale %g\n", kind, prior->mean, prior->scale);
    else
        printf("prior %s, scale %g\n", kind, prior->scale);
}

static void show_steps(const bens_problem *p)
{
    const long long last = (long long)bens_problem_draw_step(p, p->n_draws - 1);
    if (p->n_draws == 1)
        printf("steps      %lld a chain; the last state is its draw\n", last);
    else
        printf(
            "steps      %lld a chain: burn-in %lld, then %lld draws, one every %lld%s\n",
            last, (long long)p->burn_in, (long long)p->n_draws, (long long)p->thin,
            p->step_size.cycle > 0 ? " of the sampling phases" : "");
}

static void show_work(const bens_session *s)
{
    const bens_problem *p = &s->problem;
    printf("chains     %lld (numbers %lld to %lld), %d rank%s each, on %d rank%s\n",
           (long long)s->grid.n_chains, (long long)s->grid.first_chain,
           (long long)(s->grid.first_chain + s->grid.n_chains - 1), s->grid.n_shards,
           s->grid.n_shards == 1 ? "" : "s", bens_comm_size(s->world),
           bens_comm_size(s->world) == 1 ? "" : "s");
    show_steps(p);
    if (p->train != NULL)
        printf("data       %lld rows x %lld columns, %lld held out; batch %lld\n",
               (long long)p->train->n_rows, (long long)p->train->n_features,
               p->test != NULL ? (long long)p->test->n_rows : 0LL,
               (long long)p->order.batch);
    printf("model      %s: %zu parameters\n", p->model->name, p->params.n_values);
    for (int i = 0; i < p->params.n_tensors; i++) {
        const bens_tensor *t = &p->params.tensors[i];
        printf("             %s [", t->name);
        for (int k = 0; k < t->rank; k++)
            printf("%s%lld", k > 0 ? ", " : "", (long long)t->shape[k]);
        printf("]  ");
        show_prior(p, &t->prior);
    }
}

static void show_memory(const bens_session *s)
{
    const bens_memory m = bens_plan_memory(s);
    char rank[TEXT], chain[TEXT], shared[TEXT], together[TEXT];
    bens_text_bytes(m.rank, rank, sizeof rank);
    bens_text_bytes(m.chain, chain, sizeof chain);
    bens_text_bytes(m.shared, shared, sizeof shared);
    bens_text_bytes(m.together, together, sizeof together);
    printf("memory     about %s a rank: %lld chain%s of %s, %s besides", rank,
           (long long)m.n_chains, m.n_chains == 1 ? "" : "s", chain, shared);
    if (m.together > 0) printf(" (of which a node has %s once)", together);
    printf("\n");
}

static bens_status show_files(const bens_session *s)
{
    const char *folder = s->config.run.output;
    char need[TEXT], space[TEXT];
    uint64_t free_bytes = 0;
    double bytes = 0;
    for (int64_t i = 0; i < s->layout.n_samples; i++) {
        const bens_rectangle *r = &s->layout.samples[i];
        if (!r->is_new) continue;
        bens_samples_spec spec = bens_session_spec(s, NULL, NULL, NULL);
        spec.n_chains = r->n_rows;
        spec.n_draws = r->n_draws;
        bytes += (double)bens_samples_bytes(&spec);
    }
    /* two slots a chain, in whole pages */
    const double slot = (double)bens_state_bytes(&s->problem) + 4096;
    for (int64_t i = 0; i < s->layout.n_checkpoints; i++)
        if (s->layout.checkpoint[i].is_new)
            bytes += 2 * slot * (double)s->layout.checkpoint[i].n_rows;
    BENS_TRY(bens_folder_free(folder, &free_bytes));
    bens_text_bytes(bytes, need, sizeof need);
    bens_text_bytes((double)free_bytes, space, sizeof space);
    printf("writes     %s: samples.h5%s, checkpoint.h5, metrics.jsonl, config.ini: %s, "
           "%s free\n",
           folder, s->layout.n_samples > 1 ? " (an index over rectangles)" : "", need,
           space);
    if (bytes > (double)free_bytes)
        BENS_FAIL(BENS_ERR_IO, "the run needs %s in '%s', which has %s free", need,
                  folder, space);
    return BENS_OK;
}

/* Collective over the shards. */
static bens_status show_speed(bens_session *s, bens_chain *chain)
{
    const int64_t last = bens_problem_draw_step(&s->problem, s->problem.n_draws - 1);
    int64_t steps = bens_session_visit(s);
    if (steps > last) steps = last;
    const double start = bens_clock();
    BENS_TRY(bens_chain_run(chain, steps));
    const double per_step = (bens_clock() - start) / (double)steps;
    if (!bens_session_speaks(s)) return BENS_OK;
    if (chain->diverged) {
        printf("time       not known: the first chain diverges in %lld steps\n",
               (long long)chain->step);
        return BENS_OK;
    }

    char time[TEXT], rate[TEXT];
    const double chains = ceil((double)s->grid.n_chains / s->grid.n_groups);
    bens_text_seconds(per_step * (double)last * chains, time, sizeof time);
    bens_text_count(1 / per_step, rate, sizeof rate);
    printf("time       about %s for the steps (%s steps/s a rank, measured over %lld)\n",
           time, rate, (long long)steps);
    return BENS_OK;
}

/* Collective over the shards. The bound is that of a posterior of one peak: where a
 * network starts it says nothing about where it goes. */
static bens_status show_stability(bens_session *s, const bens_chain *chain)
{
    double h;
    if (s->config.model->build != NULL) {
        if (bens_session_speaks(s)) printf("step size  %g\n", s->problem.eps);
        return BENS_OK;
    }
    BENS_TRY(bens_plan_curvature(&s->work, chain->theta, &h));
    if (!bens_session_speaks(s)) return BENS_OK;
    const bens_problem *p = &s->problem;
    if (s->config.sampler->largest_step == NULL) {
        printf("step size  %g; largest curvature where the chain starts %.3g\n", p->eps,
               h);
        return BENS_OK;
    }
    const double most = s->config.sampler->largest_step(s->config.sampler_options, h);
    const bens_sampler_common *const common = s->config.sampler_options;
    const bool scaled = common->mass == BENS_MASS_TENSOR;
    if (isfinite(h) && h > 0)
        printf("step size  %g; the largest stable one is %.3g where "
               "the chain starts (largest curvature %.3g%s)%s\n",
               p->eps, most, h, scaled ? "; larger masses allow more" : "",
               p->eps >= most && !scaled ? ": TOO LARGE" : "");
    else
        printf("step size  %g; no bound where the chain starts (largest curvature "
               "%.3g)\n",
               p->eps, h);
    return BENS_OK;
}

/* Collective over the shards. */
static bens_status show_monitor(bens_session *s, bens_chain *chain)
{
    const bens_problem *p = &s->problem;
    bens_monitor *m;
    char bytes[TEXT];
    if (p->monitored == NULL) return BENS_OK;
    bens_status status =
        bens_comm_agree(s->grid.shards, bens_monitor_create(p, s->grid.shards, &m));
    const double start = bens_clock();
    if (status == BENS_OK) status = bens_monitor_look(m, chain);
    const double look = bens_clock() - start;
    bens_text_bytes((double)bens_monitor_size(p) * sizeof(double), bytes, sizeof bytes);
    bens_monitor_destroy(m);
    if (status == BENS_OK && bens_session_speaks(s))
        printf("monitor    %s: %lld rows every %lld step%s and at draws; %.2g ms a look, "
               "%s of sums a chain\n",
               p->monitored == p->test ? "test" : "train",
               (long long)p->monitored->n_rows, (long long)p->monitor_every,
               p->monitor_every == 1 ? "" : "s", 1000 * look, bytes);
    return status;
}

/* Collective over the shards. */
static bens_status show(bens_session *s)
{
    bens_chain chain = {0};
    const uint32_t number = (uint32_t)s->grid.first_chain;
    bens_status status = bens_chain_create(&s->work, number, &chain);
    status = bens_comm_agree(s->grid.shards, status);
    if (status == BENS_OK) status = show_stability(s, &chain);
    if (status == BENS_OK) status = show_speed(s, &chain);
    if (status == BENS_OK && bens_session_speaks(s)) show_memory(s);
    if (status == BENS_OK) status = show_monitor(s, &chain);
    bens_chain_release(&chain);
    return status;
}

bens_status bens_plan_show(bens_session *s)
{
    bens_status status = BENS_OK;
    if (bens_session_speaks(s)) {
        show_work(s);
        status = show_files(s);
        if (status == BENS_OK && s->old.model == NULL)
            status = bens_folder_create(s->config.run.output,
                                        s->request->overwrite || s->remains, true);
    }
    BENS_TRY(bens_comm_agree(s->world, status));
    BENS_TRY(bens_comm_agree(s->world, show(s)));
    if (bens_session_speaks(s)) printf("nothing was written (--dry-run)\n");
    return BENS_OK;
}
