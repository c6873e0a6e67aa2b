# inih: Debian's library takes its settings when the program runs (io/ini.c). Anybody else's has
# those it was compiled with, so its two files are compiled with bens instead.
set(BENS_INIH_SOURCE "" CACHE PATH "folder of inih's ini.c and ini.h, instead of Debian's library")
if(EXISTS "${BENS_INIH_SOURCE}/ini.c" AND EXISTS "${BENS_INIH_SOURCE}/ini.h")
  add_library(bens_inih STATIC "${BENS_INIH_SOURCE}/ini.c")
  target_include_directories(bens_inih SYSTEM PUBLIC "${BENS_INIH_SOURCE}")
  target_compile_definitions(bens_inih PRIVATE
    INI_USE_STACK=0 INI_ALLOW_REALLOC=1 INI_MAX_LINE=65536 INI_ALLOW_MULTILINE=0
    INI_STOP_ON_FIRST_ERROR=1
    INI_INLINE_COMMENT_PREFIXES="\\073\\043" # ; and #, which CMake does not pass on
    INTERFACE BENS_INIH_SOURCE)
elseif(BENS_INIH_SOURCE)
  list(APPEND bens_missing "ini.c and ini.h in BENS_INIH_SOURCE, which is ${BENS_INIH_SOURCE}")
else()
  bens_need(bens_inih ini.h inih libinih-dev)
  if(TARGET bens_inih)
    include(CheckSymbolExists)
    set(CMAKE_REQUIRED_INCLUDES ${bens_inih_INCLUDE})
    set(CMAKE_REQUIRED_LIBRARIES ${bens_inih_LIBRARY})
    unset(BENS_INIH_RUNTIME CACHE)
    check_symbol_exists(ini_stop_on_first_error "stdbool.h;ini.h" BENS_INIH_RUNTIME)
    unset(CMAKE_REQUIRED_INCLUDES)
    unset(CMAKE_REQUIRED_LIBRARIES)
    if(NOT BENS_INIH_RUNTIME)
      list(APPEND bens_missing "inih with settings at run time, as Debian's libinih-dev and unlike ${bens_inih_LIBRARY}: use its source, -D BENS_INIH_SOURCE=FOLDER of ini.c and ini.h")
    endif()
  endif()
endif()
