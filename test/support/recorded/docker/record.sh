#!/bin/sh
# Records what real Docker clients print, for the parsers' tests. Needs an engine (DOCKER_HOST), /bin/busybox, and
# registry:2 in the engine. Usage: record.sh CLIENT28 CLIENT20 BUILDX ; each output goes to one file beside this script.
set -u
here=$(cd "$(dirname "$0")" && pwd)
client28=$1 client20=$2 buildx=$3
work=$(mktemp -d)
trap 'docker rm -f -v berth-record >/dev/null 2>&1; rm -rf "$work"' EXIT
export DOCKER_CONFIG="$work/config"
mkdir -p "$DOCKER_CONFIG" "$work/context"
cp /bin/busybox "$work/context/busybox"
cat > "$work/context/Dockerfile" <<'DOCKERFILE'
FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]

FROM base AS tools
ARG GREETING=hello
RUN ["/bin/busybox", "sh", "-c", "echo ${GREETING} > /greeting; echo to stderr >&2; busybox sleep 0.3"]

FROM base
COPY --from=tools /greeting /greeting
LABEL org.opencontainers.image.title="berth sample"
RUN echo "line one" && \
    echo "line two ü" && busybox dd if=/dev/urandom of=/noise bs=1M count=3 2>&1
ENTRYPOINT ["/bin/busybox"]
CMD ["cat", "/greeting"]
DOCKERFILE
printf 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "sh", "-c", "echo before; exit 3"]\n' > "$work/context/Failing"
printf 'FROM scratch\nCOPY missing /missing\n' > "$work/context/Missing"
printf 'FROM 127.0.0.1:1/nothing/here:1\n' > "$work/context/NoBase"
printf 'FROM scratch\nNONSENSE\n' > "$work/context/Syntax"
cd "$work/context" || exit 1
to() { name=$1; shift; "$@" >"$here/$name.out" 2>"$here/$name.err" </dev/null; echo "$?" > "$here/$name.code"; }
both() { name=$1; shift; "$@" >"$here/$name.txt" 2>&1 </dev/null; }

for run in cold cached; do
  [ $run = cold ] && fresh=--no-cache || fresh=--rm
  both classic-28-$run "$client28" build $fresh -t berth-record:one -t berth-record:two .
  both classic-20-$run env DOCKER_BUILDKIT=0 "$client20" build $fresh -t berth-record:one .
done
[ "$run" ] && both buildkit-20-cold env DOCKER_BUILDKIT=1 "$client20" build --progress=plain --no-cache -t berth-record:one .
both buildkit-20-cached env DOCKER_BUILDKIT=1 "$client20" build --progress=plain -t berth-record:one .
for file in Failing Missing NoBase Syntax; do
  both classic-28-$file "$client28" build --no-cache -f $file .
  both buildkit-20-$file env DOCKER_BUILDKIT=1 "$client20" build --progress=plain --no-cache -f $file .
done
mkdir -p "$DOCKER_CONFIG/cli-plugins" && cp "$buildx" "$DOCKER_CONFIG/cli-plugins/docker-buildx"
for style in plain rawjson; do
  both buildx-$style-cold "$client28" buildx build --progress=$style --no-cache --metadata-file "$here/buildx-$style-metadata.json" -t berth-record:one --load .
  both buildx-$style-cached "$client28" buildx build --progress=$style -t berth-record:one --load .
  for file in Failing Missing NoBase Syntax; do
    both buildx-$style-$file "$client28" buildx build --progress=$style --no-cache -f $file .
  done
done
to buildx-ls-json "$client28" buildx ls --format '{{json .}}'
to buildx-ls-text "$client28" buildx ls
to buildx-version "$client28" buildx version

docker run -d --name berth-record -p 127.0.0.1::5000 registry:2 >/dev/null
registry=$(docker port berth-record 5000 | head -n 1)
until "$client28" tag berth-record:one "$registry/team/app:1" && "$client28" push "$registry/team/app:1" >"$here/push-28.txt" 2>&1; do :; done
both push-28-again "$client28" push "$registry/team/app:1"
"$client28" tag berth-record:one "$registry/other/app:1"
both push-28-mounted "$client28" push "$registry/other/app:1"
"$client28" tag berth-record:one "$registry/twenty/app:1"
both push-20 "$client20" push "$registry/twenty/app:1"
"$client28" tag berth-record:two "$registry/team/app:2"
both push-28-all-tags "$client28" push --all-tags "$registry/team/app"
for reference in "$registry/team/app:1" "$registry/team/app:2" "$registry/other/app:1" "$registry/twenty/app:1" berth-record:one berth-record:two; do
  "$client28" rmi -f "$reference" >/dev/null 2>&1
done
"$client28" builder prune -af >/dev/null 2>&1; "$client28" image prune -f >/dev/null 2>&1
both pull-28 "$client28" pull "$registry/team/app:1"
both pull-28-again "$client28" pull "$registry/team/app:1"
both pull-20 "$client20" pull "$registry/twenty/app:1"
to images-28 "$client28" images --all --no-trunc --digests --format '{{json .}}'
to images-20 "$client20" images --all --no-trunc --digests --format '{{json .}}'
to ps-28 "$client28" ps --all --no-trunc --format '{{json .}}'
to container-inspect-28 "$client28" container inspect berth-record
to image-inspect-28 "$client28" image inspect "$registry/team/app:1"
to version-28 "$client28" version --format '{{json .}}'
to version-20 "$client20" version --format '{{json .}}'
to info-28 "$client28" info --format '{{json .}}'
to context-ls-28 "$client28" context ls --format '{{json .}}'

fail() { name=$1; shift; to failure-$name "$@"; }
fail manifest-unknown "$client28" pull "$registry/team/app:none"
fail repository-missing "$client28" pull "$registry/none/none:1"
fail connection-refused "$client28" pull 127.0.0.1:1/none:1
fail unreachable env DOCKER_HOST=unix:///nowhere/docker.sock "$client28" version
fail unreachable-20 env DOCKER_HOST=unix:///nowhere/docker.sock "$client20" version
fail unreachable-tcp env DOCKER_HOST=tcp://127.0.0.1:1 "$client28" ps
fail unreachable-build env DOCKER_HOST=unix:///nowhere/docker.sock "$client28" build .
fail name-conflict "$client28" run -d --name berth-record registry:2
fail port-allocated "$client28" run -d --name berth-record-2 -p "$registry:5000" registry:2
"$client28" rm -f berth-record-2 >/dev/null 2>&1
fail no-such-image "$client28" image inspect none:none
fail no-such-container "$client28" container inspect none
fail image-in-use "$client28" rmi registry:2
fail no-such-tag "$client28" tag none:none other:1
fail no-such-push "$client28" push "$registry/none:none"
fail invalid-reference "$client28" pull 'UPPER/case:1'
fail unknown-flag "$client28" build --none .
fail unknown-context "$client28" --context none version
fail no-dockerfile "$client28" build -f none .
fail no-context "$client28" build none-here
fail buildx-missing env DOCKER_CONFIG="$work/empty" DOCKER_BUILDKIT=1 "$client28" build .
fail multi-platform "$client28" buildx build --platform linux/amd64,linux/arm64 .
docker rmi "$registry/team/app:1" "$registry/twenty/app:1" >/dev/null 2>&1
