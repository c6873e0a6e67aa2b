/* run/config: settings back to text, priors, descriptions, and texts that are damaged.
 * ctest: timeout 120 */
#include "run/config_fixture.h"
#include "io/ini.h"

#include <glob.h>

/* Printed, read, printed: the same text, from any folder; and nothing is left to a
 * default. */
static void the_printed_text_gives_the_settings_again(void **state)
{
    static const char *const texts[] = {pima, gauss};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        bens_config a, b;
        char *first, *second;
        made(texts[i], NULL, &a);
        assert_int_equal(bens_config_print(&a, &first), BENS_OK);
        if (bens_config_create("elsewhere/config.ini", first, strlen(first), NULL, 0,
                               &b) != BENS_OK)
            fail_msg("%s\n%s", bens_error_text(), first);
        assert_int_equal(bens_config_print(&b, &second), BENS_OK);
        assert_string_equal(first, second);
        assert_ptr_equal(a.model, b.model);
        assert_ptr_equal(a.sampler, b.sampler);
        assert_int_equal(a.n_priors, b.n_priors);
        assert_true(a.chain.burn_in.value == b.chain.burn_in.value);
        assert_true(a.chain.burn_in.unit == b.chain.burn_in.unit);
        bens_config_release(&a);
        bens_config_release(&b);
    }
}

static void printed_text_is_complete(void **state)
{
    bens_config c;
    char *text;
    (void)state;
    made(pima, NULL, &c);
    c.grid.chains = 12; /* as train freezes it */
    assert_int_equal(bens_config_print(&c, &text), BENS_OK);
    static const char *const lines[] =
        {"[run]\noutput         = /home/runs/pima\n",
         "chains         = 12\n",
         "train          = /home/data/pima.csv\ntest           =\n",
         "target         = class\n",
         "[model]\nname           = logistic\nintercept ",
         "[prior bia*]\nname           = flat\n[init]\n",
         "burn_in        = 30 epochs\nthin           = 10\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(text, lines[i]) == NULL)
            fail_msg("'%s' is not in:\n%s", lines[i], text);
    bens_config_release(&c);
}

/* laplace keeps its centre, fan-in divides by the root of the inputs: sqrt(9) here. */
static void priors_of_other_kinds(void **state)
{
    bens_params p = {0};
    bens_config c;
    (void)state;
    assert_int_equal(bens_params_add(&p, "weight", 2, (const int64_t[]){4, 9}, NULL),
                     BENS_OK);
    assert_int_equal(bens_params_add(&p, "bias", 0, NULL, NULL), BENS_OK);
    made(pima,
         (const char *const[]){"prior w*.name=normal_fan_in", "prior w*.scale=6",
                               "prior bia*.name=laplace", "prior bia*.scale=2",
                               "prior bia*.mean=-1", NULL},
         &c);
    assert_int_equal(bens_config_apply_priors(&c, c.pool, &p), BENS_OK);
    const bens_prior *w = &p.tensors[0].prior, *b = &p.tensors[1].prior;
    assert_true(w->kind == BENS_PRIOR_NORMAL && w->scale == 2 && w->mean == 0);
    assert_true(b->kind == BENS_PRIOR_LAPLACE && b->scale == 2 && b->mean == -1);
    assert_false(bens_prior_is_apart(w));
    assert_true(bens_prior_is_apart(b));
    bens_params_release(&p);
    bens_config_release(&c);
}

static void priors_reach_their_tensors(void **state)
{
    bens_params p = {0};
    bens_config c;
    (void)state;
    assert_int_equal(bens_params_add(&p, "weight", 1, (const int64_t[]){3}, NULL),
                     BENS_OK);
    assert_int_equal(bens_params_add(&p, "bias", 0, NULL, NULL), BENS_OK);
    made(pima, (const char *const[]){"prior w*.scale=7", "prior *g*.scale=8", NULL}, &c);
    assert_int_equal(bens_config_apply_priors(&c, c.pool, &p), BENS_OK);
    assert_true(p.tensors[0].prior.kind == BENS_PRIOR_NORMAL &&
                p.tensors[0].prior.scale == 8);
    assert_true(p.tensors[1].prior.kind == BENS_PRIOR_FLAT);
    bens_config_release(&c);

    made(pima, (const char *const[]){"prior wieght.scale=7", NULL}, &c);
    assert_int_equal(bens_config_apply_priors(&c, c.pool, &p), BENS_ERR_CONFIG);
    assert_string_equal(bens_error_text(),
                        "--set: [prior wieght]: wanted a pattern that matches "
                        "a tensor, found none; the tensors are: weight, bias");
    bens_config_release(&c);
    bens_params_release(&p);
}

static void described(const char *section, char **text)
{
    size_t size;
    FILE *const f = open_memstream(text, &size);
    assert_non_null(f);
    assert_int_equal(bens_config_describe(section, f), BENS_OK);
    fclose(f);
}

static void every_key_is_described(void **state)
{
    static const char *const keys[] = {"\n  output ",     "\n  superchain ",
                                       "\n  step_size ",  "\n  integrator ",
                                       "\n  covariance ", "\n  target ",
                                       "\n  scale ",      "required",
                                       "[schedule]"};
    char *text;
    (void)state;
    described(NULL, &text);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (strstr(text, keys[i]) == NULL) fail_msg("'%s' is not in:\n%s", keys[i], text);
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const size_t length = strcspn(line, "\n");
        if (length > 90 || (length > 0 && line[length - 1] == ' '))
            fail_msg("a line of %zu characters: %.*s", length, (int)length, line);
    }
    free(text);

    described("chain", &text);
    assert_non_null(strstr(text, "\n  burn_in "));
    assert_null(strstr(text, "[run]"));
    free(text);

    FILE *const f = tmpfile();
    assert_int_equal(bens_config_describe("smapler", f), BENS_ERR_CONFIG);
    assert_non_null(strstr(bens_error_text(), "did you mean 'sampler'?"));
    fclose(f);
}

