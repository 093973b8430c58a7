# Sourced, from the project's folder, before cargo is called: the one toolchain that `setup.sh` found.
[ ! -f target/toolchain.env ] || . ./target/toolchain.env
