/* core/schedule: values by hand, by libm's formula, and PyTorch's; draws by walking over
 * every step. 1e-14 is 45 roundings of a number near 1: the few of a formula, PyTorch's
 * recursion over 50 steps, and e^-y with y wrong by one of y's own. */
#include "core/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define TOLERANCE 1e-14
#define COUNT(x)  (sizeof(x) / sizeof(x)[0])

static const bens_schedule constant = {.kind = BENS_SCHEDULE_CONSTANT},
                           polynomial = {.kind = BENS_SCHEDULE_POLYNOMIAL,
                                         .power = 1,
                                         .offset = 1},
                           cosine = {.kind = BENS_SCHEDULE_COSINE, .length = 50},
                           cyclical = {.kind = BENS_SCHEDULE_CYCLICAL,
                                       .cycle = 12,
                                       .explore = 5};

static void assert_at(const bens_schedule *schedule, int64_t t, double wanted)
{
    const double found = bens_schedule_at(schedule, t);
    if (fabs(found - wanted) <= TOLERANCE) return;
    fail_msg("kind %d, step %lld: %.17g, wanted %.17g", (int)schedule->kind, (long long)t,
             found, wanted);
}

static void by_hand(void **state)
{
    bens_schedule s = polynomial;
    (void)state;
    for (int64_t t = 0; t < 100; t++) assert_true(bens_schedule_at(&constant, t) == 1);

    assert_at(&s, 0, 1);
    assert_at(&s, 1, 1. / 2);
    assert_at(&s, 9, 1. / 10);
    s.offset = 100, s.power = 0.5, s.floor = 0.2;
    assert_at(&s, 300, 0.2 + 0.8 / 2);
    s.warmup = 4; /* t = 0 at step 4, where the warmup has reached 1 */
    assert_at(&s, 0, 1. / 4);
    assert_at(&s, 3, 1);
    assert_at(&s, 4, 1);
    assert_at(&s, 304, 0.2 + 0.8 / 2);
    s.power = 0;
    assert_at(&s, 1000000, 1);

    assert_at(&cosine, 0, 1);
    assert_at(&cosine, 25, 0.5);
    assert_true(bens_schedule_at(&cosine, 50) == 0);
    assert_true(bens_schedule_at(&cosine, 1000000) == 0);
    s = cosine;
    s.length = 6, s.warmup = 3, s.floor = 0.1; /* 1/3, 2/3, 1; 1, ..., then the floor */
    assert_at(&s, 1, 2. / 3);
    assert_at(&s, 3, 1);
    assert_at(&s, 4, 0.1 + 0.9 * 0.75);
    assert_at(&s, 5, 0.1 + 0.9 * 0.25);
    assert_at(&s, 6, 0.1);
    s.warmup = 8; /* a warmup beyond the end */
    assert_at(&s, 7, 1);
    assert_at(&s, 8, 0.1);

    assert_at(&cyclical, 4, 0.75);
    assert_at(&cyclical, 12, 1);
    assert_at(&cyclical, 20, 0.25);
    s = cyclical;
    s.warmup = 20; /* no cycle begins later for it */
    assert_at(&s, 4, 5. / 20 * 0.75);
    assert_at(&s, 12, 13. / 20);
    assert_at(&s, 28, 0.75);
}

static void temperature_is_0_or_1(void **state)
{
    const bens_schedule s = {.kind = BENS_SCHEDULE_CYCLICAL,
                             .cycle = 12,
                             .explore = 5,
                             .warmup = 30,
                             .floor = 0.3,
                             .is_temperature = true};
    (void)state;
    for (int64_t t = 0; t < 60; t++) {
        assert_true(bens_schedule_at(&s, t) == (t % 12 >= 5 ? 1 : 0));
        assert_true(bens_schedule_explores(&s, t) == (t % 12 < 5));
        assert_true(bens_schedule_explores(&cyclical, t) == (t % 12 < 5));
        assert_false(bens_schedule_explores(&cosine, t));
    }
}

