FROM python:3.13-slim AS build
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock \
 && python -m venv /opt/vigil \
 && /opt/vigil/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerts alerts
COPY service service
COPY templates templates
COPY migrations migrations
RUN /opt/build/bin/python -m hatchling build -t wheel -d /wheel \
 && /opt/vigil/bin/pip install --no-cache-dir --no-deps /wheel/*.whl \
 && /opt/vigil/bin/pip uninstall --yes pip

FROM python:3.13-slim
# Nothing in the running image installs or builds.
RUN pip uninstall --yes pip \
 && groupadd --gid 10001 vigil \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin vigil \
 && install --directory --owner=10001 --group=10001 --mode=0700 /data
COPY --from=build /opt/vigil /opt/vigil
ENV PATH=/opt/vigil/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    VIGIL_HOME=/data \
    VIGIL_HOST=0.0.0.0
VOLUME /data
EXPOSE 8000
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 CMD ["vigil", "doctor", "--live"]
ENTRYPOINT ["vigil"]
CMD ["serve"]
