/* run/config: from a file and --set to the settings of a run, and back to text.
 * ctest: timeout 120 */
#include "io/ini.h"
#include "core/schedule.h"
#include "run/config.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Every section; the shortest of each kind of value. */
static const char pima[] = "[run]\n"
                           "output = runs/pima\n"
                           "[grid]\n"
                           "chains = 8\n"
                           "shards = 2\n"
                           "slices = 4\n"
                           "[data]\n"
                           "source = csv\n"
                           "train = data/pima.csv\n"
                           "test =              # a file, or:\n"
                           "target = class\n"
                           "batch = 32\n"
                           "order = iid\n"
                           "[model]\n"
                           "name = logistic\n"
                           "[likelihood]\n"
                           "name = bernoulli\n"
                           "[prior]\n"
                           "scale = 2\n"
                           "[prior bia*]\n"
                           "name = flat\n"
                           "[init]\n"
                           "superchain = 4\n"
                           "[sampler]\n"
                           "name = sghmc\n"
                           "integrator = euler\n"
                           "step_size = 1e-2\n"
                           "alpha = 1\n"
                           "[schedule]\n"
                           "step_size = constant\n"
                           "[chain]\n"
                           "burn_in = 30 epochs\n"
                           "[store]\n"
                           "lp = batch\n";

static const char gauss[] = "[run]\noutput = /runs/g\n"
                            "[model]\nname = gaussian\ncovariance = 1 0.5 / 0.5 2\n"
                            "[sampler]\nstep_size = 0.1\nalpha = 1\n";

enum { MOST_SETS = 8 };

static bens_status create(const char *text, const char *const *set, bens_config *out)
{
    size_t n = 0;
    while (set != NULL && n < MOST_SETS && set[n] != NULL) n++;
    return bens_config_create("/home/a.ini", text, strlen(text), set, n, out);
}

static void made(const char *text, const char *const *set, bens_config *out)
{
    if (create(text, set, out) != BENS_OK) fail_msg("%s", bens_error_text());
}

/* text, and behind it `set`, is refused with a message that begins so. */
static void refused(const char *text, const char *set, const char *message)
{
    bens_config c;
    const bens_status status = create(text, (const char *const[]){set, NULL}, &c);
    if (status != BENS_ERR_CONFIG)
        fail_msg("wanted '%s', found status %d", message, (int)status);
    if (strncmp(bens_error_text(), message, strlen(message)) != 0)
        fail_msg("wanted '%s...', found '%s'", message, bens_error_text());
    assert_null(c.pool);
}

/* As refused, with the lines of `extra` at the end of the file. */
static void refused_with(const char *text, const char *extra, const char *message)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", text, extra);
    refused(whole, NULL, message);
}

static void a_file_is_read(void **state)
{
    bens_config c;
    (void)state;
    made(pima, NULL, &c);
    assert_string_equal(c.run.output, "/home/runs/pima");
    assert_string_equal(c.run.backend, "cpu");
    assert_true(c.run.seed == 1 && c.run.threads == 1 && !c.run.strict);
    assert_true(c.grid.chains == 8 && c.grid.shards == 2 && c.grid.slices == 4);
    assert_true(c.grid.first_chain == 0 && c.grid.comm == BENS_COMM_AUTO);
    assert_string_equal(c.source->name, "csv");
    assert_string_equal(c.data.request.train, "/home/data/pima.csv");
    assert_string_equal(c.data.request.test, "");
    assert_true(c.data.request.test_fraction == 0 && c.data.request.standardize);
    assert_true(c.data.batch == 32 && c.data.order == BENS_ORDER_IID);
    assert_string_equal(c.model->name, "logistic");
    assert_string_equal(c.likelihood->name, "bernoulli");
    assert_string_equal(c.init.from, "model");
    assert_int_equal(c.init.momenta, BENS_MOMENTA_STATIONARY);
    assert_true(c.init.superchain == 4);
    assert_string_equal(c.sampler->name, "sghmc");
    const bens_sampler_common *const common = c.sampler_options;
    assert_true(common->step_size == 0.01 && common->temperature == 1);
    assert_true(c.schedule.step_size.kind == BENS_SCHEDULE_CONSTANT);
    assert_true(c.chain.burn_in.value == 30 && c.chain.burn_in.unit == BENS_EPOCHS);
    assert_true(c.chain.thin == 10 && c.chain.draws == 5000);
    assert_int_equal(c.store.lp, BENS_LP_BATCH);

    assert_int_equal(c.n_priors, 2);
    assert_string_equal(c.prior[0].pattern, "*");
    assert_true(c.prior[0].kind == BENS_PRIOR_NORMAL && c.prior[0].scale == 2);
    assert_string_equal(c.prior[0].where, "/home/a.ini:18");
    assert_string_equal(c.prior[1].pattern, "bia*");
    assert_int_equal(c.prior[1].kind, BENS_PRIOR_FLAT);
    assert_string_equal(c.prior[1].where, "/home/a.ini:20");
    bens_config_release(&c);
}

