/* ctest: ranks 1 2 4; timeout 60 */
/* One rank reads; all ranks of the node have the same rows, once. */
#include "comm/share.h"
#include "comm/world.h"
#include "data/arrays.h"

enum { N = 50, F = 7 };
static const hsize_t table[] = {N, F}, column[] = {N};

/* data.h5 with integers "x", floats "z" and classes, and data.csv with both. */
static void write_files(void)
{
    static int x[N * F], y[N];
    for (int e = 0; e < N * F; e++) x[e] = e * e % 1009;
    for (int i = 0; i < N; i++) y[i] = i % 3 * 10;
    const hid_t file = arrays_create("data.h5");
    arrays_put(file, "x", PLAIN, H5T_STD_U16LE, H5T_NATIVE_INT, 2, table, x);
    arrays_put(file, "z", PLAIN, H5T_IEEE_F32LE, H5T_NATIVE_INT, 2, table, x);
    arrays_put(file, "packed", DEFLATED, H5T_STD_U16LE, H5T_NATIVE_INT, 2, table, x);
    arrays_put(file, "y", PLAIN, H5T_STD_I64LE, H5T_NATIVE_INT, 1, column, y);
    H5Fclose(file);
    FILE *const f = fopen("data.csv", "w");
    fprintf(f, "a,b,class\n");
    for (int i = 0; i < N; i++)
        fprintf(f, "%d,%d,%s\n", x[i], i, i % 3 == 0 ? "no" : "yes");
    assert_int_equal(fclose(f), 0);
}

typedef struct {
    const char *source, *set, *path;
    bool standardize, mapped;
} kind;

static bens_status open_kind(const kind *k, bens_data **train, bens_data **test)
{
    const bens_source *const s = bens_source_find(k->source);
    settings o = settings_make(s->options, s->options_size, TEXTS(k->set));
    const bens_data_request r = {.train = (char *)(uintptr_t)k->path,
                                 .test = "",
                                 .standardize = k->standardize,
                                 .test_fraction = k->mapped ? 0 : 0.2};
    const bens_status status =
        bens_data_open(s, o.options, &r, BENS_TARGET_CLASS, 1, train, test);
    settings_release(&o);
    return status;
}

static bool same_names(char **a, char **b, int64_t n)
{
    if (a == NULL || b == NULL) return a == b;
    for (int64_t i = 0; i < n; i++)
        if (strcmp(a[i], b[i]) != 0) return false;
    return true;
}

static bool same_doubles(const double *a, const double *b, int64_t n)
{
    if (a == NULL || b == NULL) return a == b;
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* Does a rank see what it would have read itself? */
static bool same(const bens_data *a, const bens_data *b)
{
    if (a == NULL || b == NULL) return a == b;
    if (a->n_rows != b->n_rows || a->n_features != b->n_features || a->rank != b->rank ||
        a->dim[0] != b->dim[0] || a->hash != b->hash || a->n_classes != b->n_classes ||
        (a->x != NULL) != (b->x != NULL))
        return false;
    float *const x = arrays_gather(a), *const y = arrays_gather(b);
    const bool rows =
        memcmp(x, y, (size_t)(a->n_rows * a->n_features) * sizeof *x) == 0 &&
        memcmp(a->label, b->label, (size_t)a->n_rows * sizeof *a->label) == 0;
    free(x);
    free(y);
    return rows && same_names(a->class_names, b->class_names, a->n_classes) &&
           same_names(a->feature_names, b->feature_names, a->n_features) &&
           same_doubles(a->x_mean, b->x_mean, a->n_features) &&
           same_doubles(a->x_sd, b->x_sd, a->n_features);
}

/* A byte that the last rank changes is seen to change by all. */
static bool is_common(void *at)
{
    volatile unsigned char *const byte = at;
    const bool last = bens_comm_rank(world) == bens_comm_size(world) - 1;
    const unsigned char before = *byte, after = before ^ 0xff;
    bens_comm_agree(world, BENS_OK);
    if (last) *byte = after;
    bens_comm_agree(world, BENS_OK);
    const bool seen = *byte == after;
    bens_comm_agree(world, BENS_OK);
    if (last) *byte = before;
    bens_comm_agree(world, BENS_OK);
    return seen;
}

/* Features of a mapped file are its pages, which nobody can change. */
static bool is_one_copy(const bens_data *d)
{
    const bool label = is_common(&d->label[3]);
    if (d->map.base != NULL) return label;
    return is_common(d->x != NULL ? (void *)&d->x[3] : d->raw) && label;
}

static void every_rank_has_the_rows(void **unused)
{
    (void)unused;
    static const kind kinds[] = {
        {"hdf5", "x=x", "data.h5:/", false, true},
        {"hdf5", "x=x", "data.h5:/", true, true},
        {"hdf5", "x=z", "data.h5:/", false, true},
        {"hdf5", "x=z", "data.h5:/", true, false},
        {"hdf5", "x=packed", "data.h5:/", true, false},
        {"csv", "target=class", "data.csv", true, false},
    };
    bens_comm *node = NULL;
    const bool first = bens_comm_rank(world) == 0;
    if (first) write_files();
    ASSERT_ALL(world, bens_comm_node(world, &node, BENS_OK) == BENS_OK);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        bens_data *own[2], *shared[2] = {NULL, NULL};
        ASSERT_ALL(world, open_kind(&kinds[i], &own[0], &own[1]) == BENS_OK);
        bens_status s = BENS_OK;
        if (first) s = open_kind(&kinds[i], &shared[0], &shared[1]);
        for (int k = 0; k < 2; k++) {
            ASSERT_ALL(world, bens_data_share(node, &shared[k], s) == BENS_OK);
            ASSERT_ALL(world, same(own[k], shared[k]));
            ASSERT_ALL(world, shared[k] == NULL || is_one_copy(shared[k]));
        }
        ASSERT_ALL(world, (shared[0]->map.base != NULL) == kinds[i].mapped);
        for (int k = 0; k < 2; k++) {
            bens_data_destroy(own[k]);
            bens_data_destroy(shared[k]);
        }
    }
    bens_comm_destroy(node);
}

/* What rank 0 could not read nobody has; what another rank lacks neither. */
static void failing_ranks_leave_together(void **unused)
{
    (void)unused;
    static const kind none = {"hdf5", "x=none", "data.h5:/", false, false},
                      good = {"hdf5", "x=x", "data.h5:/", false, true};
    const bool first = bens_comm_rank(world) == 0;
    const int last = bens_comm_size(world) - 1;
    bens_comm *node = NULL;
    bens_data *train = NULL, *test = NULL;
    bens_status s = BENS_OK;
    ASSERT_ALL(world, bens_comm_node(world, &node, BENS_OK) == BENS_OK);
    if (first) s = open_kind(&none, &train, &test);
    ASSERT_ALL(world, bens_data_share(node, &train, s) == BENS_ERR_CONFIG);
    ASSERT_ALL(world, strstr(bens_error_text(), "wanted 'none' in it") != NULL);
    ASSERT_ALL(world, train == NULL);

    s = first ? open_kind(&good, &train, &test) : BENS_OK;
    if (bens_comm_rank(world) == last) s = bens_error_set(BENS_ERR_FAILURE, "no memory");
    ASSERT_ALL(world, bens_data_share(node, &train, s) == BENS_ERR_FAILURE);
    ASSERT_ALL(world, train == NULL);
    bens_comm_destroy(node);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rank_has_the_rows),
        cmocka_unit_test(failing_ranks_leave_together),
    };
    return WORLD_RUN(argc, argv, tests);
}
