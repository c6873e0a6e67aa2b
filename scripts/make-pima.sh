#!/bin/sh
# make-pima.sh - how examples/data/pima.csv was made. A user of bens never needs this.
#
#   apt-get download weka && dpkg -x weka_*.deb weka
#   scripts/make-pima.sh weka/usr/share/doc/weka/examples/diabetes.arff > examples/data/pima.csv
set -eu
if [ $# -ne 1 ] || [ ! -r "$1" ]; then
    echo "usage: make-pima.sh diabetes.arff > pima.csv (the file of Debian's package weka)" >&2
    exit 2
fi
tr -d '\r' < "$1" | awk -F, '
    /^@attribute/ { gsub("\047", "", $1); split($1, w, " "); printf "%s%s", comma, w[2]; comma = "," }
    /^@data/      { print ""; data = 1; next }
    data && NF == 9 {
        sub("tested_negative", "0", $9)
        sub("tested_positive", "1", $9)
        print $1 "," $2 "," $3 "," $4 "," $5 "," $6 "," $7 "," $8 "," $9
    }'
