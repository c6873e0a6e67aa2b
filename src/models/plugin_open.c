#include "models/plugin_open.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SYMBOL "bens_plugin_v1"

static bens_status check_table(const char *path, const bens_plugin *plugin)
{
    if (plugin->abi != BENS_PLUGIN_ABI)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "plug-in '%s': wanted one of ABI %d, found %u; compile it with the "
                  "bens/plugin.h of this bens",
                  path, BENS_PLUGIN_ABI, (unsigned)plugin->abi);
    if (plugin->size != sizeof *plugin)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "plug-in '%s': wanted a table of %zu bytes, found %u; set "
                  "size = sizeof(bens_plugin)",
                  path, sizeof *plugin, (unsigned)plugin->size);
    if (plugin->create == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "plug-in '%s': wanted the function create in " SYMBOL ", found NULL",
                  path);
    return BENS_OK;
}

/* The linker's words begin with the path, mostly. */
static const char *without_path(const char *words, const char *path)
{
    const size_t length = strlen(path);
    const bool named = strncmp(words, path, length) == 0 && words[length] == ':';
    return named ? words + length + 1 + strspn(words + length + 1, " ") : words;
}

bens_status bens_plugin_open(const char *path, const bens_plugin **out)
{
    if (path == NULL || path[0] == '\0')
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] path: wanted the shared object of a plug-in, found none");
    if (access(path, R_OK) != 0)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] path: wanted the shared object of a plug-in, found no file "
                  "to read at '%s'; compile it first, or correct the path",
                  path);
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (object == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "[model] path: wanted the shared object of a plug-in, found '%s', "
                  "which cannot be loaded: %s",
                  path, without_path(dlerror(), path));
    const bens_plugin *plugin = dlsym(object, SYMBOL);
    if (plugin == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "plug-in '%s': wanted the object '" SYMBOL "' of bens/plugin.h, "
                  "found none in it",
                  path);
    BENS_TRY(check_table(path, plugin));
    *out = plugin;
    return BENS_OK;
}

static bens_status check_counts(const bens_plugin *plugin, const bens_plugin_shape *shape)
{
    if (shape->n_data < 0 || shape->n_data > (int64_t)1 << 53)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted n_data from 0 to 2^53, found %lld",
                  (long long)shape->n_data);
    if (shape->n_data > 0 && plugin->log_lik == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted the function log_lik for n_data = %lld, found NULL",
                  (long long)shape->n_data);
    if (shape->n_data == 0 && plugin->log_prior == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted the function log_prior, which is all of a density without data "
                  "(n_data = 0), found NULL");
    if (shape->n_tensors < 1 || shape->tensors == NULL)
        BENS_FAIL(BENS_ERR_CONFIG, "wanted at least one tensor, found %d%s",
                  shape->n_tensors,
                  shape->n_tensors < 1 ? "" : " in a table that is NULL");
    if (shape->n_outputs < 0 || (shape->n_outputs > 0 && shape->outputs == NULL))
        BENS_FAIL(BENS_ERR_CONFIG, "wanted no or some outputs, found %d%s",
                  shape->n_outputs,
                  shape->n_outputs < 0 ? "" : " in a table that is NULL");
    if (shape->n_outputs > 0 && plugin->output == NULL)
        BENS_FAIL(BENS_ERR_CONFIG,
                  "wanted the function output for n_outputs = %d, found NULL",
                  shape->n_outputs);
    return BENS_OK;
}

/* Variables share their group of the file with its axes (chain, draw, NAME_dim_K),
 * and "." is the group itself. */
static bool is_taken(const char *name)
{
    static const char dim[] = "_dim_";
    const size_t length = sizeof dim - 1;
    size_t end = strlen(name);
    if (strcmp(name, "chain") == 0 || strcmp(name, "draw") == 0 || strcmp(name, ".") == 0)
        return true;
    while (end > 0 && name[end - 1] >= '0' && name[end - 1] <= '9') end--;
    return name[end] != '\0' && end >= length &&
           memcmp(name + end - length, dim, length) == 0;
}

static bens_status add(const char *list, int n, const bens_plugin_tensor *tensors,
                       const bens_params *others, bens_params *params)
{
    for (int i = 0; i < n; i++) {
        const bens_plugin_tensor *t = &tensors[i];
        if (t->name == NULL)
            BENS_FAIL(BENS_ERR_CONFIG, "%s %d: wanted a name, found NULL", list, i);
        if (is_taken(t->name))
            BENS_FAIL(BENS_ERR_CONFIG,
                      "%s %d: "
                      "wanted a name that the file does not need itself, found '%s'",
                      list, i, t->name);
        if (others != NULL && bens_params_find(others, t->name) != NULL)
            BENS_FAIL(BENS_ERR_CONFIG,
                      "%s %d: wanted another name than those of the tensors, found '%s'",
                      list, i, t->name);
        BENS_TRY(bens_params_add(params, t->name, t->rank, t->shape, NULL));
    }
    return BENS_OK;
}

static bens_status check_shape(const bens_plugin *plugin, const bens_plugin_shape *shape,
                               bens_params *params, bens_params *outputs)
{
    BENS_TRY(check_counts(plugin, shape));
    BENS_TRY(add("tensor", shape->n_tensors, shape->tensors, NULL, params));
    return add("output", shape->n_outputs, shape->outputs, params, outputs);
}

/* The line of the latest error once more, with the plug-in that it is about. */
static bens_status about(const char *path, bens_status status)
{
    char text[1024];
    snprintf(text, sizeof text, "%s", bens_error_text());
    return bens_error_set(status, "plug-in '%s': %s", path, text);
}

bens_status bens_plugin_create(const bens_plugin *plugin, const char *path,
                               const char *const *settings, void **state, int64_t *n_data,
                               bens_params *params, bens_params *outputs)
{
    static const char *const none[] = {NULL};
    char message[512] = "";
    bens_plugin_shape shape = {0};
    void *made = NULL;

    *state = NULL;
    if (plugin->create(settings != NULL ? settings : none, &made, &shape, message,
                       sizeof message) != 0) {
        message[sizeof message - 1] = '\0';
        BENS_FAIL(BENS_ERR_CONFIG, "plug-in '%s': %s", path,
                  message[0] != '\0' ? message : "create() failed and gave no reason");
    }
    const bens_status s = check_shape(plugin, &shape, params, outputs);
    if (s != BENS_OK) {
        if (plugin->destroy != NULL) plugin->destroy(made);
        return about(path, s);
    }
    *state = made;
    *n_data = shape.n_data;
    return BENS_OK;
}
