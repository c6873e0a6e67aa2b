# Flags of every target, on the interface library bens_flags.
add_library(bens_flags INTERFACE)
target_compile_definitions(bens_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(bens_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -ffp-contract=off -fno-math-errno
  -fno-trapping-math $<$<CONFIG:Release>:-O3>)
if(BENS_WERROR)
  target_compile_options(bens_flags INTERFACE -Werror)
endif()
if(BENS_SANITIZE)
  target_compile_options(bens_flags INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(bens_flags INTERFACE -fsanitize=address,undefined)
endif()
