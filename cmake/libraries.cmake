# The libraries that bens stands on. What is missing is listed at the end, one line each (without
# semicolons, which would cut it) with the Debian package that has it.
set(bens_missing "")

# bens_need(TARGET HEADER LIBRARY PACKAGE): an imported target from a header and a library.
macro(bens_need target header library package)
  find_path(${target}_INCLUDE ${header})
  find_library(${target}_LIBRARY NAMES ${library})
  mark_as_advanced(${target}_INCLUDE ${target}_LIBRARY)
  if(${target}_INCLUDE AND ${target}_LIBRARY)
    add_library(${target} INTERFACE IMPORTED GLOBAL)
    target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
    target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
  else()
    list(APPEND bens_missing "${header} and lib${library} (Debian: ${package})")
  endif()
endmacro()

find_package(Threads REQUIRED)
find_package(OpenMP COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  list(APPEND bens_missing "OpenMP for this compiler (Debian: gcc has it, clang wants libomp-dev)")
endif()

# Any CBLAS: OpenBLAS, else BLIS, else a reference one; -D BENS_CBLAS=LIBRARY chooses. Debian
# keeps each in a folder of its own and puts one of them where compilers look.
set(folders openblas-pthread openblas-serial openblas-openmp openblas
            blis-pthread blis-serial blis-openmp blis atlas blas)
find_library(BENS_CBLAS NAMES openblas blis cblas blas PATH_SUFFIXES ${folders}
             DOC "library with cblas_sgemm")
find_path(BENS_CBLAS_INCLUDE NAMES cblas.h PATH_SUFFIXES ${folders} DOC "folder of cblas.h")
if(BENS_CBLAS AND BENS_CBLAS_INCLUDE)
  include(CheckSymbolExists)
  set(CMAKE_REQUIRED_LIBRARIES ${BENS_CBLAS} m)
  set(CMAKE_REQUIRED_INCLUDES ${BENS_CBLAS_INCLUDE})
  unset(BENS_CBLAS_WORKS CACHE) # another library may be named this time
  check_symbol_exists(cblas_sgemm cblas.h BENS_CBLAS_WORKS)
  unset(CMAKE_REQUIRED_LIBRARIES)
  unset(CMAKE_REQUIRED_INCLUDES)
endif()
if(BENS_CBLAS_WORKS)
  add_library(bens_blas INTERFACE IMPORTED GLOBAL)
  target_include_directories(bens_blas SYSTEM INTERFACE ${BENS_CBLAS_INCLUDE})
  target_link_libraries(bens_blas INTERFACE ${BENS_CBLAS})
elseif(BENS_CBLAS AND BENS_CBLAS_INCLUDE)
  list(APPEND bens_missing "cblas_sgemm: no program with ${BENS_CBLAS_INCLUDE}/cblas.h and ${BENS_CBLAS} links, name another with -D BENS_CBLAS=LIBRARY -D BENS_CBLAS_INCLUDE=FOLDER")
else()
  list(APPEND bens_missing "a CBLAS: cblas.h and its library (Debian: libopenblas-dev), or -D BENS_CBLAS=LIBRARY -D BENS_CBLAS_INCLUDE=FOLDER")
endif()

if(BENS_MPI_HDF5)
  find_package(MPI 3.0 COMPONENTS C)
  if(NOT MPI_C_FOUND)
    list(APPEND bens_missing "MPI 3 (Debian: libopenmpi-dev openmpi-bin, cluster: module load openmpi)")
  endif()

  # Serial or parallel: bens uses HDF5 from one process at a time.
  find_package(HDF5 1.10.2 COMPONENTS C HL)
  if(HDF5_FOUND)
    add_library(bens_hdf5 INTERFACE IMPORTED GLOBAL)
    target_include_directories(bens_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS} ${HDF5_INCLUDE_DIRS})
    target_link_libraries(bens_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_HL_LIBRARIES}
                          ${HDF5_C_LIBRARIES})
    if(HDF5_IS_PARALLEL AND MPI_C_FOUND) # its header includes mpi.h
      target_link_libraries(bens_hdf5 INTERFACE MPI::MPI_C)
    endif()
  else()
    list(APPEND bens_missing "HDF5 1.10.2 or newer with its high-level library (Debian: libhdf5-dev, cluster: module load hdf5)")
  endif()

  include(cmake/inih.cmake)
  bens_need(bens_jansson jansson.h jansson libjansson-dev)
  bens_need(bens_xxhash xxhash.h xxhash libxxhash-dev)
  bens_need(bens_zlib zlib.h z zlib1g-dev)
endif()

if(bens_missing)
  list(JOIN bens_missing "\n    " lines)
  message(FATAL_ERROR "bens needs, and did not find:\n    ${lines}\n"
          "  What is installed elsewhere is found with -D CMAKE_PREFIX_PATH=\"PREFIX;...\" (docs/install.md).")
endif()
