/* config_check.h - settings that are right one by one but do not go together. */
#ifndef BENS_RUN_CONFIG_CHECK_H
#define BENS_RUN_CONFIG_CHECK_H

#include "run/config_settings.h"

/* Local. Before the sections are filled: a model with a density of its own takes no
 * sections of data. model may be NULL (not known). */
bens_status bens_config_check_sections(const bens_settings *settings,
                                       const bens_model *model);

/* Local. When all is filled; resolves backend = auto. */
bens_status bens_config_check(const bens_settings *settings, bens_config *config);

#endif
