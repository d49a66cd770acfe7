# reconcile in a container: docs/container.md.
# Give PYTHON_IMAGE a digest where images are built for others: NAME:TAG@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements/build.txt requirements/runtime.txt requirements/
# Two places: what builds the wheel does not get into the image. Nor do botocore's models of
# the hundreds of services that are neither called here nor by botocore for credentials.
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --disable-pip-version-check \
      --require-hashes --requirement requirements/build.txt \
 && python -m venv --without-pip /opt/reconcile \
 && /opt/build/bin/pip --python /opt/reconcile/bin/python install --no-cache-dir \
      --disable-pip-version-check --no-compile --only-binary :all: \
      --require-hashes --requirement requirements/runtime.txt \
 && find /opt/reconcile/lib -path '*/site-packages/botocore/data/*' -prune -type d \
      ! -name ecr ! -name lambda ! -name s3 ! -name signin ! -name sso ! -name sso-oidc ! -name sts \
      -exec rm -r {} +
COPY LICENSE README.md pyproject.toml ./
COPY reconciler/ reconciler/
COPY schemas/ schemas/
# Compiled once, since nothing can be written at run time; without times, so that equal
# sources give equal files, and anew (-f) what pip itself has imported and compiled.
RUN /opt/build/bin/pip wheel --no-cache-dir --disable-pip-version-check --no-deps --no-index \
      --no-build-isolation --wheel-dir /build/wheel . \
 && /opt/build/bin/pip --python /opt/reconcile/bin/python install --no-cache-dir \
      --disable-pip-version-check --no-compile --no-deps --no-index /build/wheel/*.whl \
 && /opt/reconcile/bin/python -m compileall -q -f --invalidation-mode unchecked-hash \
      /opt/reconcile/lib

FROM ${PYTHON_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG SOURCE=unknown
LABEL org.opencontainers.image.title="lambda-reconciler" \
      org.opencontainers.image.description="A declarative reconciler (GitOps controller) for AWS Lambda functions" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=build /opt/reconcile /opt/reconcile
# HOME is for ~/.aws and the cache: mount /tmp where the root file system is read-only.
ENV HOME=/tmp \
    PATH=/opt/reconcile/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1
# Manifests are looked for in /manifests.
WORKDIR /
USER 65532:65532
ENTRYPOINT ["/opt/reconcile/bin/reconcile"]
