/* standing_print.c - `bens status` on a terminal, and as JSON. */
#include "run/standing.h"

#include "core/clock.h"
#include "core/text.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST_NAMED = 10 }; /* chains */

static void print_draws(const bens_samples_summary *f)
{
    const int64_t all = f->n_chains * f->n_draws;
    int64_t least = f->done[0], most = f->done[0];
    for (int64_t i = 1; i < f->n_chains; i++) {
        if (f->done[i] < least) least = f->done[i];
        if (f->done[i] > most) most = f->done[i];
    }
    printf("draws     %lld of %lld on disk (%.1f %%)", (long long)f->n_done,
           (long long)all, 100 * (double)f->n_done / (double)all);
    if (least != most)
        printf(", %lld to %lld a chain", (long long)least, (long long)most);
    putchar('\n');
}

static void print_steps(const bens_standing *p)
{
    char done[32], total[32], rate[32], left[32];
    bens_text_count(p->steps, done, sizeof done);
    bens_text_count(p->steps_total, total, sizeof total);
    bens_text_count(p->rate, rate, sizeof rate);
    bens_text_seconds(bens_standing_seconds(p), left, sizeof left);
    printf("steps     %s", done);
    if (!isnan(p->steps_total)) printf(" of %s", total);
    if (!isnan(p->rate)) printf(", %s chain-steps/s", rate);
    if (!bens_standing_is_finished(p) && !isnan(bens_standing_seconds(p)))
        printf(", %s to go", left);
    putchar('\n');
}

static void print_state(const bens_standing *p)
{
    char ago[32];
    bens_text_seconds(fmax(0, bens_clock_date() - p->heard), ago, sizeof ago);
    switch (bens_standing_state(p)) {
    case BENS_RUN_FINISHED:
        printf("state     finished\n");
        break;
    case BENS_RUN_STOPPED:
        printf("state     stopped; the same command with --resume auto goes on\n");
        break;
    case BENS_RUN_WAITING:
        printf("state     has not reported yet\n");
        break;
    case BENS_RUN_SILENT:
        printf("state     unfinished and silent: the last report was %s ago; was it "
               "killed?\n",
               ago);
        break;
    case BENS_RUN_RUNNING:
        printf("state     running, last report %s ago\n", ago);
    }
}

static void print_diverging(const bens_samples_summary *f)
{
    int64_t n = 0;
    for (int64_t i = 0; i < f->n_chains; i++) n += f->diverging[i] > 0;
    printf("diverged  %lld of %lld chains", (long long)n, (long long)f->n_chains);
    for (int64_t i = 0, named = 0; i < f->n_chains && named < MOST_NAMED; i++) {
        if (f->diverging[i] == 0) continue;
        printf("%s %lld (%lld draws)", named++ == 0 ? ":" : ",",
               (long long)(f->first_chain + i), (long long)f->diverging[i]);
    }
    puts(n > MOST_NAMED ? ", ..." : "");
}

/* Chains of a rank that hangs, was stopped or is gone, while others move. */
static void print_silent(const bens_standing *p)
{
    int64_t n = 0;
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        char ago[32];
        if (bens_standing_silence(p, i) == 0 || n++ >= MOST_NAMED) continue;
        bens_text_seconds(bens_standing_silence(p, i), ago, sizeof ago);
        printf("%s %lld (step %lld, %s ago)", n == 1 ? "silent    chain" : ",",
               (long long)(p->file.first_chain + i), (long long)p->chain[i].step, ago);
    }
    if (n > 0) puts(n > MOST_NAMED ? ", ..." : "");
}

static void print_monitor(const bens_standing *p)
{
    const bens_monitored all = bens_standing_monitor(p);
    double low = INFINITY, high = -INFINITY;
    if (all.data == NULL) return;
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        const bens_monitored *m = &p->chain[i].monitor;
        if (m->data == NULL || isnan(m->loss)) continue;
        low = fmin(low, m->loss);
        high = fmax(high, m->loss);
    }
    printf("monitor   %s loss %.4g", all.data, all.loss);
    if (high > low) printf(" (%.4g to %.4g)", low, high);
    printf(", %s %.4g: the mean of chains\n", all.score, all.value);
}

void bens_standing_print(const bens_standing *p)
{
    const bens_samples_summary *f = &p->file;
    printf("run       %s: %lld chains x %lld draws\n", p->folder, (long long)f->n_chains,
           (long long)f->n_draws);
    print_state(p);
    print_draws(f);
    print_steps(p);
    print_monitor(p);
    print_diverging(f);
    print_silent(p);
}

static json_t *real(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* {"chain": value} of the chains whose value is not 0. */
static json_t *by_chain(const bens_standing *p,
                        double (*value)(const bens_standing *, int64_t))
{
    json_t *o = json_object();
    for (int64_t i = 0; i < p->file.n_chains; i++) {
        char chain[32];
        const double x = value(p, i);
        snprintf(chain, sizeof chain, "%lld", (long long)(p->file.first_chain + i));
        if (x > 0) json_object_set_new(o, chain, json_integer((json_int_t)x));
    }
    return o;
}

static double diverging_draws(const bens_standing *p, int64_t i)
{
    return (double)p->file.diverging[i];
}

static void put_monitor(const bens_standing *p, json_t *o)
{
    const bens_monitored all = bens_standing_monitor(p);
    char key[64];
    if (all.data == NULL) return;
    snprintf(key, sizeof key, "%s_loss", all.data);
    json_object_set_new(o, key, real(all.loss));
    snprintf(key, sizeof key, "%s_%s", all.data, all.score);
    json_object_set_new(o, key, real(all.value));
}

static const char *const states[] = {[BENS_RUN_FINISHED] = "finished",
                                     [BENS_RUN_STOPPED] = "stopped",
                                     [BENS_RUN_WAITING] = "waiting",
                                     [BENS_RUN_SILENT] = "silent",
                                     [BENS_RUN_RUNNING] = "running"};

bens_status bens_standing_print_json(const bens_standing *p)
{
    const bens_samples_summary *f = &p->file;
    json_t *o = json_object();
    json_object_set_new(o, "state", json_string(states[bens_standing_state(p)]));
    json_object_set_new(o, "finished", json_boolean(bens_standing_is_finished(p)));
    json_object_set_new(o, "chains", json_integer((json_int_t)f->n_chains));
    json_object_set_new(o, "draws", json_integer((json_int_t)f->n_draws));
    json_object_set_new(o, "first_chain", json_integer((json_int_t)f->first_chain));
    json_object_set_new(o, "done", json_integer((json_int_t)f->n_done));
    json_object_set_new(o, "steps", real(p->steps));
    json_object_set_new(o, "steps_total", real(p->steps_total));
    json_object_set_new(o, "steps_per_second", real(p->rate));
    json_object_set_new(o, "seconds_left", real(bens_standing_seconds(p)));
    json_object_set_new(o, "reported", p->heard > 0 ? real(p->heard) : json_null());
    put_monitor(p, o);
    json_object_set_new(o, "diverging", by_chain(p, diverging_draws));
    json_object_set_new(o, "silent", by_chain(p, bens_standing_silence));
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    if (text == NULL) BENS_FAIL(BENS_ERR_FAILURE, "no memory for the JSON text");
    puts(text);
    free(text);
    return BENS_OK;
}