static void the_examples_are_read(void **state)
{
    glob_t found;
    (void)state;
    assert_int_equal(glob(BENS_SOURCE "/examples/*.ini", 0, NULL, &found), 0);
    assert_true(found.gl_pathc > 0);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        bens_config c;
        char *text;
        size_t size;
        assert_int_equal(bens_ini_load(found.gl_pathv[i], &text, &size), BENS_OK);
        if (bens_config_create(found.gl_pathv[i], text, size, NULL, 0, &c) != BENS_OK)
            fail_msg("%s", bens_error_text());
        assert_null(strstr(c.run.output, ".."));
        bens_config_release(&c);
        free(text);
    }
    globfree(&found);
}

/* ---- text nobody would write: refused or read, but never more than that ---- */

static uint64_t dice(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* One of: another byte, a byte of INI's own, a byte less, a piece of the text once
 * more. */
static size_t mutate(char *text, size_t size, size_t room, uint64_t *state)
{
    static const char special[] = "[]=;#\n\r\t .:/*\0\xff\xef\xbb\xbf-e0";
    const size_t at = (size_t)(dice(state) % size);
    switch (dice(state) % 4) {
    case 0:
        text[at] = (char)dice(state);
        return size;
    case 1:
        text[at] = special[dice(state) % (sizeof special - 1)];
        return size;
    case 2:
        memmove(text + at, text + at + 1, size - at - 1);
        return size - 1;
    default:
        break;
    }
    size_t length = (size_t)(dice(state) % 40);
    const size_t from = (size_t)(dice(state) % size);
    if (from + length > size) length = size - from;
    if (size + length > room) return size;
    char piece[40];
    memcpy(piece, text + from, length);
    memmove(text + at + length, text + at, size - at);
    memcpy(text + at, piece, length);
    return size + length;
}

static void mutated_text_is_no_danger(void **state)
{
    enum { ROUNDS = 20000, ROOM = 4096 };
    static const char *const texts[] = {pima, gauss};
    int taken = 0;
    (void)state;
    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        uint64_t s = seed * 0x9e3779b97f4a7c15u;
        const char *const text = texts[seed % 2];
        size_t size = strlen(text);
        char *const mutant = malloc(ROOM);
        memcpy(mutant, text, size);
        for (uint64_t n = 1 + dice(&s) % 2; n > 0; n--)
            size = mutate(mutant, size, ROOM, &s);

        char *const exact = malloc(size); /* so that one byte too many is seen */
        memcpy(exact, mutant, size);
        bens_config a, b;
        char *first, *second;
        const bens_status status = bens_config_create("m.ini", exact, size, NULL, 0, &a);
        if (status == BENS_OK) {
            taken++;
            assert_int_equal(bens_config_print(&a, &first), BENS_OK);
            if (bens_config_create("x.ini", first, strlen(first), NULL, 0, &b) != BENS_OK)
                fail_msg("seed %d: %s\n%s", (int)seed, bens_error_text(), first);
            assert_int_equal(bens_config_print(&b, &second), BENS_OK);
            assert_string_equal(first, second);
            bens_config_release(&a);
            bens_config_release(&b);
        } else {
            assert_int_equal(status, BENS_ERR_CONFIG);
            assert_non_null(strstr(bens_error_text(), "m.ini"));
        }
        free(exact);
        free(mutant);
    }
    /* both outcomes are tried: 6 % are taken */
    assert_in_range(taken, ROUNDS / 40, ROUNDS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_printed_text_gives_the_settings_again),
        cmocka_unit_test(printed_text_is_complete),
        cmocka_unit_test(priors_reach_their_tensors),
        cmocka_unit_test(priors_of_other_kinds),
        cmocka_unit_test(every_key_is_described),
        cmocka_unit_test(the_examples_are_read),
        cmocka_unit_test(mutated_text_is_no_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
