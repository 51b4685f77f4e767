#!/bin/sh
# Start PgBouncer in front of one database. Everything that is particular comes from the environment:
#   DATABASE_HOST, DATABASE_PORT (5432), DATABASE_NAME, DATABASE_ACCOUNT, DATABASE_PASSWORD
#   DATABASE_TLS: what libpq calls sslmode; DATABASE_AUTHORITY: the file of authorities for verify-ca and verify-full
#   LISTEN_ADDRESS (0.0.0.0), LISTEN_PORT (6432), FOLDER (/run/pgbouncer) for what is written here
set -eu
umask 077
here=$(cd "$(dirname "$0")" && pwd)
folder=${FOLDER:-/run/pgbouncer}

# Quotes are doubled in both files, each in its own way.
single() { printf '%s' "$1" | sed "s/'/''/g"; }
double() { printf '%s' "$1" | sed 's/"/""/g'; }

# The limits that the nodes would ask for themselves; a test holds the two against each other.
limits="SET statement_timeout = 5000; SET lock_timeout = 4000; SET idle_in_transaction_session_timeout = 10000; SET timezone = 'UTC'"

cat >"$folder/start.ini" <<EOT
[databases]
$DATABASE_NAME = host='$(single "$DATABASE_HOST")' port=${DATABASE_PORT:-5432} connect_query='$(single "$limits")'
%include $here/pgbouncer.ini
listen_addr = ${LISTEN_ADDRESS:-0.0.0.0}
listen_port = ${LISTEN_PORT:-6432}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/accounts.txt
stats_users = $DATABASE_ACCOUNT
EOT
[ -z "${DATABASE_TLS:-}" ] || echo "server_tls_sslmode = $DATABASE_TLS" >>"$folder/start.ini"
[ -z "${DATABASE_AUTHORITY:-}" ] || echo "server_tls_ca_file = $DATABASE_AUTHORITY" >>"$folder/start.ini"
printf '"%s" "%s"\n' "$(double "$DATABASE_ACCOUNT")" "$(double "$DATABASE_PASSWORD")" >"$folder/accounts.txt"

exec pgbouncer "$folder/start.ini"
