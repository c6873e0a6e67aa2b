/* The text of an INI file. What was read, written out again, must be read as the same. */
#include "fuzz/fuzz.h"
#include "io/ini.h"

static char *print(const bens_ini *ini)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    FUZZ_PROMISE(f != NULL);
    for (size_t i = 0; i < ini->n; i++) {
        const bens_ini_entry *e = &ini->entry[i];
        if (e->key == NULL)
            fprintf(f, "[%s]\n", e->section);
        else
            fprintf(f, "%s = %s\n", e->key, e->value);
    }
    fclose(f);
    return text;
}

static void check(const bens_ini *ini)
{
    int line = 0;
    for (size_t i = 0; i < ini->n; i++) {
        const bens_ini_entry *e = &ini->entry[i];
        FUZZ_PROMISE(strlen(e->section) <= BENS_INI_SECTION_MAX && e->section[0] != '\0');
        FUZZ_PROMISE((e->key == NULL) == (e->value == NULL));
        FUZZ_PROMISE(e->key == NULL || e->key[0] != '\0');
        FUZZ_PROMISE(e->line > line);
        line = e->line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bens_ini first, second;
    const bens_status s = bens_ini_parse("fuzz.ini", (const char *)data, size, &first);
    fuzz_check_error(s);
    if (s != BENS_OK) return 0;
    check(&first);
    char *text = print(&first);
    FUZZ_PROMISE(bens_ini_parse("again.ini", text, strlen(text), &second) == BENS_OK);
    FUZZ_PROMISE(first.n == second.n);
    for (size_t i = 0; i < first.n; i++) {
        const bens_ini_entry *a = &first.entry[i], *b = &second.entry[i];
        FUZZ_PROMISE(strcmp(a->section, b->section) == 0);
        FUZZ_PROMISE((a->key == NULL) == (b->key == NULL));
        if (a->key == NULL) continue;
        FUZZ_PROMISE(strcmp(a->key, b->key) == 0 && strcmp(a->value, b->value) == 0);
    }
    free(text);
    bens_ini_release(&first);
    bens_ini_release(&second);
    return 0;
}