static void defaults_are_the_contract(void **state)
{
    bens_config c;
    (void)state;
    made("[run]\noutput = o\n[data]\ntrain = t.csv\ntarget = y\n[model]\nname = "
         "logistic\n"
         "[sampler]\nstep_size = 1\nalpha = .5\n",
         NULL, &c);
    assert_true(c.grid.chains == 0 && c.grid.shards == 1 && c.grid.slices == 0);
    assert_true(c.data.batch == 0 && c.data.order == BENS_ORDER_SHUFFLE);
    assert_string_equal(c.sampler->name, "baoa");
    assert_string_equal(c.likelihood->name, "bernoulli");
    assert_true(c.n_priors == 1 && c.prior[0].kind == BENS_PRIOR_NORMAL);
    assert_true(c.prior[0].scale == 1);
    assert_true(c.chain.burn_in.value == 1000 && c.chain.burn_in.unit == BENS_STEPS);
    assert_true(c.chain.thin == 10 && c.chain.draws == 5000);
    assert_int_equal(c.store.lp, BENS_LP_FULL);
    bens_config_release(&c);
}

static void a_density_of_its_own_has_no_data(void **state)
{
    bens_config c;
    (void)state;
    made(gauss, NULL, &c);
    assert_null(c.source);
    assert_null(c.likelihood);
    assert_int_equal(c.n_priors, 0);
    assert_true(c.data.batch == 0 && c.data.order == 0);
    bens_config_release(&c);
    refused_with(gauss, "[data]\nbatch = 3\n",
                 "/home/a.ini:9: [data]: wanted no such section, for model 'gaussian'");
    refused_with(gauss, "[likelihood]\n",
                 "/home/a.ini:9: [likelihood]: wanted no such section");
    refused_with(gauss, "[prior x]\nscale = 3\n",
                 "/home/a.ini:9: [prior x]: wanted no such");
    refused(gauss, "prior.scale=2", "--set: [prior]: wanted no such section");
    refused(gauss, "grid.shards=2", "--set: [grid]: wanted shards = 1 and slices = 1");
    refused(gauss, "grid.slices=2", "--set: [grid]: wanted shards = 1 and slices = 1");
    refused(gauss, "init.from=prior",
            "--set: [init] from: wanted model, zero or a run, for model");
}

static void set_is_stronger_than_the_file(void **state)
{
    char working[4096], expected[5000];
    bens_config c;
    (void)state;
    made(pima,
         (const char *const[]){"chain.draws=7", "chain.draws=8", "prior w.*.scale=3",
                               "run.output=here/x", NULL},
         &c);
    assert_true(c.chain.draws == 8);
    assert_int_equal(c.n_priors, 3);
    assert_string_equal(c.prior[2].pattern, "w.*");
    assert_true(c.prior[2].scale == 3);
    assert_string_equal(c.prior[2].where, "--set");
    assert_non_null(getcwd(working, sizeof working));
    snprintf(expected, sizeof expected, "%s/here/x", working);
    assert_string_equal(c.run.output, expected); /* not /home */
    bens_config_release(&c);

    made(pima,
         (const char *const[]){"prior.scale=5", "sampler.name=baoa",
                               "sampler.integrator=", "data.batch=full", NULL},
         &c);
    assert_true(c.prior[0].scale == 5 && c.data.batch == 0);
    bens_config_release(&c);
}

static void order_in_the_file_does_not_matter(void **state)
{
    bens_config c;
    (void)state;
    made("[sampler]\nintegrator = symplectic\nalpha = 1\nstep_size = 1\n"
         "[model]\nintercept = true\n[data]\ntarget = y\ntrain = t\n[run]\noutput = o\n"
         "[sampler]\nname = sghmc\n[model]\nname = logistic\n",
         NULL, &c);
    assert_string_equal(c.sampler->name, "sghmc");
    bens_config_release(&c);
}

