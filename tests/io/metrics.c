/* metrics.jsonl: what was written is read back; cut and mixed lines cost nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "io/metrics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[32], path[64];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "metrics-XXXXXX");
    if (mkdtemp(folder) == NULL) return 1;
    snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command) != 0;
}

static bens_metric metric_of(int64_t chain, int64_t step)
{
    return (bens_metric){.time = 1.7e9 + (double)step / 8,
                         .rank = 3,
                         .chain = chain,
                         .step = step,
                         .draws = step / 10,
                         .loss = 0.1 + (double)chain,
                         .temperature_kinetic = 1.0 / 3};
}

static void put(const char *to, const bens_metric *x)
{
    bens_metrics *m;
    assert_int_equal(bens_metrics_open(to, &m), BENS_OK);
    assert_int_equal(bens_metrics_put(m, x), BENS_OK);
    bens_metrics_close(m);
}

static void append(const char *text)
{
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void the_latest_line_counts(void **state)
{
    (void)state;
    bens_metric latest[3];
    for (int64_t step = 10; step <= 30; step += 10)
        for (int64_t chain = 6; chain < 9; chain++) {
            const bens_metric x = metric_of(chain, step * chain);
            put(path, &x);
        }
    assert_int_equal(bens_metrics_until(folder, INFINITY, 7, 3, latest), BENS_OK);
    for (int i = 0; i < 2; i++) {
        const bens_metric x = metric_of(7 + i, 30 * (7 + i));
        assert_true(latest[i].time == x.time && latest[i].rank == 3);
        assert_true(latest[i].chain == x.chain && latest[i].step == x.step);
        assert_true(latest[i].draws == x.draws && latest[i].loss == x.loss);
        assert_true(latest[i].temperature_kinetic == x.temperature_kinetic);
        assert_false(latest[i].diverging);
    }
    assert_true(latest[2].time == 0); /* chain 9 has said nothing */
}

static void nan_is_null(void **state)
{
    (void)state;
    bens_metric x = metric_of(0, 1), latest;
    char line[256];
    x.loss = INFINITY;
    x.temperature_kinetic = NAN;
    x.diverging = true;
    put(path, &x);
    FILE *f = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, f));
    fclose(f);
    assert_string_equal(line,
                        "{\"time\":1700000000.125,\"rank\":3,\"chain\":0,\"step\":1,"
                        "\"draws\":0,\"loss\":null,\"temperature_kinetic\":null,"
                        "\"diverging\":true}\n");
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_true(isnan(latest.loss) && latest.diverging);
}

/* What a monitor saw is read back; what it says of all chains together is no chain's. */
static void a_monitor_adds_keys(void **state)
{
    (void)state;
    static const char *const data[] = {"train", "test"}, *const score[] = {"accuracy",
                                                                           "rmse"};
    const bens_metric_average all = {.time = 1.9e9,
                                     .n_chains = 2,
                                     .n_draws = 5,
                                     .data = "test",
                                     .score = "rmse",
                                     .n_members = 8,
                                     .loss_sd = NAN,
                                     .all_value = 0.25};
    bens_metric latest;
    bens_metrics *m;
    char line[640], last[640] = "";
    for (int i = 0; i < 4; i++) {
        bens_metric x = metric_of(0, 10 + i);
        x.monitor = (bens_monitored){.data = data[i / 2],
                                     .score = score[i % 2],
                                     .step = 5 + i,
                                     .loss = 0.1 * i,
                                     .value = 1. / 3};
        put(path, &x);
        assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
        assert_string_equal(latest.monitor.data, data[i / 2]);
        assert_string_equal(latest.monitor.score, score[i % 2]);
        assert_true(latest.monitor.step == 5 + i && latest.monitor.loss == 0.1 * i);
        assert_true(latest.monitor.value == 1. / 3 && latest.step == 10 + i);
    }
    assert_int_equal(bens_metrics_open(path, &m), BENS_OK);
    assert_int_equal(bens_metrics_put_average(m, &all), BENS_OK);
    bens_metrics_close(m);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_true(latest.step == 13);
    FILE *f = fopen(path, "r");
    while (fgets(line, sizeof line, f) != NULL) memcpy(last, line, sizeof last);
    fclose(f);
    assert_string_equal(last,
                        "{\"time\":1900000000.0,\"chains\":2,\"draws\":5,\"members\":8,"
                        "\"test_loss_mean\":0.0,\"test_loss_sd\":null,"
                        "\"test_rmse_mean\":0.0,\"test_rmse_sd\":0.0,"
                        "\"test_loss_average\":0.0,\"test_rmse_average\":0.25,"
                        "\"var_total\":0.0,\"var_noise\":0.0,"
                        "\"var_model\":0.0}\n");
    const bens_metric plain = metric_of(0, 14);
    put(path, &plain);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_null(latest.monitor.data);
}

static bool has_average(int64_t n_chains, int64_t n_draws)
{
    bool found;
    assert_int_equal(bens_metrics_have_average(folder, n_chains, n_draws, &found),
                     BENS_OK);
    return found;
}

