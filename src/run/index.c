#include "run/index.h"

#include "core/rng.h"
#include "io/ini.h"
#include "run/index_parts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE = 128 };

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int by_chain(const void *a, const void *b)
{
    const bens_index_part *x = *(bens_index_part *const *)a,
                          *y = *(bens_index_part *const *)b;
    return (x->first_chain > y->first_chain) - (x->first_chain < y->first_chain);
}

/* The parts that are there, by their first chain: out [n_parts]. */
static int sort(const bens_index *x, bens_index_part **out)
{
    int n = 0;
    for (int i = 0; i < x->n_parts; i++)
        if (x->part[i].there) out[n++] = &x->part[i];
    qsort(out, (size_t)n, sizeof(bens_index_part *), by_chain);
    return n;
}

/* Of runs; that of files is seen when the index is made. */
static bens_status check_apart(const bens_index *x, bens_index_part *const *by, int n)
{
    for (int i = 1; i < n && x->kind == BENS_INDEX_FOLDERS; i++) {
        const bens_index_part *a = by[i - 1], *b = by[i];
        if (a->first_chain + a->n_chains <= b->first_chain) continue;
        BENS_FAIL(BENS_ERR_CONFIG,
                  "'%s/%s' and '%s/%s' both have chain %" PRId64
                  ": wanted runs with chains of their own ([grid] first_chain)",
                  x->folder, a->name, x->folder, b->name, b->first_chain);
    }
    return BENS_OK;
}

/* The extent: from the first chain to the last one, and as many draws as one part has. */
static bens_status measure(const bens_index *x, bens_samples_spec *spec)
{
    int64_t end = 0, draws = 0;
    spec->first_chain = INT64_MAX;
    spec->first_draw = 0;
    for (int i = 0; i < x->n_parts; i++) {
        const bens_index_part *p = &x->part[i];
        if (!p->there) continue;
        spec->first_chain = least(spec->first_chain, p->first_chain);
        end = most(end, p->first_chain + p->n_chains);
        draws = most(draws, p->first_draw + p->n_draws);
    }
    spec->n_chains = end - spec->first_chain;
    spec->n_draws = draws;
    if (spec->n_chains <= BENS_MAX_CHAIN && draws <= ((int64_t)1 << 32) / spec->n_chains)
        return BENS_OK;
    BENS_FAIL(BENS_ERR_CONFIG,
              "'%s': wanted up to 2^24 chains and 2^32 draws in all, found chains "
              "%" PRId64 " to %" PRId64 " with %" PRId64 " draws",
              x->folder, spec->first_chain, end - 1, draws);
}

/* The settings of one run that has all of it; the text belongs to out. */
static bens_status print_config(const bens_index *x, bens_samples_spec *spec,
                                bens_config *out)
{
    char chains[LINE], first[LINE], draws[LINE], output[BENS_PATH_SIZE + LINE], *text;
    const char *const set[] = {chains, first, draws, output};
    snprintf(chains, sizeof chains, "grid.chains=%" PRId64, spec->n_chains);
    snprintf(first, sizeof first, "grid.first_chain=%" PRId64, spec->first_chain);
    snprintf(draws, sizeof draws, "chain.draws=%" PRId64, spec->n_draws);
    snprintf(output, sizeof output, "run.output=%s", x->folder);
    BENS_TRY(bens_config_create(x->first->path, x->first->config,
                                strlen(x->first->config), set,
                                x->kind == BENS_INDEX_FOLDERS ? 4 : 3, out));
    BENS_TRY(bens_config_print(out, &text));
    spec->config = text;
    return BENS_OK;
}

static bool exists(const char *folder, const char *name)
{
    char path[BENS_PATH_SIZE];
    return bens_folder_join(folder, name, path) == BENS_OK && access(path, F_OK) == 0;
}

/* The first line of a config.ini that is ours, to be replaced. */
static const char mark[] =
    "# One run of the chains in the sub-folders: made by bens index\n";

static bens_status is_kept(const bens_index *x, bool *kept)
{
    char path[BENS_PATH_SIZE], *text;
    size_t size;
    *kept = false;
    if (!exists(x->folder, "config.ini")) return BENS_OK;
    BENS_TRY(bens_folder_join(x->folder, "config.ini", path));
    BENS_TRY(bens_ini_load(path, &text, &size));
    *kept = size < sizeof mark - 1 || memcmp(text, mark, sizeof mark - 1) != 0;
    free(text);
    return BENS_OK;
}