/* torch.optim.lr_scheduler, PyTorch 2.15, lr = 1, eta_min = 0.1: CosineAnnealingLR(50),
 * CosineAnnealingWarmRestarts(12), and LinearLR from 1/10 over 9 steps, then from step 10
 * CosineAnnealingLR(40); the last is also the formula of llm.c. */
static void as_pytorch_has_it(void **state)
{
    static const struct {
        int64_t t;
        double annealing, restarts, warm;
    } wanted[] = {
        {0, 1.0, 1.0, 0.1},
        {1, 0.9991120277927222, 0.9846666218300807, 0.2},
        {7, 0.9571721736097089, 0.4335314297038657, 0.8},
        {9, 0.9299475664759068, 0.23180194846605365, 1.0},
        {10, 0.9140576474687263, 0.16028856829700258, 1.0},
        {11, 0.8967309592491051, 0.11533337816991932, 0.9986128001799076},
        {12, 0.878035882339635, 1.0, 0.994459753267812},
        {25, 0.55, 0.9846666218300807, 0.7222075445642905},
        {35, 0.28549663646838724, 0.11533337816991932, 0.3777924554357097},
        {49, 0.10088797220727781, 0.9846666218300807, 0.10138719982009242},
    };
    bens_schedule annealing = cosine, restarts = cyclical, warm = cosine;
    (void)state;
    annealing.floor = restarts.floor = warm.floor = 0.1;
    warm.warmup = 10;
    for (size_t i = 0; i < COUNT(wanted); i++) {
        assert_at(&annealing, wanted[i].t, wanted[i].annealing);
        assert_at(&restarts, wanted[i].t, wanted[i].restarts);
        assert_at(&warm, wanted[i].t, wanted[i].warm);
    }
}

static double by_libm(const bens_schedule *s, int64_t t)
{
    const double pi = acos(-1), age = (double)(t - s->warmup), after = (double)t;
    const double warmup = after < (double)s->warmup ? (after + 1) / (double)s->warmup : 1;
    double f = 1;
    if (s->kind == BENS_SCHEDULE_CYCLICAL)
        return warmup * (s->floor + (1 - s->floor) / 2 *
                                        (1 + cos(pi * fmod(after, (double)s->cycle) /
                                                 (double)s->cycle)));
    if (t < s->warmup) return warmup;
    if (s->kind == BENS_SCHEDULE_POLYNOMIAL)
        f = pow(1 + age / (double)s->offset, -s->power);
    if (s->kind == BENS_SCHEDULE_COSINE)
        f = t >= s->length ? 0
                           : (1 + cos(pi * age / (double)(s->length - s->warmup))) / 2;
    return s->floor + (1 - s->floor) * f;
}

/* Over every kind and many settings: the formula, the bounds, never rising but in a
 * warmup and from one cycle to the next. */
static void by_the_formula(void **state)
{
    static const double powers[] = {0, 0.33, 0.51, 1, 2.5}, floors[] = {0, 0.1, 0.7, 1};
    static const int64_t warmups[] = {0, 1, 13, 1000},
                         spans[] = {1, 2, 97, 5000, 1LL << 40};
    (void)state;
    for (int kind = BENS_SCHEDULE_CONSTANT; kind <= BENS_SCHEDULE_CYCLICAL; kind++)
        for (size_t i = 0; i < 5 * 4 * 4 * 5; i++) {
            const int64_t span = spans[i / 80];
            const bens_schedule s = {.kind = (bens_schedule_kind)kind,
                                     .power = powers[i % 5],
                                     .floor = floors[i / 5 % 4],
                                     .warmup = warmups[i / 20 % 4],
                                     .offset = span,
                                     .length = span,
                                     .cycle = span};
            double before = 1;
            for (int64_t t = 0; t < 12000; t += 1 + t / 50) {
                const double f = bens_schedule_at(&s, t);
                assert_at(&s, t, by_libm(&s, t));
                assert_true(f >= 0 && f <= 1);
                if (t > s.warmup && kind != BENS_SCHEDULE_CYCLICAL)
                    assert_true(f <= before);
                before = t >= s.warmup ? f : 1;
            }
        }
}

