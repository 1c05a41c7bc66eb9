# Ebbflow as one image: the gateway, the worker, the console and the tools are subcommands of `ebbflow`.

FROM python:3.13-slim AS build
WORKDIR /build
RUN python -m venv /venv
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas schemas
COPY processors processors
COPY streams streams
RUN /venv/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[console]'

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 ebbflow
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER ebbflow
WORKDIR /home/ebbflow
CMD ["ebbflow", "--help"]
