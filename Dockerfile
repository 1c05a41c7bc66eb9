# Ebbflow as one image: the gateway, the worker, the console, the notifier and the tools are subcommands of `ebbflow`.
#
# Settings come as variables EBBFLOW_*; `docker run --rm ebbflow:local ebbflow settings` lists them with what each is for.
# An `ebbflow.toml` is read where the process starts: mount it at /home/ebbflow/ebbflow.toml. Nothing else is written or
# kept here, so the file system may be read-only but for /tmp.

FROM python:3.13-slim AS build
WORKDIR /build
# Without pip, which nothing needs once this is installed.
RUN python -m venv --without-pip /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas schemas
COPY processors processors
COPY streams streams
RUN pip --python /venv/bin/python install --no-cache-dir --disable-pip-version-check -c constraints.txt \
    '.[console,tracing]'
# Libraries bring their own tests along, an eighth of all.
RUN find /venv -type d -name tests -prune -exec rm -rf {} +

FROM python:3.13-slim
LABEL org.opencontainers.image.title="Ebbflow" \
      org.opencontainers.image.description="Real-time customer analytics: touchpoints in, churn and engagement alerts out." \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --create-home --uid 10001 ebbflow
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
# As a number, so that an orchestrator can see that it is not root.
USER 10001:10001
WORKDIR /home/ebbflow
CMD ["ebbflow", "--help"]
