/* All settings of a run. What was accepted, printed, is accepted again and means the
 * same. The bytes up to the first 0 are the file, those behind it one --set. */
#include "fuzz/fuzz.h"
#include "run/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bens_config first, second;
    char *once, *twice, *text = fuzz_text(data, size);
    const size_t length = strlen(text);
    const char *const set = text + length + 1;
    const bens_status s =
        bens_config_create("fuzz.ini", text, length, &set, length < size, &first);
    fuzz_check_error(s);
    if (s == BENS_OK) {
        FUZZ_PROMISE(bens_config_print(&first, &once) == BENS_OK);
        FUZZ_PROMISE(bens_config_create("/folder/again.ini", once, strlen(once), NULL, 0,
                                        &second) == BENS_OK);
        FUZZ_PROMISE(bens_config_print(&second, &twice) == BENS_OK);
        FUZZ_PROMISE(strcmp(once, twice) == 0);
        bens_config_release(&first);
        bens_config_release(&second);
    }
    free(text);
    return 0;
}
