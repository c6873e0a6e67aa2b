/* driver.c - runs a fuzz target without libFuzzer: its corpus, then mutations of it that
 * are the same in every run. The arguments are libFuzzer's:
 *   fuzz_NAME [-runs=MUTATIONS] [-max_total_time=SECONDS] [-seed=NUMBER] [-max_len=BYTES]
 *             FILE_OR_FOLDER...
 * Coverage does not lead it, so it finds less: scripts/fuzz.sh is for long searches. */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    uint8_t *data;
    size_t size;
} input;

typedef struct {
    input *item;
    size_t n;
} corpus;

/* An input that takes longer ends the program by SIGALRM; HDF5 has several times 3 s where
 * it reads in processes of its own (objects.h). */
enum { MOST_CHANGES = 6, SECONDS = 30, SECONDS_APART = 100 };

__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return 0;
}

/* Marsaglia's xorshift64*. */
static uint64_t state;
static size_t below(size_t n)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (size_t)((state * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % n;
}

static void add_file(corpus *all, const char *path)
{
    FILE *f = fopen(path, "rb");
    all->item = realloc(all->item, (all->n + 1) * sizeof *all->item);
    input *in = all->item != NULL ? &all->item[all->n++] : NULL;
    if (f == NULL || in == NULL) {
        fprintf(stderr, "cannot read '%s'\n", path);
        exit(2);
    }
    *in = (input){.data = malloc(1)};
    for (size_t n = 1; n > 0 && in->data != NULL; in->size += n) {
        in->data = realloc(in->data, in->size + 4096);
        n = in->data != NULL ? fread(in->data + in->size, 1, 4096, f) : 0;
    }
    fclose(f);
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* Sorted by bytes: the mutations depend on the order. */
static void add(corpus *all, const char *path)
{
    struct stat info;
    struct dirent **entry;
    char file[1024];
    if (stat(path, &info) == 0 && !S_ISDIR(info.st_mode)) {
        add_file(all, path);
        return;
    }
    const int n = scandir(path, &entry, NULL, compare);
    for (int i = 0; i < n; i++) {
        snprintf(file, sizeof file, "%s/%s", path, entry[i]->d_name);
        if (entry[i]->d_name[0] != '.') add_file(all, file);
        free(entry[i]);
    }
    if (n >= 0) free(entry);
}

static void insert(input *in, size_t at, const uint8_t *from, size_t n)
{
    memmove(in->data + at + n, in->data + at, in->size - at);
    memcpy(in->data + at, from, n);
    in->size += n;
}

static void cut(input *in, size_t at, size_t n)
{
    memmove(in->data + at, in->data + at + n, in->size - at - n);
    in->size -= n;
}

/* One change; room is what data can hold. */
static void change(input *in, size_t room, const corpus *all)
{
    static const uint8_t odd[] = {0, 1, 0x7f, 0x80, 0xff, '\n', '\r', '"', '=', '[', ' '};
    const input *other = &all->item[below(all->n)];
    const size_t at = below(in->size + 1), left = in->size - at;
    uint8_t block[64];
    switch (below(7)) {
    case 0:
        if (left > 0) in->data[at] ^= (uint8_t)(1U << below(8));
        break;
    case 1:
        if (left > 0) in->data[at] = odd[below(sizeof odd)];
        break;
    case 2:
        if (left > 0) in->data[at] = (uint8_t)below(256);
        break;
    case 3:
        if (left > 0) cut(in, at, 1 + below(left));
        break;
    case 4:
        if (in->size < room) insert(in, at, &odd[below(sizeof odd)], 1);
        break;
    case 5: /* a piece of itself again */
    case 6: /* a piece of another      */
        if (other->size > 0) {
            const size_t from = below(other->size);
            size_t n = 1 + below(sizeof block);
            if (n > other->size - from) n = other->size - from;
            memcpy(block, other->data + from, n);
            if (n <= room - in->size) insert(in, at, block, n);
        }
        break;
    }
}

static void mutate(const corpus *all, size_t room, uint8_t *buffer)
{
    const input *from = &all->item[below(all->n)];
    input in = {.data = buffer, .size = from->size < room ? from->size : room};
    memcpy(in.data, from->data, in.size);
    for (size_t n = 1 + below(MOST_CHANGES); n > 0; n--) change(&in, room, all);
    uint8_t *exact = malloc(in.size > 0 ? in.size : 1); /* a read behind it is seen */
    FUZZ_PROMISE(exact != NULL);
    memcpy(exact, in.data, in.size);
    alarm(getenv("FUZZ_APART") == NULL ? SECONDS : SECONDS_APART);
    LLVMFuzzerTestOneInput(exact, in.size);
    free(exact);
}

int main(int argc, char **argv)
{
    corpus all = {0};
    unsigned long long runs = ULLONG_MAX, seconds = ULLONG_MAX, seed = 1, room = 1 << 17,
                       done = 0;
    const time_t start = time(NULL);
    LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-')
            add(&all, argv[i]);
        else if (sscanf(argv[i], "-runs=%llu", &runs) != 1 &&
                 sscanf(argv[i], "-max_total_time=%llu", &seconds) != 1 &&
                 sscanf(argv[i], "-seed=%llu", &seed) != 1 &&
                 sscanf(argv[i], "-max_len=%llu", &room) != 1) {
            fprintf(stderr, "unknown argument '%s'\n", argv[i]);
            return 2;
        }
    if (runs == ULLONG_MAX && seconds == ULLONG_MAX) runs = 0;
    if (all.n == 0) {
        fprintf(stderr, "wanted a corpus, found no file\n");
        return 2;
    }
    for (size_t i = 0; i < all.n; i++)
        LLVMFuzzerTestOneInput(all.item[i].data, all.item[i].size);
    uint8_t *buffer = malloc(room + 1);
    FUZZ_PROMISE(buffer != NULL);
    state = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
    for (; done < runs && (unsigned long long)(time(NULL) - start) < seconds; done++)
        mutate(&all, room, buffer);
    printf("%zu files of the corpus, %llu mutations\n", all.n, done);
    free(buffer);
    for (size_t i = 0; i < all.n; i++) free(all.item[i].data);
    free(all.item);
    return 0;
}
