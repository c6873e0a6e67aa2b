# Flags of every target, on the interface library bens_flags. -ffp-contract=off and no
# -ffast-math: the bits of a sum must not depend on the compiler (docs/design.md).
set(arithmetic -ffp-contract=off -fno-math-errno -fno-trapping-math)
add_library(bens_flags INTERFACE)
target_compile_definitions(bens_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_compile_options(bens_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion ${arithmetic})
if(BENS_WERROR)
  target_compile_options(bens_flags INTERFACE -Werror)
endif()
if(BENS_FUZZ AND NOT CMAKE_C_COMPILER_ID MATCHES Clang)
  message(FATAL_ERROR "BENS_FUZZ wants clang and its libFuzzer: add -D CMAKE_C_COMPILER=clang")
endif()
if(BENS_FUZZ)
  set(BENS_SANITIZE ON)
  target_compile_options(bens_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BENS_SANITIZE)
  set(sanitizers -fsanitize=address,undefined)
  target_compile_options(bens_flags INTERFACE
    ${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer -g)
  target_link_options(bens_flags INTERFACE ${sanitizers})
endif()

# What a run keeps about its build: the compiler and the flags that may change bits or speed.
string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
string(JOIN " " BENS_COMPILER ${CMAKE_C_COMPILER_ID} ${CMAKE_C_COMPILER_VERSION}
       ${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}} ${arithmetic} ${sanitizers})
string(REPLACE "\"" "'" BENS_COMPILER "${BENS_COMPILER}")
