/* The argument of --set: the same as the line that it stands for. */
#include "fuzz/fuzz.h"
#include "io/ini.h"

static void check_line(const bens_ini_entry *e)
{
    bens_ini ini;
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    FUZZ_PROMISE(f != NULL);
    fprintf(f, "[%s]\n%s = %s\n", e->section, e->key, e->value);
    fclose(f);
    FUZZ_PROMISE(bens_ini_parse("line.ini", text, size, &ini) == BENS_OK);
    FUZZ_PROMISE(ini.n == 2);
    FUZZ_PROMISE(strcmp(ini.entry[1].section, e->section) == 0);
    FUZZ_PROMISE(strcmp(ini.entry[1].key, e->key) == 0);
    FUZZ_PROMISE(strcmp(ini.entry[1].value, e->value) == 0);
    bens_ini_release(&ini);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bens_ini ini;
    char *text = fuzz_text(data, size);
    const bens_status s = bens_ini_assign(text, &ini);
    fuzz_check_error(s);
    FUZZ_PROMISE(s == BENS_OK || ini.n == 0);
    if (s == BENS_OK) {
        const bens_ini_entry *e = &ini.entry[ini.n - 1];
        FUZZ_PROMISE(e->key != NULL && e->line == 0);
        check_line(e);
    }
    bens_ini_release(&ini);
    free(text);
    return 0;
}
