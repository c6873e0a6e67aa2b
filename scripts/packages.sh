# The Debian packages of bens, sourced by demo.sh and test.sh.
packages_build="gcc libc6-dev make cmake openmpi-bin libopenmpi-dev libhdf5-dev libopenblas-dev
    libinih-dev libjansson-dev libxxhash-dev zlib1g-dev"
packages_read="python3 python3-xarray python3-h5netcdf"
packages_test="clang libomp-dev libcmocka-dev valgrind python3 python3-venv 
    slurm-wlm libpmix2"
