# Keyday as a container: the locked dependencies, the program, and a user without rights.
FROM python:3.11-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/keyday
WORKDIR /src

# The dependencies change seldom: their layer is kept when only the code changed.
COPY requirements.lock ./
RUN /opt/keyday/bin/pip install --require-hashes --requirement requirements.lock

COPY pyproject.toml LICENSE ./
COPY events events
COPY schemas schemas
COPY streams streams
COPY projections projections
RUN /opt/keyday/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim

RUN useradd --system --uid 10001 --user-group --no-create-home keyday \
    && install --directory --owner keyday --group keyday /var/lib/keyday
COPY --from=build /opt/keyday /opt/keyday

ENV PATH=/opt/keyday/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KEYDAY_DATA=/var/lib/keyday/data \
    KEYDAY_STATE_DIR=/var/lib/keyday/state
WORKDIR /var/lib/keyday
USER keyday
STOPSIGNAL SIGTERM
ENTRYPOINT ["keyday"]
CMD ["--help"]
