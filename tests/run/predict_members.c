/* Which draws predict, and how they are grouped for errors and ranks. A run is only its
 * flags here: no file is wanted. */
#include "run/predict_members.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

enum { MOST = 1200 };
static uint8_t flags[MOST];

/* n_rows x n_draws, all of them good. */
static bens_draws run(int64_t n_rows, int64_t n_draws)
{
    memset(flags, BENS_DRAW_DONE, sizeof flags);
    return (bens_draws){.path = "run",
                        .n_chains = n_rows,
                        .n_draws = n_draws,
                        .flags = flags,
                        .seed = 7};
}

static bens_members choose(const bens_draws *d, const char *text, uint64_t repeat)
{
    bens_member_choice choice;
    bens_members m = {0};
    if (bens_member_choice_parse(text, &choice) != BENS_OK ||
        bens_members_create(d, &choice, repeat, &m) != BENS_OK)
        fail_msg("%s: %s", text, bens_error_text());
    return m;
}

static void refused(const bens_draws *d, const char *text, bens_status code,
                    const char *says)
{
    bens_member_choice choice;
    bens_members m;
    bens_status s = bens_member_choice_parse(text, &choice);
    if (s == BENS_OK) s = bens_members_create(d, &choice, 0, &m);
    if (s != code || strstr(bens_error_text(), says) == NULL)
        fail_msg("%s: wanted %d and '%s', found %d: %s", text, (int)code, says, (int)s,
                 bens_error_text());
}

static void choices_are_read(void **state)
{
    (void)state;
    const bens_draws d = run(2, 3);
    const char *const bad[] = {"",       "All",     "thin=",
                               "thin=0", "thin=2x", "-3",
                               "3 of",   "3 of x",  "0",
                               "3of 5",  "3 of 5 ", "+3",
                               " 3",     "last 2",  "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refused(&d, bad[i], BENS_ERR_CONFIG, "wanted all, last, thin=K, N or 'N of M'");
}

static void chains_that_diverged_give_none(void **state)
{
    (void)state;
    bens_draws d = run(4, 6);
    flags[0 * 6 + 5] |= BENS_DRAW_DIVERGING;          /* row 0 diverged at its end */
    for (int k = 0; k < 6; k++) flags[1 * 6 + k] = 0; /* row 1 has none yet        */
    flags[2 * 6 + 1] = flags[2 * 6 + 5] = 0;          /* row 2 lacks two           */
    bens_members m = choose(&d, "all", 0);
    static const bens_member wanted[] = {{2, 0}, {2, 2}, {2, 3}, {2, 4}, {3, 0},
                                         {3, 1}, {3, 2}, {3, 3}, {3, 4}, {3, 5}};
    assert_int_equal(m.n, 10);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(m.member[i].row, wanted[i].row);
        assert_int_equal(m.member[i].draw, wanted[i].draw);
    }
    assert_int_equal(m.n_diverged, 1);
    assert_int_equal(m.n_empty, 1);
    assert_int_equal(m.n_chains, 2);
    assert_int_equal(m.n_missing, 6 + 2);
    bens_members_release(&m);

    m = choose(&d, "last", 0);
    assert_int_equal(m.n, 2);
    assert_int_equal(m.member[0].draw, 4);
    assert_int_equal(m.member[1].draw, 5);
    bens_members_release(&m);

    m = choose(&d, "thin=2", 0); /* the second of every two good ones */
    static const int64_t second[] = {2, 4, 1, 3, 5};
    assert_int_equal(m.n, 5);
    for (int i = 0; i < 5; i++) assert_int_equal(m.member[i].draw, second[i]);
    bens_members_release(&m);
    refused(&d, "thin=7", BENS_ERR_CONFIG, "less than 7 good draws");

    memset(flags, BENS_DRAW_DONE | BENS_DRAW_DIVERGING, sizeof flags);
    refused(&d, "all", BENS_ERR_TRUST, "all of its 4 chains with draws diverged");
    memset(flags, 0, sizeof flags);
    refused(&d, "all", BENS_ERR_TRUST, "has no draw yet");
}

/* Random subsets: of the right size, different from repeat to repeat, every member
 * equally often. */
