# The libraries that bens stands on. Each missing one is named in one line with the package
# that has it on Debian; -D CMAKE_PREFIX_PATH=... finds a private copy.
find_package(PkgConfig)
find_package(Threads REQUIRED)

find_package(OpenMP COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  message(FATAL_ERROR "bens needs a compiler with OpenMP (Debian: gcc, or clang with libomp-dev)")
endif()

# bens_find(TARGET HEADER LIBRARY PACKAGE): an imported target from a header and a library.
function(bens_find target header library package)
  find_path(${target}_INCLUDE ${header})
  find_library(${target}_LIBRARY NAMES ${library})
  if(NOT ${target}_INCLUDE OR NOT ${target}_LIBRARY)
    message(FATAL_ERROR "bens needs ${header} and lib${library} (Debian: ${package}); "
            "if they are elsewhere, add -D CMAKE_PREFIX_PATH=THEIR_PREFIX")
  endif()
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_INCLUDE})
  target_link_libraries(${target} INTERFACE ${${target}_LIBRARY})
endfunction()

# Any CBLAS: -D BENS_CBLAS=PATH_OF_LIBRARY names one, else OpenBLAS, BLIS or the reference.
find_path(BENS_CBLAS_INCLUDE NAMES cblas.h
          PATH_SUFFIXES openblas openblas-pthread openblas-serial blis x86_64-linux-gnu/openblas-pthread)
find_library(BENS_CBLAS NAMES openblas blis cblas blas)
if(NOT BENS_CBLAS OR NOT BENS_CBLAS_INCLUDE)
  message(FATAL_ERROR "bens needs a CBLAS: cblas.h and its library (Debian: libopenblas-dev); "
          "if it is elsewhere, add -D BENS_CBLAS=LIBRARY -D BENS_CBLAS_INCLUDE=FOLDER")
endif()
add_library(bens_blas INTERFACE IMPORTED GLOBAL)
target_include_directories(bens_blas SYSTEM INTERFACE ${BENS_CBLAS_INCLUDE})
target_link_libraries(bens_blas INTERFACE ${BENS_CBLAS})

if(BENS_MPI_HDF5)
  find_package(MPI 3.0 COMPONENTS C)
  if(NOT MPI_C_FOUND)
    message(FATAL_ERROR "bens needs MPI 3 (Debian: libopenmpi-dev); on a cluster: module load openmpi")
  endif()
  set(HDF5_PREFER_PARALLEL FALSE)
  find_package(HDF5 1.10 COMPONENTS C HL)
  if(NOT HDF5_FOUND)
    message(FATAL_ERROR "bens needs HDF5 1.10 or newer with its high-level library (Debian: libhdf5-dev); on a cluster: module load hdf5")
  endif()
  add_library(bens_hdf5 INTERFACE IMPORTED GLOBAL)
  target_include_directories(bens_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS} ${HDF5_INCLUDE_DIRS})
  target_link_libraries(bens_hdf5 INTERFACE ${HDF5_C_HL_LIBRARIES} ${HDF5_HL_LIBRARIES} ${HDF5_C_LIBRARIES})
  if(HDF5_IS_PARALLEL) # its header includes mpi.h
    target_link_libraries(bens_hdf5 INTERFACE MPI::MPI_C)
  endif()
  bens_find(bens_inih ini.h inih libinih-dev)
  bens_find(bens_jansson jansson.h jansson libjansson-dev)
  bens_find(bens_xxhash xxhash.h xxhash libxxhash-dev)
endif()