static bens_status write_config(const bens_index *x, const char *config, bool *kept)
{
    char *text;
    const size_t size = sizeof mark + strlen(config);
    BENS_TRY(is_kept(x, kept));
    if (*kept) return BENS_OK;
    BENS_TRY(bens_alloc(size, 1, &text));
    snprintf(text, size, "%s%s", mark, config);
    const bens_status s = bens_folder_write(x->folder, "config.ini", text);
    free(text);
    return s;
}

static bens_status write_files(bens_index *x, const bens_samples_spec *spec, bool *kept)
{
    for (int i = 0; i < x->n_rectangles; i++) x->rectangle[i].row -= spec->first_chain;
    BENS_TRY(
        bens_samples_index(x->folder, "samples.h5", spec, x->rectangle, x->n_rectangles));
    return x->kind == BENS_INDEX_FOLDERS ? write_config(x, spec->config, kept) : BENS_OK;
}

/* ---- what is told ---- */

static void print_gaps(bens_index_part *const *by, int n, FILE *out)
{
    for (int i = 1; i < n; i++) {
        const int64_t from = by[i - 1]->first_chain + by[i - 1]->n_chains;
        if (from < by[i]->first_chain)
            fprintf(out,
                    "missing   chains %" PRId64 " to %" PRId64 ": nothing has them\n",
                    from, by[i]->first_chain - 1);
    }
}

static void print_part(const bens_index *x, const bens_index_part *p,
                       const bens_samples_spec *spec, FILE *out)
{
    const bool run = x->kind == BENS_INDEX_FOLDERS;
    const int64_t wanted = p->n_chains * (run ? spec->n_draws : p->n_draws);
    if (!p->there)
        fprintf(out, "missing   %s/%s: no samples.h5 yet\n", x->folder, p->name);
    else if (p->n_done < wanted)
        fprintf(out, "unfinished %s/%s: %" PRId64 " of %" PRId64 " draws\n", x->folder,
                p->name, p->n_done, wanted);
}

static void print(const bens_index *x, bens_index_part *const *by, int n,
                  const bens_samples_spec *spec, bool kept, FILE *out)
{
    fprintf(out,
            "index     %s/samples.h5: chains %" PRId64 " to %" PRId64 " x %" PRId64
            " draws, %d %s\n",
            x->folder, spec->first_chain, spec->first_chain + spec->n_chains - 1,
            spec->n_draws, n, x->kind == BENS_INDEX_FOLDERS ? "runs" : "files");
    if (x->kind == BENS_INDEX_FOLDERS) print_gaps(by, n, out);
    for (int i = 0; i < x->n_parts; i++) print_part(x, &x->part[i], spec, out);
    for (int i = 0; i < x->n_rectangles; i++)
        if (!exists(x->folder, x->rectangle[i].name))
            fprintf(out, "missing   %s/%s: its chains read as NaN\n", x->folder,
                    x->rectangle[i].name);
    if (kept)
        fprintf(out, "kept      %s/config.ini as it is: it was not made by bens index\n",
                x->folder);
}

/* ---- */

static bens_status make(bens_index *x, bens_index_part **by, FILE *out)
{
    bens_samples_spec spec;
    bens_config config = {0};
    bool kept = false;
    BENS_TRY(bens_index_look(x));
    const int n = sort(x, by);
    BENS_TRY(check_apart(x, by, n));
    spec = x->about.spec;
    spec.params = &x->about.params;
    bens_status s = measure(x, &spec);
    if (s == BENS_OK) s = print_config(x, &spec, &config);
    if (s == BENS_OK) s = write_files(x, &spec, &kept);
    if (s == BENS_OK) print(x, by, n, &spec, kept, out);
    bens_config_release(&config);
    return s;
}

static bens_status make_locked(const char *folder, bens_index *x, FILE *out)
{
    bens_index_part **by;
    BENS_TRY(bens_index_find(folder, x));
    if (x->kind == BENS_INDEX_NONE) {
        fprintf(out, "index     none: %s is a run of one file, samples.h5\n", folder);
        return BENS_OK;
    }
    BENS_TRY(bens_alloc((size_t)x->n_parts, sizeof(bens_index_part *), &by));
    const bens_status s = make(x, by, out);
    free(by);
    return s;
}

bens_status bens_index_make(const char *folder, FILE *out)
{
    bens_index x = {0};
    int lock;
    BENS_TRY(bens_folder_lock(folder, &lock));
    const bens_status s = make_locked(folder, &x, out);
    bens_index_release(&x);
    if (lock >= 0) close(lock);
    return s;
}