static void random_choices_are_fair(void **state)
{
    (void)state;
    enum { REPEATS = 4000 };
    const bens_draws d = run(35, 1);
    int count[35] = {0}, same = 0;
    int64_t before[15] = {0};
    for (uint64_t r = 0; r < REPEATS; r++) {
        bens_members m = choose(&d, "15 of 35", r);
        assert_int_equal(m.n, 15);
        bool equal = true;
        for (int i = 0; i < 15; i++) {
            if (i > 0) assert_true(m.member[i].row > m.member[i - 1].row);
            equal = equal && m.member[i].row == before[i];
            before[i] = m.member[i].row;
            count[m.member[i].row]++;
        }
        same += equal;
        bens_members_release(&m);
    }
    assert_int_equal(same, 0);
    /* binomial with sd sqrt(4000 x 15/35 x 20/35) = 31: 4.5
     * of them, for the worst of 35 */
    for (int i = 0; i < 35; i++) assert_in_range(count[i], 1714 - 140, 1714 + 140);

    bens_members one = choose(&d, "3", 5), again = choose(&d, "3", 5);
    assert_memory_equal(one.member, again.member, 3 * sizeof *one.member);
    bens_members_release(&one);
    bens_members_release(&again);
    refused(&d, "15 of 34", BENS_ERR_CONFIG, "found 35 draws");
    refused(&d, "36", BENS_ERR_CONFIG, "wanted 36 of 35");
}

/* Units hold all members once, in order, and none is empty; a cluster is one of them, or
 * all of a chain. */
static void check_units(int64_t n_rows, int64_t n_draws, int64_t units, int64_t clusters)
{
    const bens_draws d = run(n_rows, n_draws);
    bens_members m = choose(&d, "all", 0);
    assert_int_equal(m.n_units, units);
    assert_int_equal(m.n_clusters, clusters);
    assert_int_equal(m.begin[0], 0);
    assert_int_equal(m.begin[units], m.n);
    assert_int_equal(m.cluster[0], 0);
    assert_int_equal(m.cluster[units - 1], clusters - 1);
    for (int64_t u = 0; u < units; u++) {
        assert_true(m.begin[u] < m.begin[u + 1]);
        const bens_member first = m.member[m.begin[u]],
                          last = m.member[m.begin[u + 1] - 1];
        if (n_rows <= BENS_MOST_UNITS) assert_int_equal(first.row, last.row);
        if (u == 0) continue;
        const bool same_chain = m.member[m.begin[u - 1]].row == first.row;
        const bool together = n_rows >= BENS_FEW_CHAINS && same_chain;
        assert_int_equal(m.cluster[u] - m.cluster[u - 1], !together);
    }
    bens_members_release(&m);
}

static void units_are_chains_or_parts_of_them(void **state)
{
    (void)state;
    check_units(1, 1, 1, 1);
    check_units(1, 30, 30, 30);
    check_units(3, 30, 63, 63); /* 21 blocks of each chain */
    check_units(7, 30, 63, 63); /* 9 */
    check_units(7, 2, 14, 14);
    check_units(8, 30, 64, 8); /* from here on a chain is drawn whole */
    check_units(30, 30, 60, 30);
    check_units(40, 30, 40, 40);
    check_units(64, 2, 64, 64);
    check_units(65, 1, 64, 64); /* groups of chains */
    check_units(600, 2, 64, 64);
}

static void rectangles_are_full(void **state)
{
    (void)state;
    bens_draws d = run(3, 6);
    bens_rectangle r;
    flags[0 * 6 + 5] = flags[2 * 6 + 0] = 0;
    bens_members m = choose(&d, "all", 0);
    assert_int_equal(bens_rectangle_create(&m, 6, &r), BENS_OK);
    assert_int_equal(r.n_rows, 3);
    assert_int_equal(r.n_draws, 4);
    for (int k = 0; k < 4; k++) assert_int_equal(r.draw[k], k + 1);
    assert_int_equal(bens_rectangle_find(&r, (bens_member){0, 1}), 0);
    assert_int_equal(bens_rectangle_find(&r, (bens_member){2, 4}), 11);
    assert_int_equal(bens_rectangle_find(&r, (bens_member){2, 5}), -1);
    bens_rectangle_release(&r);
    bens_members_release(&m);

    for (int k = 0; k < 3; k++) flags[6 + k] = flags[2 * 6 + 3 + k] = 0;
    m = choose(&d, "all", 0);
    assert_int_equal(bens_rectangle_create(&m, 6, &r), BENS_ERR_CONFIG);
    bens_members_release(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choices_are_read),
        cmocka_unit_test(chains_that_diverged_give_none),
        cmocka_unit_test(random_choices_are_fair),
        cmocka_unit_test(units_are_chains_or_parts_of_them),
        cmocka_unit_test(rectangles_are_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