static void unknown_names_are_refused(void **state)
{
    (void)state;
    refused_with(pima, "[modle]\n",
                 "/home/a.ini:35: unknown section [modle]; did you mean [model]?");
    refused_with(pima, "[xyz]\n",
                 "/home/a.ini:35: unknown section [xyz]; `bens options`");
    refused_with(pima, "[run x]\n",
                 "/home/a.ini:35: unknown section [run x]; did you mean [run]?");
    refused_with(pima, "[run]\nsede = 3\n",
                 "/home/a.ini:36: [run] sede: unknown key; did you mean 'seed'?");
    refused_with(pima, "[run]\ndraws = 3\n",
                 "/home/a.ini:36: [run] draws: unknown key; section [chain] has one");
    refused_with(pima, "[run]\nxyz = 3\n",
                 "/home/a.ini:36: [run] xyz: unknown key; `bens options run` shows all");
    refused(pima, "runn.seed=1", "--set: unknown section [runn]; did you mean [run]?");
    refused(pima, "sampler.name=baao",
            "--set: [sampler] name: unknown sampler 'baao'; known: baoa, sghmc, ");
    refused(pima, "model.name=gpt",
            "--set: [model] name: unknown model 'gpt'; known: gaussian, "
            "double_well, l");
    refused(pima, "data.source=parquet",
            "--set: [data] source: unknown source 'parquet'; known: csv, hdf5, idx");
    refused(pima, "prior.name=cauchy",
            "--set: [prior] name: unknown prior 'cauchy'; known: normal, laplace, "
            "normal_fan_in, flat");
    refused(pima, "likelihood.name=poison",
            "--set: [likelihood] name: unknown likelihood");
    refused(pima, "sampler.name=baoa",
            "/home/a.ini:26: [sampler] integrator: sampler 'baoa' has no "
            "such key (sghmc has)");
    refused_with(pima, "[prior x]\nname = flat\nscale = 2\n",
                 "/home/a.ini:37: [prior x] scale: prior 'flat' has no such key (normal "
                 "has)");
    refused(pima, "sampler.name=", "--set: [sampler] name: unknown sampler ''");
}

static void missing_settings_are_named(void **state)
{
    (void)state;
    refused("", NULL, "/home/a.ini: [run] output: wanted a path");
    refused("[run]\noutput = x\n", NULL,
            "/home/a.ini: [model] name: wanted one of gaussian, double_well, logistic");
    refused("[run]\noutput = x\n[model]\nname = logistic\n", NULL,
            "/home/a.ini: [sampler] step_size: wanted a number > 0 (");
    refused("[run]\noutput = x\n[model]\nname = "
            "logistic\n[sampler]\nstep_size=1\nalpha=1\n",
            NULL, "/home/a.ini: [data] train: wanted a path");
}

static void values_are_checked_with_their_place(void **state)
{
    (void)state;
    refused(pima, "sampler.step_size=abc",
            "--set: [sampler] step_size: wanted a number > 0, found 'abc'");
    refused_with(gauss, "[chain]\nthin = -1\n",
                 "/home/a.ini:10: [chain] thin: wanted a whole "
                 "number >= 0, found '-1'");
    refused(pima, "sampler.step_size=nan",
            "--set: [sampler] step_size: wanted a number > 0");
    refused(pima, "sampler.temperature=-1",
            "--set: [sampler] temperature: wanted a number >= 0");
    refused(pima, "grid.chains=0",
            "--set: [grid] chains: wanted a whole number from 1 to "
            "16777216 or auto, found '0'");
    refused(pima, "data.test_fraction=1",
            "--set: [data] test_fraction: wanted a number >= 0 and "
            "< 1, found '1'");
    refused(pima, "prior.scale=0", "--set: [prior] scale: wanted a number");
    refused(pima, "schedule.step_size=cosinus",
            "--set: [schedule] step_size: wanted one of constant, polynomial, cosine, "
            "cyclical, found 'cosinus'");
    refused(pima, "run.seed", "--set: wanted section.key=value, found 'run.seed'");
    refused_with(pima, "[chain]\ndraws\n", "/home/a.ini:36: wanted key = value");
}

