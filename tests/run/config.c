/* run/config: from a file and --set to the settings of a run. config_text.c has the way back.
 * ctest: timeout 120 */
#include "run/config_fixture.h"
#include "core/schedule.h"

#include <unistd.h>

/* As refused, with the lines of `extra` at the end of the file. */
static void refused_with(const char *text, const char *extra, const char *message)
{
    char whole[2048];
    snprintf(whole, sizeof whole, "%s%s", text, extra);
    refused(whole, NULL, message);
}

/* Several settings that do not go together, by the first one's message. */
static void refused_all(const char *const *set, const char *message)
{
    bens_config c;
    assert_int_equal(create(pima, set, &c), BENS_ERR_CONFIG);
    if (strstr(bens_error_text(), message) == NULL)
        fail_msg("wanted '%s', found '%s'", message, bens_error_text());
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
        cmocka_unit_test(samplers_and_what_they_cannot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
