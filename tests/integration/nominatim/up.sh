#!/usr/bin/env bash
# Bring up a real Nominatim over small OSM files, on 127.0.0.1 only.
#
#   up.sh FOLDER OSM_FILE...      start, import unless it is done, serve; prints the server's url
#   up.sh --stop FOLDER           stop its server and its database
#
# HTTP_PORT and POSTGRES_PORT choose the ports. Files must not share ids.
# All that it makes lies in FOLDER: Python packages, a throw-away PostgreSQL cluster, logs. Calling it again is harmless.
# It needs PostgreSQL with PostGIS and osm2pgsql (.ci/install-nominatim), and PYTHON (default python3) with venv. As root
# it runs the cluster as the system user postgres, since PostgreSQL refuses root.
set -euo pipefail

PGBIN=$(find /usr/lib/postgresql -name pg_ctl 2>/dev/null | sort -V | tail -1 | xargs -r dirname || true)
stop=
if [ "${1:-}" = --stop ]; then stop=1; shift; fi
mkdir -p "${1:?a folder is needed}"
base=$(cd "$1" && pwd)

as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
cluster() { (cd / && as_owner "$PGBIN/pg_ctl" -D "$base/cluster" "$@" >/dev/null); }

stop_server() {
    if [ -f "$base/server.pid" ]; then
        kill "$(cat "$base/server.pid")" 2>/dev/null || true
        rm -f "$base/server.pid"
    fi
}

if [ -n "$stop" ]; then
    stop_server
    if [ -f "$base/cluster/postmaster.pid" ]; then cluster -m immediate -w stop; fi
    exit 0
fi

shift
files=(); for osm in "${@:?an OSM file is needed}"; do files+=(--osm-file "$(realpath "$osm")"); done
http=${HTTP_PORT:-8099}
port=${POSTGRES_PORT:-54339}
[ -n "$PGBIN" ] && command -v osm2pgsql >/dev/null ||
    { echo "PostgreSQL or osm2pgsql is missing: run .ci/install-nominatim as root" >&2; exit 3; }

# 1. Nominatim's own packages: importer, search, and what its server runs on. They are tools of this test only.
if [ ! -f "$base/venv/.complete" ]; then
    "${PYTHON:-python3}" -m venv --clear "$base/venv"
    "$base/venv/bin/pip" install --quiet --disable-pip-version-check \
        'nominatim-db==5.3.*' 'nominatim-api==5.3.*' 'psycopg[binary]' 'sqlalchemy[asyncio]' falcon uvicorn
    touch "$base/venv/.complete"
fi

# 2. A cluster of its own. Durability is switched off: it is thrown away.
if [ ! -f "$base/cluster/PG_VERSION" ]; then
    mkdir -p "$base/cluster" "$base/run"
    if [ "$(id -u)" = 0 ]; then
        chown postgres "$base/cluster" "$base/run"
        chmod o+x "$base" # the system user must be able to walk down to its own folder
    fi
    (cd / && as_owner "$PGBIN/initdb" -D "$base/cluster" -A trust -E UTF8 --locale=C.UTF-8 -U postgres >/dev/null)
    as_owner tee -a "$base/cluster/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
port = $port
unix_socket_directories = '$base/run'
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 128MB
maintenance_work_mem = 128MB
jit = off
CONF
fi
cluster status || cluster -w -l "$base/cluster/log" start

# 3. Import, once.
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=postgres PATH="$PGBIN:$base/venv/bin:$PATH"
export NOMINATIM_DATABASE_DSN="pgsql:host=$PGHOST;port=$PGPORT;user=$PGUSER;dbname=nominatim"
export NOMINATIM_DATABASE_WEBUSER=www-data NOMINATIM_IMPORT_STYLE=full NOMINATIM_TOKENIZER=icu
if [ ! -f "$base/imported" ]; then
    psql -qd postgres -c 'drop database if exists nominatim' -c 'drop role if exists "www-data"' \
        -c 'create role "www-data" login' 2>/dev/null
    mkdir -p "$base/project"
    (cd "$base/project" && nominatim import "${files[@]}" --threads 2 --osm2pgsql-cache 64) >"$base/import.log" 2>&1 ||
        { tail -30 "$base/import.log" >&2; exit 1; }
    touch "$base/imported"
fi

# 4. Serve.
ready() { curl -fs "http://127.0.0.1:$http/status" >/dev/null 2>&1; }
if ! ready; then
    stop_server
    cd "$base/project"
    nohup uvicorn --host 127.0.0.1 --port "$http" --factory nominatim_api.server.falcon.server:run_wsgi \
        >"$base/server.log" 2>&1 </dev/null &
    echo $! >"$base/server.pid"
    for _ in $(seq 120); do if ready; then break; fi; sleep 0.5; done
fi
ready || { tail -30 "$base/server.log" >&2; exit 1; }
echo "http://127.0.0.1:$http"