static void what_does_not_go_together_is_refused(void **state)
{
    bens_config c;
    (void)state;
    refused(pima, "chain.thin=0",
            "--set: [chain] thin = 0 leaves one state to keep: wanted draws = 1, found "
            "draws = 5000");
    made(pima, (const char *const[]){"chain.thin=0", "chain.draws=1", NULL}, &c);
    bens_config_release(&c);
    refused(pima, "grid.slices=3",
            "--set: [grid] slices: wanted a multiple of shards = 2");
    refused(pima, "grid.comm=none",
            "--set: [grid] comm: wanted auto or mpi with shards = 2");
    refused(pima, "grid.first_chain=16777209",
            "/home/a.ini:4: [grid] chains: wanted first_chain");
    refused(pima, "init.superchain=3",
            "--set: [init] superchain: wanted a divisor of [grid] chains");
    assert_int_equal(create(pima,
                            (const char *const[]){"data.test=t.csv",
                                                  "data.test_fraction=.2", NULL},
                            &c),
                     BENS_ERR_CONFIG);
    assert_string_equal(bens_error_text(),
                        "--set: [data]: wanted either test or test_fraction, found both");
    refused(pima, "run.backend=cuda",
            "--set: [run] backend 'cuda' is known, but this program was built without "
            "it");
    refused(pima, "run.backend=cpuu",
            "--set: [run] backend: wanted auto, cpu or cuda, found 'cpuu'"
            "; did you mean 'cpu'?");
    refused(pima, "sampler.alpha=1000",
            "--set: [sampler] sghmc: wanted step_size * alpha");
    made(pima, (const char *const[]){"run.backend=auto", NULL}, &c);
    assert_string_equal(c.run.backend, "cpu");
    bens_config_release(&c);
}

/* Several settings that do not go together, by the first one's message. */
static void refused_all(const char *const *set, const char *message)
{
    bens_config c;
    assert_int_equal(create(pima, set, &c), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), message) == NULL)
        fail_msg("wanted '%s', found '%s'", message, bens_error_text());
}

static void samplers_and_what_they_cannot(void **state)
{
    (void)state;
    const char *alpha = "sampler.alpha=", *euler = "sampler.integrator=";
    refused_all((const char *const[]){"sampler.name=adamw", alpha, euler, NULL},
                "temperature: wanted 0, for 'adamw' is an optimiser");
    refused_all((const char *const[]){"sampler.name=sgd", alpha, euler, NULL},
                "temperature: wanted 0, for 'sgd' is an optimiser");
    refused_all((const char *const[]){"sampler.name=adam", alpha, euler, NULL},
                "temperature: wanted 0, for 'adam' is an optimiser");
    refused_all((const char *const[]){"sampler.name=sgnht", euler,
                                      "sampler.temperature=0", NULL},
                "sgnht: wanted temperature > 0");
    refused_all((const char *const[]){"sampler.gradient_noise=.1", "data.order=shuffle",
                                      NULL},
                "gradient_noise: wanted [data] order = iid");
    refused_all((const char *const[]){"sampler.gradient_noise=estimate", NULL},
                "gradient_noise: wanted a number >= 0 or estimated, found 'estimate'");
    refused_all((const char *const[]){"schedule.step_size=cyclical", NULL},
                "cycle: wanted the length of a cycle");
    refused_all((const char *const[]){"schedule.temperature=cyclical",
                                      "schedule.cycle=100", "chain.thin=0",
                                      "chain.draws=1", NULL},
                "thin: wanted at least 1 with a cyclical schedule");
    refused_all((const char *const[]){"sampler.name=sgnht", euler,
                                      "schedule.temperature=cosine", NULL},
                "temperature: wanted constant with the thermostat of 'sgnht'");
}

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
        cmocka_unit_test(a_file_is_read),
        cmocka_unit_test(defaults_are_the_contract),
        cmocka_unit_test(a_density_of_its_own_has_no_data),
        cmocka_unit_test(set_is_stronger_than_the_file),
        cmocka_unit_test(order_in_the_file_does_not_matter),
        cmocka_unit_test(unknown_names_are_refused),
        cmocka_unit_test(missing_settings_are_named),
        cmocka_unit_test(values_are_checked_with_their_place),
        cmocka_unit_test(what_does_not_go_together_is_refused),
        cmocka_unit_test(the_printed_text_gives_the_settings_again),
        cmocka_unit_test(printed_text_is_complete),
        cmocka_unit_test(priors_reach_their_tensors),
        cmocka_unit_test(priors_of_other_kinds),
        cmocka_unit_test(samplers_and_what_they_cannot),
        cmocka_unit_test(every_key_is_described),
        cmocka_unit_test(the_examples_are_read),
        cmocka_unit_test(mutated_text_is_no_danger),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