/* Known by what it is of: clocks of nodes differ, and a line of a chain may look later. */
static void an_average_is_of_a_run(void **state)
{
    (void)state;
    bens_metric_average all = {.n_chains = 4,
                               .n_draws = 300,
                               .data = "test",
                               .score = "accuracy",
                               .n_members = 1200};
    bens_metric later = metric_of(0, 10);
    bens_metrics *m;
    later.draws = 300;
    put(path, &later);
    assert_false(has_average(4, 300));
    assert_int_equal(bens_metrics_open(path, &m), BENS_OK);
    assert_int_equal(bens_metrics_put_average(m, &all), BENS_OK);
    bens_metrics_close(m);
    put(path, &later);
    assert_true(has_average(4, 300));
    assert_false(has_average(4, 301) || has_average(5, 300) || has_average(300, 4));
}

/* The longest numbers there are still make one line. */
static void long_lines_have_room(void **state)
{
    (void)state;
    const double x = -1.7976931348623157e+308;
    bens_metric_average all = {x, INT64_MIN, INT64_MIN, "train", "accuracy", 1e15, x, x,
                               x, x,         x,         x,       x,          x,    x};
    bens_metrics *m;
    assert_int_equal(bens_metrics_open(path, &m), BENS_OK);
    assert_int_equal(bens_metrics_put_average(m, &all), BENS_OK);
    bens_metrics_close(m);
}

/* A writer was killed in the middle of a line, and another one came after it. */
static void a_cut_line_is_passed_over(void **state)
{
    (void)state;
    bens_metric a = metric_of(0, 10), b = metric_of(0, 20), latest;
    put(path, &a);
    append("{\"time\":1.8e9,\"rank\":0,\"chain\":0,\"step\":99,\"dra");
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_true(latest.step == 10);
    put(path, &b);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_true(latest.step == 20);
    append("\n\nnull\n[]\n{}\n{\"time\":1.8e9,\"rank\":0,\"chain\":0,\"step\":\"x\","
           "\"draws\":1}\n"
           "{\"time\":1.8e9,\"rank\":-1,\"chain\":0,\"step\":7,\"draws\":1}\n");
    /* whole, but without an end: it may still be growing */
    append("{\"time\":1.9e9,\"rank\":0,\"chain\":0,\"step\":77,\"draws\":1}");
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_OK);
    assert_true(latest.step == 20);
}

static void the_folder_is_read_as_it_was(void **state)
{
    (void)state;
    bens_metric latest[2];
    char other[64];
    const bens_metric a = metric_of(0, 80), b = metric_of(0, 160), c = metric_of(1, 800);
    snprintf(other, sizeof other, "%s/metrics.node7.jsonl", folder);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 2, latest), BENS_OK);
    assert_true(latest[0].time == 0);
    put(path, &a);
    put(path, &b);
    put(other, &c);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 2, latest), BENS_OK);
    assert_true(latest[0].step == 160 && latest[1].step == 800);
    assert_int_equal(bens_metrics_until(folder, 1.7e9 + 15, 0, 2, latest), BENS_OK);
    assert_true(latest[0].step == 80 && latest[1].time == 0);
    assert_int_equal(bens_metrics_until("nowhere", INFINITY, 0, 2, latest), BENS_ERR_IO);
}

/* Four writers at once: every line arrives whole. */
static void writers_do_not_mix(void **state)
{
    (void)state;
    enum { WRITERS = 4, LINES = 500 };
    char line[512];
    int n = 0, result;
    for (int w = 0; w < WRITERS; w++) {
        if (fork() != 0) continue;
        bens_metrics *m;
        bool good = bens_metrics_open(path, &m) == BENS_OK;
        for (int64_t i = 0; i < LINES && good; i++) {
            const bens_metric x = metric_of(w, i);
            good = bens_metrics_put(m, &x) == BENS_OK;
        }
        _exit(!good);
    }
    for (int w = 0; w < WRITERS; w++) {
        assert_true(wait(&result) > 0);
        assert_int_equal(result, 0);
    }
    FILE *f = fopen(path, "r");
    while (fgets(line, sizeof line, f) != NULL) {
        assert_int_equal(line[0], '{');
        assert_string_equal(line + strlen(line) - 2, "}\n");
        n++;
    }
    fclose(f);
    assert_int_equal(n, WRITERS * LINES);
}

/* Who opens it would wait for ever. */
static void a_pipe_is_no_file(void **state)
{
    (void)state;
    bens_metric latest;
    char pipe[64];
    snprintf(pipe, sizeof pipe, "%s/metrics.a.jsonl", folder);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_int_equal(bens_metrics_until(folder, INFINITY, 0, 1, &latest), BENS_ERR_IO);
    assert_non_null(strstr(bens_error_text(), "found something else"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_latest_line_counts, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(nan_is_null, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_pipe_is_no_file, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_monitor_adds_keys, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(an_average_is_of_a_run, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(long_lines_have_room, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(a_cut_line_is_passed_over, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(the_folder_is_read_as_it_was, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(writers_do_not_mix, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
