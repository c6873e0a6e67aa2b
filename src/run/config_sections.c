#include "run/config_sections.h"

#include <string.h>

#define CHAINS (BENS_MAX_CHAIN + 1)

/* clang-format off */
#define AT(field) .offset = offsetof(bens_run_options, field)
static const bens_option run[] = {
    {.name = "output", .kind = BENS_OPTION_PATH, AT(output),
     .doc = "the run's folder: samples.h5, config.ini, metrics.jsonl"},
    {.name = "seed", .kind = BENS_OPTION_INT, .preset = "1", .max = 1e30, AT(seed),
     .doc = "of all random numbers"},
    {.name = "backend", .kind = BENS_OPTION_TEXT, .preset = "cpu",
     .choices = "auto|cpu|cuda", AT(backend), .doc = "where the arithmetic is done"},
    {.name = "threads", .kind = BENS_OPTION_INT, .preset = "1", .min = 1, .max = 4096,
     AT(threads), .unit = "threads a rank", .doc = "changes the speed, not the bits"},
    {.name = "time_limit", .kind = BENS_OPTION_TIME, .preset = "0", .max = 1e30,
     AT(time_limit), .doc = "then checkpoint and exit 75 (\"run me again\"); 0: none"},
    {.name = "strict", .kind = BENS_OPTION_BOOL, .preset = "false", AT(strict),
     .doc = "exit 3 if a chain diverged or a thermometer is far off"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_grid_options, field)
static const bens_option grid[] = {
    {.name = "chains", .kind = BENS_OPTION_INT, .preset = "auto", .min = 1, .max = CHAINS,
     .word = "auto", AT(chains),
     .doc = "auto: one per group of ranks, frozen in config.ini at the first start"},
    {.name = "first_chain", .kind = BENS_OPTION_INT, .preset = "0", .max = BENS_MAX_CHAIN,
     AT(first_chain), .doc = "number of the first one (array jobs, part runs)"},
    {.name = "shards", .kind = BENS_OPTION_INT, .preset = "1", .min = 1, .max = 1 << 20,
     AT(shards), .unit = "ranks", .doc = "ranks that share the data of one chain"},
    {.name = "comm", .kind = BENS_OPTION_CHOICE, .preset = "auto",
     .choices = "auto|none|mpi", AT(comm),
     .doc = "how shards sum their gradients; auto: mpi where there are several"},
    {.name = "slices", .kind = BENS_OPTION_INT, .preset = "0", .max = 1 << 20, AT(slices),
     .doc = "micro-batches of a batch, a multiple of shards; 0: one per shard. The same "
            "slices give the same bits with any shards"},
    {.name = "timeout", .kind = BENS_OPTION_TIME, .preset = "60 s", .max = 1e9,
     .above_min = true, AT(timeout),
     .doc = "a shard that keeps the others of its group waiting so long is lost: exit 5. "
            "A second more for every 10 MB of the group's states and draws, which one of "
            "them writes"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_data_options, field)
static const bens_option data[] = {
    {.name = "train", .kind = BENS_OPTION_PATH, AT(request.train),
     .doc = "the training set"},
    {.name = "test", .kind = BENS_OPTION_PATH, .preset = "", AT(request.test),
     .doc = "a test set, held out: what bens predict is about; or test_fraction"},
    {.name = "test_fraction", .kind = BENS_OPTION_REAL, .preset = "0", .max = 1,
     .below_max = true, AT(request.test_fraction),
     .doc = "of the rows of train, set aside by the seed"},
    {.name = "standardize", .kind = BENS_OPTION_CHOICE, .preset = "auto",
     .choices = "false|true|auto", AT(request.standardize),
     .doc = "each feature to mean 0 and sd 1 over the training set; auto: with csv, but "
            "neither idx nor hdf5 (see scale)"},
    {.name = "batch", .kind = BENS_OPTION_INT, .preset = "full", .min = 1, .max = 1e30,
     .word = "full", AT(batch), .unit = "rows over all shards",
     .doc = "rows of a gradient"},
    {.name = "order", .kind = BENS_OPTION_CHOICE, .preset = "shuffle",
     .choices = "shuffle|iid", AT(order),
     .doc = "shuffle: every epoch visits each row once; iid: with replacement"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_init_options, field)
static const bens_option init[] = {
    {.name = "from", .kind = BENS_OPTION_PATH, .preset = "model",
     .choices = "model|zero|prior", AT(from),
     .doc = "where chains start; model: as the model says; a path: chain c where chain c "
            "of that run ended"},
    {.name = "momenta", .kind = BENS_OPTION_CHOICE, .preset = "stationary",
     .choices = "stationary|zero", AT(momenta), .doc = "stationary: N(0, sigma^2 T/N)"},
    {.name = "superchain", .kind = BENS_OPTION_INT, .preset = "1", .min = 1,
     .max = CHAINS, AT(superchain), .unit = "chains",
     .doc = "neighbours that share a starting point (nested R-hat)"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_schedule_options, field)
#define KINDS "constant|polynomial|cosine|cyclical"
static const bens_option schedule[] = {
    {.name = "step_size", .kind = BENS_OPTION_CHOICE, .preset = "constant",
     .choices = KINDS, AT(step_size.kind), .doc = "factor on [sampler] step_size"},
    {.name = "temperature", .kind = BENS_OPTION_CHOICE, .preset = "constant",
     .choices = KINDS, AT(temperature.kind),
     .doc = "factor on [sampler] temperature; cyclical: 0 while a cycle explores"},
    {.name = "warmup", .kind = BENS_OPTION_LENGTH, .preset = "0", .max = 1e30,
     AT(step_size.warmup), .doc = "the step size rises linearly over these steps"},
    {.name = "power", .kind = BENS_OPTION_REAL, .preset = "0.55", .max = 10,
     AT(step_size.power), .doc = "polynomial: (1 + t / offset)^-power"},
    {.name = "floor", .kind = BENS_OPTION_REAL, .preset = "0", .max = 1,
     AT(step_size.floor), .doc = "the factor falls from 1 to this, not to 0"},
    {.name = "temperature_warmup", .kind = BENS_OPTION_LENGTH, .preset = "0",
     .max = 1e30, AT(temperature.warmup), .doc = "the same of the temperature"},
    {.name = "temperature_power", .kind = BENS_OPTION_REAL, .preset = "0.55", .max = 10,
     AT(temperature.power), .doc = "the same of the temperature"},
    {.name = "temperature_floor", .kind = BENS_OPTION_REAL, .preset = "0", .max = 1,
     AT(temperature.floor), .doc = "the same of the temperature"},
    {.name = "length", .kind = BENS_OPTION_LENGTH, .preset = "0", .max = 1e30, AT(length),
     .doc = "where cosine ends; 0: with the run"},
    {.name = "offset", .kind = BENS_OPTION_LENGTH, .preset = "1", .min = 1, .max = 1e30,
     AT(offset), .doc = "polynomial: see power"},
    {.name = "cycle", .kind = BENS_OPTION_LENGTH, .preset = "0", .max = 1e30, AT(cycle),
     .doc = "cyclical: the length of a cycle; draws come from its sampling phase only"},
    {.name = "explore", .kind = BENS_OPTION_REAL, .preset = "0.5", .max = 1,
     .below_max = true, AT(explore), .doc = "cyclical: share of a cycle that explores"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_chain_options, field)
static const bens_option chain[] = {
    {.name = "burn_in", .kind = BENS_OPTION_LENGTH, .preset = "1000", .max = 1e30,
     AT(burn_in),
     .doc = "steps before the first draw counts; "
            "draw k is the state after burn_in + k thin"},
    {.name = "thin", .kind = BENS_OPTION_INT, .preset = "10", .max = 1e30, AT(thin),
     .unit = "steps", .doc = "from draw to draw; 0 goes with draws = 1"},
    {.name = "draws", .kind = BENS_OPTION_INT, .preset = "5000", .min = 1, .max = 1e30,
     AT(draws), .doc = "states kept of each chain"},
    {0}};
#undef AT

static const bens_option store[] = {
    {.name = "tensors", .kind = BENS_OPTION_TEXT, .preset = "*",
     .offset = offsetof(bens_store_options, tensors),
     .doc = "patterns, parted by blanks, of the tensors and outputs to keep of a draw"},
    {.name = "dtype", .kind = BENS_OPTION_CHOICE, .preset = "float32",
     .choices = "float32|float16", .offset = offsetof(bens_store_options, dtype),
     .doc = "of the numbers of a draw; float16 has 3 digits and ends at 65504"},
    {.name = "lp", .kind = BENS_OPTION_CHOICE, .preset = "full", .choices = "full|batch",
     .offset = offsetof(bens_store_options, lp),
     .doc = "log posterior of a draw: over all data, or N x the mean of its batch"},
    {0}};

#define AT(field) .offset = offsetof(bens_monitor_options, field)
static const bens_option monitor[] = {
    {.name = "data", .kind = BENS_OPTION_CHOICE, .preset = "none",
     .choices = "none|train|test", AT(data),
     .doc = "rows whose loss and accuracy each chain reports; the averaged prediction of "
            "all draws is judged by them at the end"},
    {.name = "every", .kind = BENS_OPTION_LENGTH, .preset = "1 epochs", .max = 1e30,
     .above_min = true, AT(every), .doc = "between two looks; draws have one anyway"},
    {0}};
#undef AT

#define AT(field) .offset = offsetof(bens_diagnose_options, field)
static const bens_option diagnose[] = {
    {.name = "r_hat", .kind = BENS_OPTION_REAL, .preset = "1.01", .min = 1, .max = 1e30,
     .above_min = true, AT(r_hat), .doc = "largest rank-normalised split R-hat"},
    {.name = "tau", .kind = BENS_OPTION_REAL, .preset = "0.02", .max = 1e30, AT(tau),
     .doc = "of the bound sqrt(1 + 1/M + tau) on nested R-hat with M chains a "
            "superchain: the bias tolerated, squared, in variances"},
    {.name = "ess", .kind = BENS_OPTION_REAL, .preset = "400", .max = 1e30, AT(ess),
     .unit = "draws", .doc = "smallest effective sample size, bulk and tail"},
    {.name = "temperature", .kind = BENS_OPTION_REAL, .preset = "0.1", .max = 1e30,
     AT(temperature),
     .doc = "how far the draws' temperature may be from the one asked for, relative"},
    {.name = "ksd", .kind = BENS_OPTION_REAL, .preset = "2", .min = 1, .max = 1e30,
     AT(ksd),
     .doc = "largest kernel Stein discrepancy, relative to that of as many exact draws"},
    {.name = "diverged", .kind = BENS_OPTION_REAL, .preset = "0", .max = 1, AT(diverged),
     .doc = "largest share of chains that may have diverged and are left out"},
    {.name = "gradients", .kind = BENS_OPTION_INT, .preset = "2000", .max = 1e6,
     AT(gradients), .unit = "draws",
     .doc = "at most so many get a gradient over all data; 0: no draw does"},
    {.name = "ksd_parameters", .kind = BENS_OPTION_INT, .preset = "4096", .max = 1e9,
     AT(ksd_parameters),
     .doc = "a model with more gets no kernel Stein discrepancy"},
    {0}};
#undef AT

#define SCALE(text)                                                                      \
    {.name = "scale", .kind = BENS_OPTION_REAL, .preset = "1", .min = 1e-15,            \
     .max = 1e15, .offset = offsetof(bens_prior_rule, scale), .doc = text}
#define MEAN                                                                             \
    {.name = "mean", .kind = BENS_OPTION_REAL, .preset = "0",                            \
     .offset = offsetof(bens_prior_rule, mean), .doc = "centre"}
static const bens_option normal[] = {
    SCALE("standard deviation"), MEAN,
    {.name = "from", .kind = BENS_OPTION_PATH, .preset = "",
     .offset = offsetof(bens_prior_rule, from),
     .doc = "a finished run: mean and scale of each number are those of its draws"},
    {0}};
static const bens_option laplace[] = {SCALE("mean distance from the centre"), MEAN, {0}};
static const bens_option normal_fan_in[] = {
    SCALE("standard deviation is scale / sqrt(inputs of an output)"), {0}};
static const bens_option checkpoint[] = {
    {.name = "every", .kind = BENS_OPTION_TIME, .preset = "10 min", .max = 1e30,
     .above_min = true, .offset = offsetof(bens_checkpoint_options, every),
     .doc = "between the checkpoints that --resume goes on from"},
    {0}};
/* clang-format on */

static const bens_prior_kind kinds[] = {BENS_PRIOR_NORMAL, BENS_PRIOR_LAPLACE,
                                        BENS_PRIOR_NORMAL_FAN_IN, BENS_PRIOR_FLAT};
static const bens_choice priors[] = {
    {&kinds[0], "normal", "N(mean, scale^2)", normal, sizeof(bens_prior_rule)},
    {&kinds[1], "laplace", "exp(-|x - mean| / scale)", laplace, sizeof(bens_prior_rule)},
    {&kinds[2], "normal_fan_in", "N(0, scale^2 / inputs of an output)", normal_fan_in,
     sizeof(bens_prior_rule)},
    {&kinds[3], "flat", "no prior", NULL, sizeof(bens_prior_rule)},
};

static bool prior_at(size_t i, bens_choice *out)
{
    if (i >= sizeof priors / sizeof *priors) return false;
    *out = priors[i];
    return true;
}

static bool model_at(size_t i, bens_choice *out)
{
    const bens_model *m = bens_model_at(i);
    if (m == NULL) return false;
    *out = (bens_choice){m, m->name, m->doc, m->options, m->options_size};
    return true;
}

static bool sampler_at(size_t i, bens_choice *out)
{
    const bens_sampler *s = bens_sampler_at(i);
    if (s == NULL) return false;
    *out = (bens_choice){s, s->name, s->doc, s->options, s->options_size};
    return true;
}

static bool source_at(size_t i, bens_choice *out)
{
    const bens_source *s = bens_source_at(i);
    if (s == NULL) return false;
    *out = (bens_choice){s, s->name, s->doc, s->options, s->options_size};
    return true;
}

static bool likelihood_at(size_t i, bens_choice *out)
{
    const bens_likelihood *l = bens_likelihood_at(i);
    if (l == NULL) return false;
    *out = (bens_choice){l, l->name, l->doc, l->options, l->options_size};
    return true;
}

/* clang-format off */
static const bens_registry models = {"name", "model", NULL, "the log density", model_at};
static const bens_registry samplers = {"name", "sampler", "baoa", "the dynamics",
                                       sampler_at};
static const bens_registry sources = {"source", "source", "csv", "kind of file",
                                      source_at};
static const bens_registry likelihoods = {"name", "likelihood", "bernoulli",
                                          "of y given the model's outputs",
                                          likelihood_at};
static const bens_registry prior_kinds = {"name", "prior", "normal",
                                          "of each number, independent", prior_at};

#define IN(field) .offset = offsetof(bens_config, field)
#define CHOSEN(field) .entry = offsetof(bens_config, field), \
                      .entry_options = offsetof(bens_config, field##_options)
static const bens_section sections[] = {
    {.name = "run", .doc = "the run as a whole", .options = run, IN(run)},
    {.name = "grid", .doc = "chains and shards over the ranks", .options = grid,
     IN(grid)},
    {.name = "data", .doc = "what is learned from; not with a model of its own density",
     .options = data, IN(data), .registry = &sources, CHOSEN(source), .of_data = true},
    {.name = "model", .doc = "the model", .registry = &models, CHOSEN(model)},
    {.name = "likelihood", .doc = "not with a model of its own density",
     .registry = &likelihoods, CHOSEN(likelihood), .of_data = true},
    {.name = "prior",
     .doc = "not with a model of its own density; [prior PATTERN] overrides it for the "
            "tensors whose names match the shell pattern",
     .registry = &prior_kinds, .of_data = true, .patterns = true},
    {.name = "init", .doc = "where chains start", .options = init, IN(init)},
    {.name = "sampler", .doc = "the dynamics of a chain", .registry = &samplers,
     CHOSEN(sampler)},
    {.name = "schedule", .doc = "factors that change over the run", .options = schedule,
     IN(schedule)},
    {.name = "chain", .doc = "the length of a chain", .options = chain, IN(chain)},
    {.name = "store", .doc = "what is kept with a draw", .options = store, IN(store)},
    {.name = "monitor", .doc = "how good chains are while they run; not with a model of "
                               "its own density",
     .options = monitor, IN(monitor), .of_data = true},
    {.name = "checkpoint", .doc = "how much work a crash may cost", .options = checkpoint,
     IN(checkpoint)},
    {.name = "diagnose", .doc = "what bens diagnose wants before it trusts a run",
     .options = diagnose, IN(diagnose)},
};
/* clang-format on */

const char *const bens_own_data_keys[] = {"batch", "order", NULL};

const bens_section *bens_section_at(size_t i)
{
    return i < sizeof sections / sizeof *sections ? &sections[i] : NULL;
}

const bens_section *bens_section_find(const char *name)
{
    const bens_section *s;
    for (size_t i = 0; (s = bens_section_at(i)) != NULL; i++)
        if (strcmp(s->name, name) == 0) return s;
    return NULL;
}

bool bens_choice_find(const bens_registry *registry, const char *name, bens_choice *out)
{
    bens_choice choice;
    for (size_t i = 0; registry->at(i, &choice); i++)
        if (strcmp(choice.name, name) == 0) {
            *out = choice;
            return true;
        }
    return false;
}

bool bens_choice_of(const bens_section *section, const bens_config *config,
                    bens_choice *out)
{
    const void *entry;
    memcpy(&entry, (const char *)config + section->entry, sizeof entry);
    for (size_t i = 0; section->registry->at(i, out); i++)
        if (out->entry == entry) return true;
    return false;
}

const bens_option *bens_section_key(const bens_section *section,
                                    const bens_choice *choice, const char *key,
                                    bool *common)
{
    const bens_option *const own = bens_option_find(section->options, key);
    *common = own != NULL;
    if (own != NULL || choice == NULL) return own;
    return bens_option_find(choice->options, key);
}