/* A falling f has integral(0, n) <= sum over t < n <= f(0) + integral(0, n). The
 * integral of (1 + t / o)^-p grows without bound for p <= 1, that of its square stays
 * below o / (2 p - 1) for p > 1/2. */
static void robbins_and_monro(void **state)
{
    static const double powers[] = {0.51, 0.55, 0.75, 1};
    const double o = 1000;
    (void)state;
    for (size_t i = 0; i < COUNT(powers); i++) {
        const double p = powers[i], n = 1e6;
        const bens_schedule s = {.kind = BENS_SCHEDULE_POLYNOMIAL,
                                 .power = p,
                                 .offset = (int64_t)o};
        double sum = 0, squares = 0;
        for (int64_t t = 0; t < (int64_t)n; t++) {
            const double f = bens_schedule_at(&s, t);
            sum += f;
            squares += f * f;
        }
        const double below =
            p == 1 ? o * log(1 + n / o) : o / (1 - p) * (pow(1 + n / o, 1 - p) - 1);
        const double square_below = o / (2 * p - 1) * (1 - pow(1 + n / o, 1 - 2 * p));
        assert_true(sum >= below && sum <= below + 1);
        assert_true(squares >= square_below && squares <= square_below + 1);
        assert_true(squares < 1 + o / (2 * p - 1));
    }
}

/* Draws of a run by walking over its steps, as the header puts it. */
static void walk(int64_t burn_in, int64_t thin, int64_t cycle, int64_t explore)
{
    const bens_schedule s = {.kind = BENS_SCHEDULE_CYCLICAL,
                             .cycle = cycle,
                             .explore = explore};
    int64_t k = 0, start = 0, age = 0;
    for (int64_t t = 0; k < 12; t++) {
        if (t % cycle == 0) start = t, age = 0;
        if (!bens_schedule_explores(&s, t)) age++;
        if (start < burn_in || age == 0 || age % thin != 0) continue;
        assert_int_equal(bens_schedule_draw(&s, burn_in, thin, k), t + 1);
        k++;
    }
}

static void draws_are_of_sampling_phases(void **state)
{
    (void)state;
    for (int64_t cycle = 1; cycle <= 9; cycle++)
        for (int64_t explore = 0; explore < cycle; explore++)
            for (int64_t thin = 1; thin <= cycle - explore; thin++)
                for (int64_t burn_in = 0; burn_in <= 2 * cycle + 1; burn_in++)
                    walk(burn_in, thin, cycle, explore);
    walk(2500, 7, 1000, 800);

    const int64_t large = 1LL << 40; /* more steps than 32 bits count */
    const bens_schedule s = {.kind = BENS_SCHEDULE_CYCLICAL, .cycle = 10, .explore = 4};
    assert_int_equal(bens_schedule_draw(&s, large * 10, 3, 1), large * 10 + 10);
    assert_int_equal(bens_schedule_draw(&s, 0, 3, 2 * large), large * 10 + 7);
    assert_int_equal(bens_schedule_draw(&constant, 100, 10, 0), 110);
    assert_int_equal(bens_schedule_draw(&cosine, 100, 10, 41), 520);
    assert_int_equal(bens_schedule_draw(&polynomial, 30, 0, 0), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(temperature_is_0_or_1),
        cmocka_unit_test(as_pytorch_has_it),
        cmocka_unit_test(by_the_formula),
        cmocka_unit_test(robbins_and_monro),
        cmocka_unit_test(draws_are_of_sampling_phases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
