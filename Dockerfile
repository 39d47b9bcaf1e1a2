# The image of every Airflow service in docker-compose.yml. It holds no secret and no data.
FROM python:3.11-slim@sha256:9c900dea9e8fb7e16277c179b555cc72d29a352dbc33cff48ad5a0412fd5bfc7

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    UV_NO_CACHE=1 \
    # The container may run under any user id (that of the home's owner), which then has a name and a place to write.
    USER=airflow \
    HOME=/var/lib/airflow \
    AIRFLOW_HOME=/var/lib/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/cmn/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED=False

WORKDIR /opt/cmn
COPY requirements.lock ./
RUN pip install --no-cache-dir --quiet 'uv>=0.13,<1' \
    && uv pip install --system --compile-bytecode --require-hashes -r requirements.lock
COPY . .
# A checkout made under umask 077 holds files that only root could read here.
RUN chmod -R a+rX . \
    && uv pip install --system --no-deps --compile-bytecode --editable . \
    && useradd --uid 50000 --gid 0 --home-dir /var/lib/airflow airflow \
    && install -d -o airflow -g 0 -m 2770 /var/lib/airflow /var/lib/airflow/logs

USER 50000:0
EXPOSE 8080
CMD ["airflow", "version"]
